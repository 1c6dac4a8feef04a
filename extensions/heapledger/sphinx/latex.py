"""Our nodes in LaTeX: code in Sphinx's own Verbatim, so that it breaks over pages, with facts on the right."""

from __future__ import annotations

from typing import Any

from docutils import nodes

from heapledger.render.listing import plain

_PDFTEX = str.maketrans({"→": "->", "−": "-", "×": "x", "…": "..."})
"""What pdfTeX's fonts lack; the engines that read system fonts have it."""


def visit_listing(visitor: Any, node: nodes.Element) -> None:
    """Write a literal block with facts as comments in a column; a long line wraps inside it."""
    code = plain(node["rows"])
    if visitor.config.latex_engine not in {"xelatex", "lualatex"}:
        code = code.translate(_PDFTEX)
    nodes.literal_block(code, code, language="rust", force=True, linenos=False).walkabout(visitor)
    raise nodes.SkipNode
