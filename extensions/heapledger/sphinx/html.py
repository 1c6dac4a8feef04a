"""HTML of our own nodes."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes

from heapledger.render.listing import Row


def visit_listing(visitor: Any, node: nodes.Element) -> None:
    """Write code with facts beside its lines as a table: read line by line, and by screen readers."""
    rows: tuple[Row, ...] = node["rows"]
    code = "\n".join(row.text for row in rows)
    marked = visitor.highlighter.highlight_block(code, "rust", nowrap=True, location=node).rstrip("\n").split("\n")
    head = (
        '<thead class="heapledger-hidden"><tr><th scope="col">line</th><th scope="col">code</th>'
        '<th scope="col">measured</th></tr></thead><tbody>'
    )
    body = [
        f'<div class="heapledger-listing highlight"><table aria-label="{escape(node["label"])}">',
        head,
    ]
    for row, text in zip(rows, marked, strict=True):
        number = "" if row.number is None else str(row.number)
        facts = " ".join(
            f'<span class="heapledger-fact heapledger-{kind}">{escape(text)}</span>' for kind, text in row.facts
        )
        shown = (
            f"<code>{text}</code>" if row.number is not None else f'<em class="heapledger-note">{escape(row.text)}</em>'
        )
        css = ' class="heapledger-declared"' if row.hidden else ""
        body.append(
            f'<tr{css}><td class="heapledger-number">{number}</td><td class="heapledger-code">{shown}</td>'
            f'<td class="heapledger-facts">{facts}</td></tr>'
        )
    body.append("</tbody></table></div>\n")
    visitor.body.append("".join(body))
    raise nodes.SkipNode


def visit_fold(visitor: Any, node: nodes.Element) -> None:
    """Open a ``<details>``."""
    visitor.body.append(f'<details class="heapledger-fold"><summary>{escape(node["title"])}</summary>\n')


def depart_fold(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    """Close a ``<details>``."""
    visitor.body.append("</details>\n")
