"""Our nodes in HTML. EPUB has no script and no folds: there everything stands open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Any

from docutils import nodes

from heapledger.messages import _, counted
from heapledger.render.facts import bytes_text
from heapledger.render.listing import Row

_COLOURLESS = re.compile(r'<span class="(?:w|n|p)">([^<]*)</span>')


def visit_head(visitor: Any, node: nodes.Element) -> None:
    """Write the id as a link to itself, and the button that copies; the script shows the button."""
    copy, copied = _("Copy program"), _("Copied")
    visitor.body.append(
        f'<div class="heapledger-head"><a href="#{escape(node["anchor"])}">{escape(node["title"])}</a>'
        f'<button type="button" class="heapledger-copy" hidden data-heapledger-done="{escape(copied)}">'
        f"{escape(copy)}</button></div>\n"
    )
    raise nodes.SkipNode


def visit_listing(visitor: Any, node: nodes.Element) -> None:
    """Write code with facts beside its lines as a list: a screen reader reads a line, then what it did."""
    rows: tuple[Row, ...] = node["rows"]
    peak: int = node["peak"]
    marked = iter(_highlighted(visitor, node, [row.text for row in rows if row.number is not None]))
    strip = "" if peak else " heapledger-flat"
    body = [
        f'<div class="heapledger-listing highlight{strip}">',
        f'<ol role="list" tabindex="0" aria-label="{escape(node["label"])}">\n',
    ]
    named = any(kind == "memory" for row in rows for kind, _text in row.facts)
    counter = 0
    for hidden, group in groupby(rows, key=lambda row: row.hidden):
        run = list(group)
        items = []
        for row in run:
            code = next(marked) if row.number is not None else ""
            jump = row.number is not None and row.number != counter + 1
            items.append(_item(row, code, peak, jump=jump, named=named))
            counter = row.number if row.number is not None else counter
        body += _declared(items, epub=visitor.builder.name == "epub") if hidden else items
        counter = -1 if hidden else counter
    body.append("</ol></div>\n")
    visitor.body.append("".join(body))
    raise nodes.SkipNode


def visit_fold(visitor: Any, node: nodes.Element) -> None:
    """Open a ``<details>``, or a plain section."""
    title = escape(node["title"])
    if visitor.builder.name == "epub":
        if node.get("web_only"):
            raise nodes.SkipNode
        visitor.body.append(f'<div class="heapledger-fold"><p><strong>{title}</strong></p>\n')
    else:
        opened = " open" if node.get("open") else ""
        visitor.body.append(f'<details class="heapledger-fold"{opened}><summary>{title}</summary>\n')


def depart_fold(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    """Close it."""
    visitor.body.append("</div>\n" if visitor.builder.name == "epub" else "</details>\n")


def _highlighted(visitor: Any, node: nodes.Element, lines: list[str]) -> Iterator[str]:
    """Highlight lines together, and return one piece of HTML a line.

    Pygments cuts blank lines at both ends; spans of blanks, names and punctuation carry no
    colour and are half of the page.
    """
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    text = visitor.highlighter.highlight_block("\n".join(lines), "rust", nowrap=True, location=node, force=True)
    marked = [""] * first + _COLOURLESS.sub(r"\1", text).strip("\n").split("\n")
    marked += [""] * (len(lines) - len(marked))
    return iter(marked[: len(lines)])


def _item(row: Row, code: str, peak: int, *, jump: bool, named: bool) -> str:
    """Write a line.

    :param jump: whether its number does not follow the one above.
    :param named: whether the script that steps through memory looks for its number.
    """
    styles = []
    if peak and row.live is not None:
        styles.append(f"--l:{round(row.live / peak, 3):g}")
    if jump and row.number is not None:
        styles.append(f"counter-set:heapledger {row.number - 1}")
    attributes = ' class="heapledger-note"' if row.number is None else ""
    attributes += f' data-line="{row.number}"' if named and row.number is not None else ""
    attributes += f' style="{";".join(styles)}"' if styles else ""
    shown = f"<em>{escape(row.text)}</em>" if row.number is None else f"<code>{code}</code>"
    return f"<li{attributes}>{shown}{_facts(row, peak)}</li>\n"


def _facts(row: Row, peak: int) -> str:
    if not row.facts:
        return ""
    chips = " ".join(f'<i class="heapledger-{kind}">{escape(text)}</i>' for kind, text in row.facts)
    said = row.spoken
    if peak and row.live is not None:
        live = _("%s live") % bytes_text(row.live)
        said = f"{said}; {live}"
    return f'<span class="heapledger-said"> — {escape(said)}</span><span aria-hidden="true">{chips}</span>'


def _declared(items: list[str], *, epub: bool) -> list[str]:
    """Hidden declarations: they open at one click, without a script."""
    if epub:
        return items
    title = escape(counted("%s hidden line", "%s hidden lines", len(items)))
    return [
        f'<li class="heapledger-declared"><details><summary>{title}</summary><ol role="list">\n',
        *items,
        "</ol></details></li>\n",
    ]
