"""A snapshot as a ``block`` diagram: a column for each stack frame, then the heap with the statics under it.

A block that another block owns stands one column further right, so that arrows run from left to right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from heapledger.model_snapshot import Block, BlockState, Frame, Snapshot, Static, Variable, VariableState
from heapledger.render.memory import (
    LEAKED,
    STATES,
    Arrow,
    View,
    block_detail,
    block_elements,
    describe,
    heap_title,
    static_name,
    table_rows,
    target_text,
    title_of,
    variable_detail,
    variable_key,
    view_of,
)
from heapledger.render.mermaid.diagram import Diagram, Table
from heapledger.render.mermaid.text import label, shorten
from heapledger.source.options import Options

MAX_FRAMES = 3
"""Columns of frames; the innermost ones and the outermost one are drawn."""
MAX_CELLS = 24
"""Variables of a frame, or blocks, that are drawn; the table has all."""
MAX_DEPTH = 3
"""Columns of the heap."""
NAME_CHARACTERS = 30
VALUE_CHARACTERS = 34
WIDE, GAP = 3, 1
"""Units of width of a column and between columns."""
HEADER = ("place", "name", "type", "bytes", "value", "pointers")
WIDTHS = (12, 14, 18, 8, 30, 18)


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the snapshot before, by the name of a cell."""

    words: dict[str, str]

    def of(self, key: str) -> str:
        """``new``, ``changed``, or nothing."""
        return self.words.get(key, "")


def memory_diagrams(snapshots: Sequence[Snapshot], options: Options) -> tuple[Diagram, ...]:
    """Draw all snapshots of a snippet; each but the first marks what changed since the one before."""
    found = []
    before: View | None = None
    for number, snapshot in enumerate(snapshots, start=1):
        view = view_of(snapshot, options)
        count = f"{number} of {len(snapshots)} · " if len(snapshots) > 1 else ""
        found.append(_diagram(view, changes(before, view), count))
        before = view
    return tuple(found)


def _diagram(view: View, change: Change, count: str) -> Diagram:
    title = f"{count}{title_of(view.snapshot)}"
    frames, left = _drawn_frames(view)
    sentence = describe(view)
    if change.words:
        sentence += f" {_changed_text(view, change)}"
    return Diagram(
        kind="memory",
        title=title,
        description=sentence,
        source=_source(view, frames, change),
        table=Table(header=HEADER, rows=table_rows(view), widths=WIDTHS),
        left_out=" ".join([*view.left_out, *left]),
    )


def _drawn_frames(view: View) -> tuple[tuple[Frame, ...], list[str]]:
    """Choose frames, innermost first: arrows of borrows then run from left to right."""
    inner_first = tuple(reversed(view.frames))
    left = []
    if len(inner_first) > MAX_FRAMES:
        left.append(f"{len(inner_first) - MAX_FRAMES} frames between are in the table only.")
        inner_first = (*inner_first[: MAX_FRAMES - 1], inner_first[-1])
    if any(len(frame.variables) > MAX_CELLS for frame in inner_first):
        left.append(f"The picture has the first {MAX_CELLS} variables of a frame, the table all.")
    if len(view.blocks) > MAX_CELLS:
        left.append(f"The picture has {MAX_CELLS} blocks, the table {len(view.blocks)}.")
    return inner_first, left


def changes(before: View | None, now: View) -> Change:
    """Compare two snapshots: variables by frame, name and line, blocks by number."""
    if before is None:
        return Change({})
    old = {name: content for name, (_, content) in _contents(before).items()}
    words = {}
    for name, (key, content) in _contents(now).items():
        if name not in old:
            words[key] = "new"
        elif old[name] != content:
            words[key] = "changed"
    return Change(words)


