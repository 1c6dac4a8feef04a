"""The role ``{alloc:value}``, and the lint for numbers that somebody typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from heapledger.model import Location
from heapledger.sphinx.claim_nodes import quoted_value
from heapledger.sphinx.records import Quote, TypedNumber

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message
    from sphinx.application import Sphinx

    from heapledger.sphinx.domain import AllocDomain

UNMEASURED_CLASS = "heapledger-not-measured"
"""Class of a part of a page whose numbers are no measurements: a limit, a version, an example of what is wrong."""

_UNITS = "bytes?|bits?|B|KiB|MiB|GiB|kB|allocations?|reallocations?|deallocations?|frees|(?:heap )?blocks?|words?"
_WORDS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_SORT = "(?:more |extra |heap |separate )?"
_NUMBER = re.compile(
    rf"(?<![\w.#])(?:\d[\d,_.]*(?:\s|-|\u00a0)+{_SORT}(?:{_UNITS})\b"
    rf"|\b(?:{_WORDS})(?:\s|-)+{_SORT}(?:bytes|allocations|reallocations|deallocations|frees)\b"
    r"|\b(?:allocates|frees|reallocates) \d[\d,_]*\b)",
    re.IGNORECASE,
)
_EXEMPT = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.comment, quoted_value)


class ValueRole(SphinxRole):
    """A measured number with its unit."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Leave a place for the number."""
        source, line = self.get_source_info()
        domain = cast("AllocDomain", self.env.get_domain("alloc"))
        domain.note_quote(self.env.docname, Quote(self.text.strip(), Location(source, line)))
        node = quoted_value(path=self.text.strip(), docname=self.env.docname)
        self.set_source_info(node)
        return [node], []


def on_doctree_read(app: Sphinx, doctree: nodes.document) -> None:
    """Note every typed number next to a unit, outside code, roles and measured tables."""
    if not app.config.heapledger_lint_numbers:
        return
    domain = cast("AllocDomain", app.env.get_domain("alloc"))
    for node in doctree.findall(nodes.TextElement):
        if isinstance(node, (nodes.paragraph, nodes.title, nodes.caption, nodes.term)) and not _exempt(node):
            for match in _NUMBER.finditer(_prose(node)):
                source, line = node.source or "", node.line
                place = Location(str(source or app.env.doc2path(app.env.docname)), line)
                domain.note_number(app.env.docname, TypedNumber(" ".join(match.group().split()), place))


def _exempt(node: nodes.Node) -> bool:
    current: nodes.Node | None = node
    while current is not None:
        if isinstance(current, nodes.Element) and _marked(current):
            return True
        current = current.parent
    return False


def _marked(node: nodes.Element) -> bool:
    return UNMEASURED_CLASS in node.get("classes", ())


def _prose(node: nodes.Element) -> str:
    """Text of an element without what is exempt; a mark stands for each exempt part."""
    parts = []
    for child in node.children:
        if isinstance(child, nodes.Text):
            parts.append(child.astext())
        elif isinstance(child, _EXEMPT) or not isinstance(child, nodes.Element) or _marked(child):
            parts.append("\ufffc")
        else:
            parts.append(_prose(child))
    return "".join(parts)
