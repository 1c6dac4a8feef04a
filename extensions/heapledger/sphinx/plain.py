"""Directives of ours that the parser took for text: without this, a claim could vanish and the build stay green."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from docutils import nodes

from heapledger.model import Finding, FindingKind, Location
from heapledger.sphinx.warn import warn

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_DIRECTIVE = re.compile(r"^[ >]*(:{3,}|`{3,}|~{3,})\{(alloc:[\w-]+)\}", re.MULTILINE)
_NO_LANGUAGE = frozenset({"", "default", "none"})


def on_doctree_read(app: Sphinx, doctree: nodes.document) -> None:
    """Report every such directive of a Markdown document; an example in a fence of a language is meant."""
    colons = "colon_fence" in getattr(app.config, "myst_enable_extensions", ())
    for node in doctree.findall(_is_text):
        source = str(node.source or app.env.doc2path(app.env.docname))
        if PurePath(source).suffix == ".rst":
            continue
        for match in _DIRECTIVE.finditer(node.astext()):
            fence, name = match[1], match[2]
            before = node.astext()[: match.start()].count("\n")
            line = None if node.line is None else node.line + before + int(isinstance(node, nodes.literal_block))
            if fence[0] == ":" and not colons:
                why = 'colons are no fence here; add "colon_fence" to myst_enable_extensions in conf.py'
            else:
                why = "it stands inside another fence; close that one before it, or give the outer one more characters"
            text = f"{fence}{{{name}}} was taken for text, so nothing in it is checked: {why}"
            warn(Finding(kind=FindingKind.SOURCE, location=Location(source, line), text=text), None)


def _is_text(node: nodes.Node) -> bool:
    if isinstance(node, nodes.literal_block):
        return node.get("language", "") in _NO_LANGUAGE and "heapledger" not in " ".join(node["classes"])
    return isinstance(node, nodes.paragraph)