def _contents(view: View) -> dict[tuple[object, ...], tuple[str, object]]:
    """Cells by what makes them the same in two snapshots, with what can change."""
    found: dict[tuple[object, ...], tuple[str, object]] = {}
    depth = len(view.snapshot.frames)
    for frame in view.frames:
        for variable in frame.variables:
            key = variable_key(frame.id, variable.id)
            targets = tuple((target_text(one, view), one.owns) for one in variable.points_to)
            name = ("v", depth - frame.id, frame.function, variable.name, variable.declared)
            found[name] = (key, (variable.state, variable_detail(variable), targets))
    for block in view.blocks:
        found["b", block.block] = (f"b{block.block}", (block.size, block_detail(block)))
    for static in view.statics:
        found["s", static.symbol, static.value] = (f"s{static.id}", static.value)
    return found


def _changed_text(view: View, change: Change) -> str:
    names = {variable_key(frame.id, one.id): one.name for frame in view.frames for one in frame.variables}
    names |= {f"b{block.block}": f"block {block.block}" for block in view.blocks}
    parts = []
    for word in ("new", "changed"):
        found = [names[key] for key, what in change.words.items() if what == word and key in names]
        if found:
            parts.append(f"{word}: {', '.join(found[:8])}{', …' if len(found) > 8 else ''}")
    return f"Since the snapshot before, {'; '.join(parts)}." if parts else "Nothing changed since the snapshot before."


def _source(view: View, frames: Sequence[Frame], change: Change) -> str:
    grid = _grid(view)
    depth = max((column for _, column in grid), default=0) + 1
    heap = WIDE * depth + GAP * (depth - 1)
    classes: dict[str, list[str]] = {}
    body: list[str] = []
    for frame in frames:
        body += _frame_lines(frame, view, change, classes)
        body.append(f"  space:{GAP}")
    body += _right_lines(view, grid, heap, change, classes)
    drawn = _drawn(frames, grid, view)
    lines = ["block", f"  columns {(WIDE + GAP) * len(frames) + heap}", *body]
    lines += [
        _edge(arrow) for arrow in view.arrows if arrow.start in drawn and arrow.end in drawn and _fits(arrow, frames)
    ]
    lines += [f"  class {','.join(names)} {css}" for css, names in classes.items()]
    return "\n".join(lines) + "\n"


def _drawn(frames: Sequence[Frame], grid: Sequence[tuple[Block, int]], view: View) -> set[str]:
    found = {variable_key(frame.id, one.id) for frame in frames for one in frame.variables[:MAX_CELLS]}
    found |= {f"b{block.block}" for block, _ in grid}
    return found | {f"s{static.id}" for static in view.statics[:MAX_CELLS]}


def _fits(arrow: Arrow, frames: Sequence[Frame]) -> bool:
    """An arrow inside a column would run over the cells between: only neighbours get one, others are told in words."""
    if not (arrow.start.startswith("v") and arrow.end.startswith("v")):
        return True
    for frame in frames:
        keys = [variable_key(frame.id, one.id) for one in frame.variables]
        if arrow.start in keys and arrow.end in keys:
            return abs(keys.index(arrow.start) - keys.index(arrow.end)) == 1
    return True


def _frame_lines(frame: Frame, view: View, change: Change, classes: dict[str, list[str]]) -> list[str]:
    name = f"f{frame.id}"
    where = f", line {frame.line}" if frame.line is not None else ""
    title = f"stack · {shorten(frame.function, NAME_CHARACTERS)}{where}"
    lines = [f"  block:{name}:{WIDE}", "    columns 1", f'    {name}title["{label(title)}"]']
    classes.setdefault("group", []).append(name)
    classes.setdefault("title", []).append(f"{name}title")
    for variable in frame.variables[:MAX_CELLS]:
        key = variable_key(frame.id, variable.id)
        lines.append(f'    {key}["{_rows(*_variable_rows(variable, view, change.of(key)))}"]')
        classes.setdefault("stack" if variable.state is VariableState.LIVE else "gone", []).append(key)
        if change.of(key):
            classes.setdefault("changed", []).append(key)
    if not frame.variables:
        lines.append(f'    {name}none["no variables yet"]')
        classes.setdefault("note", []).append(f"{name}none")
    return [*lines, "  end"]


