"""Our nodes in LaTeX; ``paper/heapledger.sty`` sets the type.

A listing is a row a line, with the facts on the right where there is room and under the line where there is none;
pages break between rows. Folds stand open, profiles and snapshots one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.util.texescape import escape

from heapledger.render.listing import Row, shown_rows


def visit_listing(visitor: Any, node: nodes.Element) -> None:
    """Write code with facts, a macro a line."""
    shown = shown_rows(node["rows"])
    engine = visitor.config.latex_engine
    lines = _highlighted(visitor, node, [row.text for row in shown if row.number is not None])
    body = ["\n\\begin{heapledgerlisting}\n"]
    for index, row in enumerate(shown):
        code = next(lines) if row.number is not None else f"\\heapledgernote{{{escape(row.text, engine)}}}"
        last = "" if index in {0, len(shown) - 2} else "\\penalty0"
        parts = (str(row.number or ""), _part(row, node["peak"]), code, _facts(row, engine))
        body.append("\\heapledgerrow" + "".join(f"{{{part}}}" for part in parts) + f"{last}%\n")
    body.append("\\end{heapledgerlisting}\n")
    visitor.body.append("".join(body))
    raise nodes.SkipNode


def visit_fold(visitor: Any, node: nodes.Element) -> None:
    """Open a small section."""
    visitor.body.append(f"\n\\begin{{heapledgerfold}}{{{escape(node['title'], visitor.config.latex_engine)}}}\n")


def depart_fold(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001 - docutils' signature
    """Close it."""
    visitor.body.append("\n\\end{heapledgerfold}\n")


def visit_anchor(visitor: Any, node: nodes.Element) -> None:
    """Write the labels of a place."""
    visitor.body.append("".join(visitor.hypertarget(name) for name in node["names"]))
    raise nodes.SkipNode


def _highlighted(visitor: Any, node: nodes.Element, lines: list[str]) -> Iterator[str]:
    """Highlight lines together, and yield the LaTeX of each, its blanks kept."""
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    marked = visitor.highlighter.highlight_block("\n".join(lines), "rust", location=node, force=True)
    inner = marked.strip("\n").split("\n")[1:-1]
    yield from [""] * first
    yield from (line.replace(" ", "\\heapledgersp{}") for line in inner)
    while True:  # Pygments cuts blank lines at both ends
        yield ""


def _part(row: Row, peak: int) -> str:
    return f"{row.live / peak:.3f}" if peak and row.live else "0"


def _facts(row: Row, engine: str) -> str:
    return "\\heapledgernext{}".join(
        f"\\heapledgerfact{{{kind}}}{{{escape(text, engine)}}}" for kind, text in row.facts
    )
