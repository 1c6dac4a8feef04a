"""A snapshot in words and cells, before it becomes a picture, a table or text in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from heapledger.model_snapshot import (
    NOT_TRACED,
    Block,
    BlockState,
    Frame,
    Pointer,
    Snapshot,
    Static,
    Variable,
    VariableState,
)
from heapledger.render.facts import bytes_text, count_text
from heapledger.source.options import Options

STATES = {
    VariableState.MOVED: "moved",
    VariableState.MAYBE_MOVED: "maybe moved",
    VariableState.UNINITIALISED: "not initialised",
    VariableState.OPTIMIZED_OUT: "no place in memory",
}
LEAKED = "LEAKED: nothing reaches it"
_COUNTING = frozenset({"cap", "len", "capacity", "strong", "weak", "head", "borrow", "lock", "length", "concrete type"})
"""Fields that say more about a variable than its value, which its block shows."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One pointer between two cells."""

    start: str
    end: str
    owns: bool
    offset: int
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What of a snapshot is shown."""

    snapshot: Snapshot
    frames: tuple[Frame, ...]
    """Outermost first, with the variables to show."""
    blocks: tuple[Block, ...]
    statics: tuple[Static, ...]
    arrows: tuple[Arrow, ...]
    left_out: tuple[str, ...]
    """What is not shown, in sentences."""


def variable_key(frame: int, variable: int) -> str:
    """Name the cell of a variable."""
    return f"v{frame}_{variable}"


def view_of(snapshot: Snapshot, options: Options) -> View:
    """Choose frames, variables, blocks and statics by a snippet's options."""
    frames = tuple(_chosen(frame, options) for frame in reversed(snapshot.frames) if _is_shown(frame, options))
    everything = not options.variables and not options.frames
    reached = _reached(snapshot, frames)
    blocks = tuple(
        block
        for block in snapshot.blocks
        if everything or block.state is BlockState.LEAKED or f"b{block.block}" in reached
    )
    statics = tuple(
        static
        for static in snapshot.statics
        if f"s{static.id}" in reached or (everything and static.symbol is not None)
    )
    keys = {variable_key(frame.id, variable.id) for frame in frames for variable in frame.variables}
    keys |= {f"b{block.block}" for block in blocks} | {f"s{static.id}" for static in statics}
    arrows = tuple(arrow for arrow in _arrows(frames, blocks, statics) if arrow.end in keys)
    return View(
        snapshot=snapshot,
        frames=frames,
        blocks=blocks,
        statics=statics,
        arrows=arrows,
        left_out=tuple(_left_out(snapshot, frames, blocks)),
    )


def _is_shown(frame: Frame, options: Options) -> bool:
    if not options.frames:
        return bool(frame.variables) or frame.id == 0
    return any(frame.function == name or frame.function.endswith(f"::{name}") for name in options.frames)


def _chosen(frame: Frame, options: Options) -> Frame:
    wanted = {name for name in options.variables if not name.startswith("!")}
    hidden = {name.removeprefix("!") for name in options.variables if name.startswith("!")}
    variables = tuple(one for one in frame.variables if (not wanted or one.name in wanted) and one.name not in hidden)
    return msgspec.structs.replace(frame, variables=variables)


def _reached(snapshot: Snapshot, frames: Sequence[Frame]) -> set[str]:
    pointers = {f"b{block.block}": block.points_to for block in snapshot.blocks}
    pointers |= {f"s{static.id}": static.points_to for static in snapshot.statics}
    found: set[str] = set()
    pending = [point for frame in frames for variable in frame.variables for point in variable.points_to]
    while pending:
        end = target_key(pending.pop())
        if end is not None and end not in found:
            found.add(end)
            pending += pointers.get(end, ())
    return found


def target_key(pointer: Pointer) -> str | None:
    """Name the cell that a pointer leads to, or None where it has none."""
    if isinstance(pointer.block, int):
        return f"b{pointer.block}"
    if isinstance(pointer.static, int):
        return f"s{pointer.static}"
    if isinstance(pointer.frame, int) and isinstance(pointer.variable, int):
        return variable_key(pointer.frame, pointer.variable)
    return None


