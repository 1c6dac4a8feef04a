"""A snapshot as a ``block`` diagram: a column for each stack frame, then the heap with the statics under it.

A block that another block owns stands one column further right, so that arrows run from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heapledger.model_snapshot import Frame, Snapshot
from heapledger.render.memory import (
    View,
    block_detail,
    describe,
    table_rows,
    target_text,
    title_of,
    variable_detail,
    variable_key,
    view_of,
)
from heapledger.render.mermaid.diagram import Diagram, Table
from heapledger.render.mermaid.memory_source import MAX_CELLS, memory_source
from heapledger.source.options import Options

MAX_FRAMES = 3
"""Columns of frames; the innermost ones and the outermost one are drawn."""
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
        count = f"Step {number} of {len(snapshots)} · " if len(snapshots) > 1 else ""
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
        source=memory_source(view, frames, change.of),
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
