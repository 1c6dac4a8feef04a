"""What was counted beyond the events kept in detail, sorted into main and the rest."""

from __future__ import annotations

from dataclasses import dataclass

from heapledger.measure.attribute import Attributor
from heapledger.measure.trace import Counters, Overflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """Totals of the calls without detail."""

    inside_calls: int = 0
    allocs: int = 0
    reallocs: int = 0
    frees: int = 0
    bytes: int = 0
    live_change: int = 0
    peak: int = 0
    """Most bytes live in the whole process at one of these calls."""
    outside_allocs: int = 0
    outside_bytes: int = 0


def count_beyond(overflow: Overflow | None, attributor: Attributor) -> Beyond:
    """Add up what belongs to the region: calls under ``lang_start``'s closure, and those of other threads.

    The tracer counted by how many of the main thread's outermost frames were still on the stack; the first of them
    that is the closure's tells from which number on a call was inside main.
    """
    if overflow is None:
        return Beyond()
    starts = [
        index for index, address in enumerate(overflow.addresses) if address and attributor.under_main((address,))
    ]
    threshold = starts[0] + 1 if starts else len(overflow.by_held)
    inside = [counters for held, counters in enumerate(overflow.by_held) if held >= threshold]
    inside.append(overflow.other_threads)
    outside = [counters for held, counters in enumerate(overflow.by_held) if held < threshold]
    return Beyond(
        inside_calls=_sum(inside, "calls"),
        allocs=_sum(inside, "allocs"),
        reallocs=_sum(inside, "reallocs"),
        frees=_sum(inside, "frees"),
        bytes=_sum(inside, "bytes"),
        live_change=_sum(inside, "live_change"),
        peak=max(counters.max_live for counters in inside),
        outside_allocs=_sum(outside, "allocs"),
        outside_bytes=_sum(outside, "bytes"),
    )


def _sum(counters: list[Counters], name: str) -> int:
    return sum(int(getattr(one, name)) for one in counters)