def _arrows(frames: Sequence[Frame], blocks: Sequence[Block], statics: Sequence[Static]) -> Iterator[Arrow]:
    cells: list[tuple[str, tuple[Pointer, ...]]] = [
        (variable_key(frame.id, variable.id), variable.points_to) for frame in frames for variable in frame.variables
    ]
    cells += [(f"b{block.block}", block.points_to) for block in blocks]
    cells += [(f"s{static.id}", static.points_to) for static in statics]
    for start, pointers in cells:
        seen: set[tuple[str, bool, int]] = set()
        for pointer in pointers:
            end = target_key(pointer)
            if end is not None and (end, pointer.owns, pointer.offset) not in seen:
                seen.add((end, pointer.owns, pointer.offset))
                yield Arrow(start, end, pointer.owns, pointer.offset, pointer.field)


def _left_out(snapshot: Snapshot, frames: Sequence[Frame], blocks: Sequence[Block]) -> Iterator[str]:
    missing = snapshot.blocks_left_out + len(snapshot.blocks) - len(blocks)
    if missing:
        yield f"{count_text(missing, 'more block')} {'is' if missing == 1 else 'are'} live and not shown."
    outer = snapshot.frames_left_out + len(snapshot.frames) - len(frames)
    if outer > 0 and snapshot.frames_left_out:
        yield f"{count_text(outer, 'frame')} not shown."


def block_name(block: Block) -> str:
    """Number and size of a block."""
    return f"block {block.block} · {bytes_text(block.size)}"


def static_name(static: Static) -> str:
    """Name and place of a static."""
    return f"{static.symbol} · {static.section}" if static.symbol else f"literal · {static.section}"


def blocks_owned_by(static: Static, view: View) -> list[str]:
    """Numbers of the blocks that a static owns, each once."""
    ends = (one.end for one in view.arrows if one.owns and one.start == f"s{static.id}")
    return list(dict.fromkeys(end[1:] for end in ends if end.startswith("b")))


def variable_detail(variable: Variable) -> str:
    """What a variable holds, in a few words."""
    if variable.state is not VariableState.LIVE:
        return variable.value or STATES[variable.state]
    counts = [(field.name, field.value) for field in variable.fields if field.name in _COUNTING]
    if counts:
        return ", ".join(f"{name} {value}" for name, value in counts)
    loose = [f"{one.field}: {one.unknown}" for one in variable.points_to if isinstance(one.unknown, str)]
    if loose and variable.value in {None, "null"} | {one.unknown for one in variable.points_to}:
        return loose[0].partition(": ")[2]
    return variable.value or ""


def block_detail(block: Block) -> tuple[str, ...]:
    """What a block holds, where it was born, whether it is leaked."""
    born = f"from line {block.line}" if block.line is not None else "from no line of the snippet"
    leaked = [LEAKED] if block.state is BlockState.LEAKED else []
    value = [block.value] if block.value is not None else []
    return (*value, block_elements(block), f"{born}, align {block.align}", *leaked)


def block_elements(block: Block) -> str:
    """What a block is made of: type and number of its elements, and its spare room."""
    if block.type is not None and block.len is not None and block.spare is not None:
        many = block.len != 1 or block.spare
        text = f"{block.type} × {block.len:,}" if many else block.type
        if block.type == "str":
            text = f"{bytes_text(block.len)} of text"
        return f"{text}, {block.spare:,} spare" if block.spare else text
    return block.type or ("not typed" if block.state is BlockState.LEAKED else "no variable here leads to it")


def title_of(snapshot: Snapshot) -> str:
    """Say when the snapshot was taken."""
    caption = f": {snapshot.caption}" if snapshot.caption else ""
    time = f", time {snapshot.hit:,}" if snapshot.hit > 1 else ""
    return f"Memory at line {snapshot.line}{time}{caption}"


def heap_title(view: View) -> str:
    """Count what is on the heap, shown or not."""
    snapshot = view.snapshot
    if not snapshot.blocks:
        return "heap · not traced" if _untraced(view) else "heap · no blocks"
    total = sum(block.size for block in snapshot.blocks)
    if snapshot.blocks_left_out:
        return f"heap · {count_text(len(snapshot.blocks) + snapshot.blocks_left_out, 'block')}"
    return f"heap · {count_text(len(snapshot.blocks), 'block')}, {bytes_text(total)}"