def _variable_rows(variable: Variable, view: View, change: str) -> tuple[str, str]:
    name = shorten(f"{variable.name}: {variable.type}", NAME_CHARACTERS)
    marks = [word for word in ("shadowed" if variable.shadowed else "", change) if word]
    if variable.state is not VariableState.LIVE:
        detail = STATES[variable.state]
    else:
        detail = variable_detail(variable)
        near = [target_text(one, view) for one in variable.points_to if isinstance(one.frame, int)]
        if near and not detail.startswith("→"):
            detail = f"→ {', '.join(near)}"
    second = " · ".join(part for part in (f"{variable.size:,} B", detail) if part)
    return " · ".join([name, *marks]), shorten(second, VALUE_CHARACTERS)


def _right_lines(
    view: View, grid: Sequence[tuple[Block, int]], width: int, change: Change, classes: dict[str, list[str]]
) -> list[str]:
    """The heap, and the statics under it."""
    heap = _heap_lines(view, grid, width, change, classes)
    if not view.statics:
        return [f"  block:heap:{width}", *heap, "  end"]
    classes.setdefault("plain", []).append("right")
    classes["group"].append("statics")
    classes["title"].append("staticstitle")
    statics = ["    columns 1", '    staticstitle["statics"]']
    for static in view.statics[:MAX_CELLS]:
        statics.append(f'    s{static.id}["{_rows(*_static_rows(static))}"]')
        classes.setdefault("static", []).append(f"s{static.id}")
    both = ["  block:heap", *heap, "  end", "  block:statics", *statics, "  end"]
    return [f"  block:right:{width}", "    columns 1", *(f"  {line}" for line in both), "  end"]


def _heap_lines(
    view: View, grid: Sequence[tuple[Block, int]], width: int, change: Change, classes: dict[str, list[str]]
) -> list[str]:
    lines = [f"    columns {width}", f'    heaptitle["{label(heap_title(view))}"]:{width}']
    classes.setdefault("group", []).append("heap")
    classes.setdefault("title", []).append("heaptitle")
    filled = 0
    for block, column in grid:
        start = column * (WIDE + GAP)
        lines += _space(filled, start, width)
        key = f"b{block.block}"
        lines.append(f'    {key}["{_rows(*_block_rows(block, change.of(key)))}"]:{WIDE}')
        filled = start + WIDE
        classes.setdefault(_block_class(block), []).append(key)
        if change.of(key):
            classes.setdefault("changed", []).append(key)
    return [*lines, *([f"    space:{width - filled}"] if 0 < filled < width else [])]


def _space(filled: int, start: int, width: int) -> Iterator[str]:
    """Fill up to a column, over the end of a row where it lies behind."""
    if filled > start or (filled == start and filled):
        if width > filled:
            yield f"    space:{width - filled}"
        filled = 0
    if start > filled:
        yield f"    space:{start - filled}"


def _block_class(block: Block) -> str:
    if block.state is BlockState.LEAKED:
        return "leak"
    return "spare" if block.len == 0 and block.spare else "owned"


def _block_rows(block: Block, change: str) -> tuple[str, ...]:
    line = f"line {block.line}" if block.line is not None else ""
    first = " · ".join(part for part in (f"block {block.block}", f"{block.size:,} B", line, change) if part)
    value = [block.value] if block.value is not None else []
    leaked = [LEAKED] if block.state is BlockState.LEAKED else []
    rows = (first, *value, f"{block_elements(block)} · align {block.align}", *leaked)
    return tuple(shorten(row, VALUE_CHARACTERS) for row in rows)


def _static_rows(static: Static) -> tuple[str, ...]:
    first = f"{shorten(static_name(static), NAME_CHARACTERS)} · {static.size:,} B"
    return (first, shorten(static.value, VALUE_CHARACTERS)) if static.value is not None else (first,)


def _rows(*parts: str) -> str:
    return "<br/>".join(label(part) for part in parts if part)


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
