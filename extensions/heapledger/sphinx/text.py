"""Our nodes in text, man pages and Texinfo: code with facts in a column on the right, folds open."""

from __future__ import annotations

from typing import Any

from docutils import nodes

from heapledger.render.listing import plain


def visit_listing(visitor: Any, node: nodes.Element) -> None:
    """Write a literal block; the writer at hand knows how."""
    code = plain(node["rows"])
    write(visitor, nodes.literal_block(code, code, language="rust", force=True, linenos=False))
    raise nodes.SkipNode


def visit_fold(visitor: Any, node: nodes.Element) -> None:
    """Write the title; what is folded elsewhere stands under it."""
    write(visitor, nodes.paragraph("", "", nodes.strong("", node["title"])))


def depart_fold(visitor: Any, node: nodes.Element) -> None:
    """Nothing to close."""


def write(visitor: Any, node: nodes.Element) -> None:
    """Write a standard node in place of ours; writers look at a node's parent, so it gets one."""
    nodes.container("", node)
    node.walkabout(visitor)