def _untraced(view: View) -> bool:
    variables = (one for frame in view.snapshot.frames for one in frame.variables)
    return any(pointer.unknown == NOT_TRACED for one in variables for pointer in one.points_to)


def target_text(pointer: Pointer, view: View) -> str:
    """Name in words where a pointer leads."""
    at = f" + {pointer.offset}" if pointer.offset else ""
    if isinstance(pointer.block, int):
        return f"block {pointer.block}{at}"
    if isinstance(pointer.static, int):
        static = next((one for one in view.snapshot.statics if one.id == pointer.static), None)
        name = static_name(static) if static is not None else "a static"
        return f"{name}{at}"
    if isinstance(pointer.frame, int):
        frame = next((one for one in view.snapshot.frames if one.id == pointer.frame), None)
        variables = frame.variables if frame is not None else ()
        variable = next((one for one in variables if one.id == pointer.variable), None)
        return f"{variable.name if variable is not None else 'a variable'}{at}"
    return str(pointer.unknown)


def describe(view: View) -> str:
    """Say in a sentence or two what the picture shows."""
    parts = []
    for frame in view.frames:
        held = [_held(variable, view) for variable in frame.variables]
        shown = "; ".join(held[:MAX_NAMED])
        more = f"; and {count_text(len(held) - MAX_NAMED, 'more variable')}" if len(held) > MAX_NAMED else ""
        parts.append(f"{frame.function} has {shown}{more}." if held else f"{frame.function} has no variables.")
    for static in view.statics:
        owned = blocks_owned_by(static, view)
        if owned:
            parts.append(f"{static_name(static)} owns {', '.join(f'block {number}' for number in owned)}.")
    leaked = [block for block in view.blocks if block.state is BlockState.LEAKED]
    heap = heap_title(view).partition(" · ")[2]
    empty = "The program brings its own allocator: its heap was not traced."
    empty = empty if _untraced(view) else "The heap has no blocks of the program."
    parts.append(f"On the heap: {heap}." if view.snapshot.blocks else empty)
    parts += [f"Block {block.block} is leaked: nothing reaches it." for block in leaked[:MAX_NAMED]]
    return " ".join(parts)


MAX_NAMED = 4
"""Most variables of a frame that the sentence names."""


def _held(variable: Variable, view: View) -> str:
    name = f"{variable.name} ({variable.type}, {bytes_text(variable.size)})"
    if variable.state is not VariableState.LIVE:
        return f"{name}, {variable_detail(variable)}"
    owned = [target_text(one, view) for one in variable.points_to if one.owns]
    borrowed = [
        target_text(one, view) for one in variable.points_to if not one.owns and not isinstance(one.unknown, str)
    ]
    if owned:
        return f"{name}, which owns {', '.join(owned[:3])}"
    if borrowed:
        return f"{name}, which points to {', '.join(borrowed[:3])}"
    return name


def table_rows(view: View) -> tuple[tuple[str, ...], ...]:
    """Return everything shown as rows: place, name, type, bytes, value, points to."""
    rows = []
    for frame in view.frames:
        for variable in frame.variables:
            state = "" if variable.state is VariableState.LIVE else variable_detail(variable)
            name = f"{variable.name} (shadowed)" if variable.shadowed else variable.name
            value = " · ".join(part for part in (state, variable_detail(variable) if not state else "") if part)
            rows.append(
                (frame.function, name, variable.type, f"{variable.size:,}", value, _targets(variable.points_to, view))
            )
    for block in view.blocks:
        value, *rest = block_detail(block)
        detail = " · ".join([value, *rest])
        rows.append(
            (
                "heap",
                f"block {block.block}",
                block.type or "?",
                f"{block.size:,}",
                detail,
                _targets(block.points_to, view),
            )
        )
    rows += [
        (
            static.section,
            static.symbol or "literal",
            static.type or "",
            f"{static.size:,}",
            static.value or "",
            _targets(static.points_to, view),
        )
        for static in view.statics
    ]
    return tuple(rows)


def _targets(pointers: Sequence[Pointer], view: View) -> str:
    words = [f"{'owns' if one.owns else 'points to'} {target_text(one, view)}" for one in pointers[:MAX_NAMED]]
    more = [f"{len(pointers) - MAX_NAMED} more"] if len(pointers) > MAX_NAMED else []
    return ", ".join([*words, *more])
