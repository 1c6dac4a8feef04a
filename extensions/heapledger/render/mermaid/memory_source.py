"""The Mermaid text of a memory diagram: boxes, cells, arrows.

Where a box has wider units than another one, Mermaid 11.16 makes every cell of the other a single unit wide, whatever
it spans. So one cell of the heap, the only box whose cells span units, is made a little wider than the widest cell of
the picture, with blanks that are no white space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from heapledger.model_snapshot import NO_MEMORY, Block, BlockState, Frame, Static, Variable, VariableState
from heapledger.render.memory import (
    LEAKED,
    Arrow,
    View,
    block_elements,
    blocks_owned_by,
    heap_title,
    static_name,
    target_text,
    variable_detail,
    variable_key,
)
from heapledger.render.mermaid.text import label, shorten

MAX_CELLS = 24
"""Variables of a frame, or blocks, that are drawn; the table has all."""
MAX_DEPTH = 3
"""Columns of the heap."""
NAME_CHARACTERS = 30
VALUE_CHARACTERS = 34
NARROW_CHARACTERS = 25
"""In a row of a value, where the heap has more than one column: else the picture is wider than a page."""
WIDE, GAP = 3, 1
"""Units of width of a column and between columns."""

BLANK = "\u2800"
"""An empty Braille cell: as wide as a digit and a half, and neither Mermaid nor a browser folds it."""
_BLANK_WIDTH = 0.73
_BOLD = 1.15
_MARGIN = 1.5
_COUNTS = re.compile(r"(strong \d+, weak \d+), ")
_LIST = re.compile(r"\[((?:[^\[\](){}<>\"',]+, )*[^\[\](){}<>\"',…]+)(?:, … ([\d,]+) more)?\]")
"""Widths in ems; bold text is wider by that factor."""
_WIDTHS = {
    one: width
    for characters, width in (
        ("ijlIJ'", 0.3),
        (" .,:;·/|\\!", 0.36),
        ('frt()[]"-`', 0.43),
        ("cksvxyzFLT?*_", 0.6),
        ("mMwW@%…", 1.0),
        ("<>=+×→#~&", 0.84),
    )
    for one in characters
}
"""Of DejaVu Sans, the widest of the fonts that are asked for; rounded up."""

Words = Callable[[str], str]
"""``new``, ``changed`` or nothing, of a cell."""


@dataclass(frozen=True, slots=True)
class _Cell:
    key: str
    rows: tuple[str, ...]
    css: tuple[str, ...]
    column: int = 0
    lower: bool = False
    """Whether it begins a row: an arrow from a variable comes to it, and would run over the cell before it."""


@dataclass(slots=True)
class _Drawing:
    """Lines of the picture, and which classes its cells have."""

    lines: list[str] = field(default_factory=list)
    classes: dict[str, list[str]] = field(default_factory=dict)

    def mark(self, key: str, *names: str) -> None:
        """Give a cell its classes."""
        for name in names:
            self.classes.setdefault(name, []).append(key)

    def cell(self, cell: _Cell, indent: str, span: str = "", width: float = 0.0) -> None:
        """Add a cell; ``width`` in ems makes it at least so wide."""
        rows = list(cell.rows)
        missing = width - _width(rows[0])
        padding = BLANK * max(0, round(missing / _BLANK_WIDTH / 2 + 0.5)) if missing > 0 else ""
        rows[0] = f"{padding}{rows[0]}{padding}"
        text = "<br/>".join(label(row) for row in rows if row)
        self.lines.append(f'{indent}{cell.key}["{text}"]{span}')
        self.mark(cell.key, *cell.css)


def memory_source(view: View, frames: Sequence[Frame], words: Words) -> str:
    """Write the diagram of a view.

    :param frames: those to draw, from left to right.
    """
    stacks = [
        (frame, [_variable_cell(frame, one, view, words) for one in frame.variables[:MAX_CELLS]]) for frame in frames
    ]
    held = {arrow.end for arrow in view.arrows if arrow.owns and arrow.start.startswith("v")}
    grid = _grid(view)
    narrow = any(column for _, column in grid)
    heap = [_block_cell(block, column, words, held=f"b{block.block}" in held, narrow=narrow) for block, column in grid]
    statics = [_Cell(f"s{one.id}", _static_rows(one, view), ("static",)) for one in view.statics[:MAX_CELLS]]
    depth = max((cell.column for cell in heap), default=0) + 1
    units = WIDE * depth + GAP * (depth - 1)
    titles = [_stack_title(frame) for frame, _ in stacks]
    cells = [cell for _, found in stacks for cell in found] + heap + statics
    widest = max(
        [
            *(_width(title) * _BOLD for title in titles),
            _width(heap_title(view)) * _BOLD * WIDE / units,
            *(_width(row) * (_BOLD if "changed" in cell.css else 1.0) for cell in cells for row in cell.rows),
        ]
    )
    alone = not (heap or statics) and len(stacks) > 2  # an empty heap beside three frames is wider than a page
    drawing = _Drawing(lines=["block", f"  columns {(WIDE + GAP) * len(stacks) + (-GAP if alone else units)}"])
    for number, ((frame, found), title) in enumerate(zip(stacks, titles, strict=True), start=1):
        last = alone and number == len(stacks)
        _draw_stack(drawing, f"f{frame.id}", title, found, widest + _MARGIN if last else 0.0)
        drawing.lines += [] if last else [f"  space:{GAP}"]
    if not alone:
        _draw_heap(drawing, heap_title(view), heap, statics, units, widest + _MARGIN)
    drawn = {cell.key for cell in cells}
    below = {cell.key for cell in statics}  # they stand in one column: an arrow between them would cross the others
    aside = {cell.key for cell in heap if cell.column < depth - 1} if len(below) > 1 else set()  # as would theirs
    arrows = [one for one in view.arrows if one.start in drawn - below and one.end in drawn and _fits(one, frames)]
    arrows = [one for one in arrows if not (one.start in aside and one.end in below)]
    classes = [f"  class {','.join(names)} {css}" for css, names in drawing.classes.items()]
    return "\n".join([*drawing.lines, *(_edge(arrow) for arrow in arrows), *classes]) + "\n"


def _width(text: str) -> float:
    """Width of a text in ems, rather too large."""
    return sum(_WIDTHS.get(one, 0.78 if one.isupper() else 0.64 if one.isascii() else 1.0) for one in text)


def _stack_title(frame: Frame) -> str:
    where = f", line {frame.line}" if frame.line is not None else ""
    return f"stack · {shorten(frame.function, NAME_CHARACTERS)}{where}"


def _draw_stack(drawing: _Drawing, name: str, title: str, cells: Sequence[_Cell], widest: float) -> None:
    drawing.lines += [f"  block:{name}:{WIDE}", "    columns 1"]
    drawing.mark(name, "group")
    drawing.cell(_Cell(f"{name}title", (title,), ("title",)), "    ")
    for cell in cells or [_Cell(f"{name}none", ("no variables",), ("note",))]:
        drawing.cell(cell, "    ", width=widest)
    drawing.lines.append("  end")


def _draw_heap(
    drawing: _Drawing, title: str, heap: Sequence[_Cell], statics: Sequence[_Cell], units: int, widest: float
) -> None:
    """Blocks in rows and columns, then the statics."""
    drawing.lines += [f"  block:heap:{units}", f"    columns {units}"]
    drawing.mark("heap", "group")
    whole, one = f":{units}", f":{WIDE}"
    drawing.cell(_Cell("heaptitle", (title,), ("title",)), "    ", whole)
    cells = list(heap) or [_Cell("heapnone", ("nothing is allocated",), ("note",))]
    last = (statics or cells)[-1].key
    filled = 0
    for cell in cells:
        start = cell.column * (WIDE + GAP)
        if cell.lower and 0 < filled <= start:
            drawing.lines += [f"    space:{units - filled}"]
            filled = 0
        drawing.lines += _space(filled, start, units)
        drawing.cell(cell, "    ", one, widest if cell.key == last else 0.0)
        filled = start + WIDE
    if statics:
        drawing.lines += [f"    space:{units - filled}"] if filled < units else []
        drawing.cell(_Cell("staticstitle", ("statics",), ("title",)), "    ", whole)
    for cell in statics:  # in the last column, where arrows from the blocks before it cross nothing
        drawing.lines += [f"    space:{units - WIDE}"] if units > WIDE else []
        drawing.cell(cell, "    ", one, widest if cell.key == last else 0.0)
    drawing.lines.append("  end")


def _space(filled: int, start: int, width: int) -> Iterator[str]:
    """Fill up to a column, over the end of a row where it lies behind."""
    if filled > start or (filled == start and filled):
        if width > filled:
            yield f"    space:{width - filled}"
        filled = 0
    if start > filled:
        yield f"    space:{start - filled}"


def _variable_cell(frame: Frame, variable: Variable, view: View, words: Words) -> _Cell:
    key = variable_key(frame.id, variable.id)
    css = ("stack" if variable.state is VariableState.LIVE else "gone", *(("changed",) if words(key) else ()))
    return _Cell(key, _variable_rows(variable, view, words(key)), css)


def _block_cell(block: Block, column: int, words: Words, *, held: bool, narrow: bool) -> _Cell:
    key = f"b{block.block}"
    css = (_block_class(block), *(("changed",) if words(key) else ()))
    return _Cell(key, _block_rows(block, words(key), narrow=narrow), css, column, lower=held and column > 0)


def _variable_rows(variable: Variable, view: View, change: str) -> tuple[str, str]:
    name = shorten(f"{variable.name}: {variable.type}", NAME_CHARACTERS)
    marks = [word for word in ("shadowed" if variable.shadowed else "", change) if word]
    detail = variable_detail(variable)
    if variable.state is VariableState.LIVE:
        near = [target_text(one, view) for one in variable.points_to if isinstance(one.frame, int)]
        if near and not detail.startswith("→"):
            detail = f"→ {', '.join(near)}"
        if detail.startswith("cap 0") and any(one.unknown == NO_MEMORY for one in variable.points_to):
            detail = f"{detail}, dangling"
    second = " · ".join(part for part in (f"{variable.size:,} B", detail) if part)
    return " · ".join([name, *marks]), shorten(second, VALUE_CHARACTERS)


def _block_class(block: Block) -> str:
    if block.state is BlockState.LEAKED:
        return "leak"
    return "spare" if block.len == 0 and block.spare else "owned"


def _block_rows(block: Block, change: str, *, narrow: bool) -> tuple[str, ...]:
    line = f"line {block.line}" if block.line is not None else ""
    first = " · ".join(part for part in (f"block {block.block}", f"{block.size:,} B", line, change) if part)
    value = [] if block.value is None else _narrow_value(block.value) if narrow else [_short_value(block.value)]
    leaked = [LEAKED] if block.state is BlockState.LEAKED else []
    elements = f"{block_elements(block)} · align {block.align}"
    if len(elements) > VALUE_CHARACTERS:
        elements = block_elements(block)
    rows = (first, *value, elements, *leaked)
    return tuple(shorten(row, VALUE_CHARACTERS) for row in rows)


def _static_rows(static: Static, view: View) -> tuple[str, ...]:
    """Name, place and size in one row if there is room, else in two; then what it holds, and what it owns.

    The blocks are told in words: no arrow leaves the column.
    """
    name, size = static_name(static), f"{static.size:,} B"
    rows = [f"{name} · {size}"]
    if len(rows[0]) > NAME_CHARACTERS:
        name, _, section = name.rpartition(" · ")
        rows = [shorten(name, NAME_CHARACTERS), f"{section} · {size}"]
    value = [] if static.value is None else [_short_value(static.value)]
    blocks = blocks_owned_by(static, view)
    owned = [shorten(f"owns block {', '.join(blocks)}", VALUE_CHARACTERS)] if blocks else []
    return (*rows, *value, *owned)


def _short_value(value: str, limit: int = VALUE_CHARACTERS) -> str:
    """Cut a value, a flat list so that it still says how many elements are left out."""
    found = _LIST.fullmatch(" ".join(value.split()))
    if found is None or len(value) <= limit:
        return shorten(value, limit)
    shown, left = found[1].split(", "), int((found[2] or "0").replace(",", ""))
    while len(shown) > 1:
        left += 1
        shown.pop()
        text = f"[{', '.join(shown)}, … {left:,} more]"
        if len(text) <= limit:
            return text
    return shorten(value, limit)


def _narrow_value(value: str) -> list[str]:
    """Cut a value into rows: the counts of an ``Rc`` stand in one of their own, and a list is cut, not folded."""
    counts = _COUNTS.match(value)
    if counts is not None and len(value) > NARROW_CHARACTERS:
        return [counts[1], *_narrow_value(value[counts.end() :])]
    if value.startswith("["):
        return [_short_value(value, NARROW_CHARACTERS)]
    return wrap(_short_value(value), NARROW_CHARACTERS)[:2]


def _fits(arrow: Arrow, frames: Sequence[Frame]) -> bool:
    """An arrow inside a column has no room between its cells, or would run over others: it is told in words."""
    columns = [{variable_key(frame.id, one.id) for one in frame.variables} for frame in frames]
    return not any(arrow.start in column and arrow.end in column for column in columns)


def _edge(arrow: Arrow) -> str:
    text = f'"+{arrow.offset}"' if arrow.offset else ""
    if arrow.owns:
        return f"  {arrow.start} -- {text} --> {arrow.end}" if text else f"  {arrow.start} --> {arrow.end}"
    return f"  {arrow.start} -. {text} .-> {arrow.end}" if text else f"  {arrow.start} -.-> {arrow.end}"


def _grid(view: View) -> tuple[tuple[Block, int], ...]:
    """Blocks in the order of rows, each with its column: owned blocks follow their owner, one column further right."""
    blocks = {f"b{block.block}": block for block in view.blocks}
    children: dict[str, list[str]] = {}
    for arrow in view.arrows:
        if arrow.end in blocks and arrow.start in blocks and arrow.owns and arrow.start != arrow.end:
            children.setdefault(arrow.start, []).append(arrow.end)
    owned = {child for found in children.values() for child in found}
    placed: dict[str, int] = {}

    def place(key: str, column: int) -> None:
        if key in placed or len(placed) >= MAX_CELLS:
            return
        placed[key] = min(column, MAX_DEPTH - 1)
        for child in children.get(key, []):
            place(child, column + 1)

    roots = [arrow.end for arrow in view.arrows if arrow.start[0] in "vs" and arrow.end in blocks]
    for key in [*(key for key in roots if key not in owned), *roots, *blocks]:
        place(key, 0)
    return tuple((blocks[key], column) for key, column in placed.items())
