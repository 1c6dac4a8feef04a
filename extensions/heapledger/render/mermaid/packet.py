"""The layout of a type as a packet diagram: one box for each field, with its bytes; padding and tags say so.

Mermaid counts bits in a packet; here each one stands for a byte, and the title says so. A row is a machine word, or for
other sizes a number of bytes that divides the size, so that rows are full and fit a phone.
"""

from __future__ import annotations

import itertools

from heapledger.model_below import Layout
from heapledger.outcome import SnippetOutcome
from heapledger.render.facts import bytes_text
from heapledger.render.layout import PADDING, Part, Span, layout_views, parts_of, table_rows
from heapledger.render.mermaid.diagram import Diagram, Table
from heapledger.render.mermaid.svg import EMPTY_BYTES
from heapledger.render.mermaid.text import label

MAX_BYTES = 128
"""Largest type that is drawn; the table shows larger ones."""
MAX_PARTS = 4
"""Most variants that are drawn."""
WORD = 8
WIDEST = 16
"""Most bytes of a row."""
ROW_PIXELS = 330
"""Widest row: it fits a phone."""
CHARACTER_PIXELS = 8
HEADER = ("bytes", "size", "what", "type")


def layout_diagrams(layout: Layout) -> tuple[Diagram, ...]:
    """Draw a layout: one picture for a struct, one for each variant that holds something.

    The first one carries the table. Nothing is drawn of types without bytes, of unions, and of very large types.
    """
    parts = [part for part in parts_of(layout) if any(span.size and span.kind != PADDING for span in part.spans)]
    holding = [part for part in parts if any(span.kind == "field" and span.size for span in part.spans)] or parts[:1]
    overlapping = layout.overlapping or any(_overlaps(part) for part in holding)
    if layout.trouble or overlapping or not 0 < layout.size <= MAX_BYTES or len(holding) > MAX_PARTS:
        return ()
    return tuple(_diagram(layout, part, table=layout_table(layout) if part is holding[0] else None) for part in holding)


def layout_pictures(outcome: SnippetOutcome) -> tuple[Diagram, ...]:
    """Return every picture of a layout that the page of a snippet shows."""
    return tuple(
        diagram for views in layout_views(outcome) for _, layout in views for diagram in layout_diagrams(layout)
    )


def layout_table(layout: Layout) -> Table:
    """Return every byte of a layout as a table."""
    return Table(header=HEADER, rows=tuple(table_rows(layout)), widths=(12, 6, 40, 32))


def row_length(size: int) -> int:
    """Bytes of a row: a machine word, or another divisor of the size, so that rows are full where that is possible."""
    if size <= WORD or size % WORD == 0:
        return min(size, WORD)
    fitting = [length for length in range(WIDEST, WORD // 2, -1) if size % length == 0]
    return (fitting or [WORD])[0]


def _diagram(layout: Layout, part: Part, *, table: Table | None) -> Diagram:
    title = layout.type
    if part.title and (layout.tag is not None and not _is_tag_alone(part)):
        title = f"{layout.type}, variant {part.title}"
    description = f"{title} takes {bytes_text(layout.size)}: {_inventory(part)}"
    return Diagram(
        kind="layout",
        title=f"{title}, byte by byte",
        description=description,
        source=_source(part, layout.size, title, description),
        table=table,
    )


def _overlaps(part: Part) -> bool:
    spans = [span for span in part.spans if span.size]
    return any(after.offset < before.end for before, after in itertools.pairwise(spans))


def _is_tag_alone(part: Part) -> bool:
    return all(span.kind != "field" for span in part.spans)


def _inventory(part: Part) -> str:
    return ", ".join(f"{span.name} in {span.bytes}" for span in part.spans if span.size) + "."


def _source(part: Part, size: int, title: str, description: str) -> str:
    length = row_length(size)
    lines = [
        "---",
        "config:",
        "  packet:",
        f"    bitsPerRow: {length}",
        f"    bitWidth: {_byte_pixels(length)}",
        "---",
        "packet",
        f"  accTitle: {label(title)}",
        f"  accDescr: {label(description)}",
    ]
    for span in part.spans:
        if span.size:
            place = str(span.offset) if span.size == 1 else f"{span.offset}-{span.end - 1}"
            lines.append(f'  {place}: "{label(_text(span, length))}"')
    return "\n".join(lines) + "\n"


def _byte_pixels(length: int) -> int:
    return min(60, ROW_PIXELS // length)


def _narrowest(span: Span, length: int) -> int:
    """Return the bytes of the shortest piece of a span that goes on in further rows: Mermaid labels each piece."""
    first = min(span.size, length - span.offset % length)
    return first if first == span.size else min(first, span.end % length or length)


def _text(span: Span, length: int) -> str:
    """Name and type, as far as the shortest piece of the box has room."""
    room = max(3, _narrowest(span, length) * _byte_pixels(length) // CHARACTER_PIXELS)
    if span.kind == "field" and span.type and len(f"{span.name}: {span.type}") <= room:
        return f"{span.name}: {span.type}"
    if span.kind != PADDING and span.name in EMPTY_BYTES:
        return f"{span.name}:"
    name = span.name if len(span.name) <= room or span.kind != PADDING else "pad"
    return name if len(name) <= room else name[: room - 1] + "…"
