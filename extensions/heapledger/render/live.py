"""How many bytes are live after each line, where that can be told."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from heapledger.model import Event, EventKind, Ledger
from heapledger.source.functions import OUTSIDE, functions_of_lines
from heapledger.source.program import Program


def live_after_lines(ledger: Ledger, program: Program) -> dict[int, int]:
    """Return bytes live after each line of the source, in the pass that its last event belongs to.

    A line without events takes the value of the line above it in the same function, if nothing happened elsewhere
    before the program came to the next line below that has events. Where this cannot be told the line is left out;
    so is everything where several threads or events that were not kept make the order uncertain.
    """
    if ledger.totals is None or ledger.threads > 1 or ledger.events_left_out or ledger.unstable:
        return {}
    after = _running(ledger.events)
    last = {event.line: index for index, event in enumerate(ledger.events) if event.line is not None}
    owners, main = functions_of_lines(program.text)

    def owner(line: int) -> int:
        row = program.program_line(line) - 1
        return owners[row] if row < len(owners) else OUTSIDE

    found: dict[int, int] = {}
    latest: dict[int, int] = {main: -1}
    for line in range(1, program.lines + 2):
        here = owner(line)
        if line in last:
            latest[here] = last[line]
            found[line] = after[last[line]]
        elif here != OUTSIDE and here in latest:
            index = latest[here]
            if _stays(ledger.events, index, line, here, owner):
                found[line] = 0 if index < 0 else after[index]
    return found


def _stays(events: tuple[Event, ...], index: int, line: int, here: int, owner: Callable[[int], int]) -> bool:
    """Whether the event after ``index`` comes from a line further down in the same function, or there is none."""
    if index + 1 >= len(events):
        return True
    following = events[index + 1].line
    return following is not None and following > line and owner(following) == here


def _running(events: tuple[Event, ...]) -> list[int]:
    """Add up; a block of before the region, which exit gives back, leaves the region's live bytes as they are."""
    live = 0
    after = []
    born = {event.block for event in events if event.kind in (EventKind.ALLOC, EventKind.ALLOC_ZEROED)}
    for event in events:
        if not event.failed and event.block in born:
            old = 0 if isinstance(event.old_size, msgspec.UnsetType) else event.old_size
            live += -event.size if event.kind is EventKind.DEALLOC else event.size - old
        after.append(live)
    return after
