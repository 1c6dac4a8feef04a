"""Our nodes as text, man page and Texinfo: code with facts in a column on the right."""

from __future__ import annotations

from typing import Any

from docutils import nodes

from heapledger.render.listing import plain


def visit_listing(visitor: Any, node: nodes.Element) -> None:
    """Write a literal block; the writer at hand knows how."""
    nodes.literal_block("", plain(node["rows"]), language="rust").walkabout(visitor)
    raise nodes.SkipNode


def visit_fold(visitor: Any, node: nodes.Element) -> None:
    """Write the title; what is folded elsewhere stands under it."""
    nodes.paragraph("", "", nodes.strong("", node["title"])).walkabout(visitor)


def depart_fold(visitor: Any, node: nodes.Element) -> None:
    """Nothing to close."""
