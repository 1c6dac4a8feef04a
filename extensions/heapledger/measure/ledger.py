"""From a raw trace to the figures of a ledger, and from repeated runs to what is stable among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from heapledger.measure.attribute import MAIN_THREAD, Attributor
from heapledger.measure.overflow import Beyond, count_beyond
from heapledger.measure.region import Regions, split
from heapledger.measure.trace import RawEvent, RawTrace
from heapledger.model import Event, EventKind, Outside, OutsideTotals, Totals

_BORN = (EventKind.ALLOC, EventKind.ALLOC_ZEROED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The figures of one run."""

    totals: Totals
    events: tuple[Event, ...]
    events_left_out: int
    outside: Outside
    threads: int
    """Threads that called the allocator inside the region."""
    all_joined: bool
    """No thread was running any more when the process ended."""


def measure(trace: RawTrace, attributor: Attributor, source_line: Callable[[int], int | None]) -> Measured:
    """Turn a trace into figures.

    :param attributor: of the snippet in its binary; runs of one program share it, for their stacks are the same.
    :param source_line: line of the snippet's source for a line of the program.
    """
    regions = split(trace, attributor)
    blocks: dict[int, int] = {}
    threads: dict[int, int] = {MAIN_THREAD: MAIN_THREAD}
    events = []
    for seq, raw in enumerate(regions.inside):
        if raw.block is not None:
            blocks.setdefault(raw.block, len(blocks) + 1)
        threads.setdefault(raw.thread, len(threads) + 1)
        # Beyond a gap the innermost frame of the snippet may be one that was dropped: such a line would be a guess.
        where = attributor.attribute(raw.inner)
        line = source_line(where.line) if where.line is not None else None
        events.append(
            Event(
                seq=seq,
                kind=EventKind(raw.kind),
                size=raw.size,
                old_size=msgspec.UNSET if raw.old_size is None else raw.old_size,
                align=raw.align,
                block=None if raw.block is None else blocks[raw.block],
                line=line,
                thread=threads[raw.thread],
                runtime=raw.thread != MAIN_THREAD and not where.in_snippet and not raw.truncated,
                failed=raw.failed,
                path=where.path,
            )
        )
    beyond = count_beyond(trace.overflow, attributor)
    return Measured(
        totals=_totals(regions, beyond),
        events=tuple(events),
        events_left_out=beyond.inside_calls,
        outside=Outside(
            startup=_outside(regions.startup),
            shutdown=_outside(regions.shutdown, beyond.outside_allocs, beyond.outside_bytes),
        ),
        threads=len({event.thread for event in regions.inside}) if regions.inside else 1,
        all_joined=not trace.grace_expired,
    )


def ranges(runs: list[Measured]) -> dict[str, tuple[int, int]]:
    """Return least and most of every metric that section 4.10 does not promise for these runs.

    Frees and live bytes are stable when every thread was joined, the peak when one thread ran; the rest always. What
    differs between runs of any program is a range too: it reads the time, an address or a random number.
    """
    unpromised = set()
    if any(run.threads > 1 for run in runs):
        unpromised.add("peak")
    if not all(run.all_joined for run in runs):
        unpromised |= {"frees", "live"}
    found = {}
    for metric in ("allocs", "reallocs", "frees", "bytes", "peak", "live"):
        values = [int(getattr(run.totals, metric)) for run in runs]
        if metric in unpromised or min(values) != max(values):
            found[metric] = (min(values), max(values))
    return found


def _totals(regions: Regions, beyond: Beyond) -> Totals:
    allocs = reallocs = frees = asked = live = peak = 0
    before = {event.block for event in regions.startup}
    for event in regions.inside:
        if event.kind in _BORN:
            allocs += 1
            asked += event.size
        elif event.kind == EventKind.REALLOC:
            reallocs += 1
        else:
            frees += 1
        # A block of start-up is not of the region: freeing it (exit does) leaves the region's live bytes as they are.
        live += 0 if event.block in before and event.block is not None else _change(event)
        peak = max(peak, live)
    base = sum(_change(event) for event in regions.startup)
    return Totals(
        allocs=allocs + beyond.allocs,
        reallocs=reallocs + beyond.reallocs,
        frees=frees + beyond.frees,
        bytes=asked + beyond.bytes,
        peak=max(peak, beyond.peak - base),
        live=live + beyond.live_change,
    )


def _change(event: RawEvent) -> int:
    if event.failed:
        return 0
    if event.kind in _BORN:
        return event.size
    return event.size - (event.old_size or 0) if event.kind == EventKind.REALLOC else -event.size


def _outside(events: tuple[RawEvent, ...], more_allocs: int = 0, more_bytes: int = 0) -> OutsideTotals:
    born = [event for event in events if event.kind in _BORN]
    return OutsideTotals(allocs=len(born) + more_allocs, bytes=sum(event.size for event in born) + more_bytes)
