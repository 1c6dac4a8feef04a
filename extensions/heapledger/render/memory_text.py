"""A memory diagram in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heapledger.model_snapshot import Pointer, Snapshot, SnapshotSet, Variable
from heapledger.render.memory import (
    View,
    block_detail,
    block_name,
    heap_title,
    static_name,
    target_text,
    title_of,
    variable_detail,
    view_of,
)
from heapledger.source.options import Options
from heapledger.verify.report import printable

OWNS, BORROWS = "━━▶", "┄┄▶"
MAX_TARGETS = 3

Piece = tuple[str, str]
"""Text and a style, as in ``render/terminal.py``."""


def memory_lines(taken: SnapshotSet, options: Options) -> list[list[Piece]]:
    """Return the lines of all snapshots of a snippet."""
    lines: list[list[Piece]] = []
    for number, snapshot in enumerate(taken.snapshots, start=1):
        count = f"Step {number} of {len(taken.snapshots)} · " if len(taken.snapshots) > 1 else ""
        lines += _snapshot_lines(snapshot, options, count)
    if taken.missing:
        lines.append([(f"no memory snapshots: {taken.missing}", "bad")])
    return lines


def _snapshot_lines(snapshot: Snapshot, options: Options, count: str) -> list[list[Piece]]:
    view = view_of(snapshot, options)
    lines: list[list[Piece]] = [[(printable(f"{count}{title_of(snapshot)}"), "good")]]
    for frame in view.frames:
        where = f", line {frame.line}" if frame.line is not None else ""
        lines.append([("stack · ", "soft"), (printable(f"{frame.function}{where}"), "plain")])
        lines += _columns([_variable_cells(variable, view) for variable in frame.variables])
        if not frame.variables:
            lines.append([("  no variables", "soft")])
    lines.append([(heap_title(view), "soft")])
    lines += _columns(
        [
            (f"{block_name(block)}", " · ".join(block_detail(block)), _targets(block.points_to, view))
            for block in view.blocks
        ]
    )
    if view.statics:
        lines.append([("statics", "soft")])
        lines += _columns(
            [
                (static_name(static), f"{static.size:,} B", static.value or "", _targets(static.points_to, view))
                for static in view.statics
            ]
        )
    lines += [[(sentence, "soft")] for sentence in view.left_out]
    return [*lines, []]


def _variable_cells(variable: Variable, view: View) -> tuple[str, ...]:
    name = f"{variable.name}: {variable.type}" + (" (shadowed)" if variable.shadowed else "")
    return (name, f"{variable.size:,} B", variable_detail(variable), _targets(variable.points_to, view))


def _targets(pointers: Sequence[Pointer], view: View) -> str:
    shown = [
        f"{OWNS if pointer.owns else BORROWS} {target_text(pointer, view)}"
        if not isinstance(pointer.unknown, str)
        else f"{BORROWS} {pointer.unknown}"
        for pointer in pointers[:MAX_TARGETS]
    ]
    more = [f"{len(pointers) - MAX_TARGETS} more"] if len(pointers) > MAX_TARGETS else []
    return "  ".join([*shown, *more])


def _columns(rows: list[tuple[str, ...]]) -> Iterator[list[Piece]]:
    """Line cells up, as far as a line of a terminal goes."""
    if not rows:
        return
    widths = [min(36, max(len(row[index]) for row in rows)) for index in range(len(rows[0]))]
    for row in rows:
        cells = [printable(cell).ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield [("  " + "  ".join(cells).rstrip(), "plain")]
