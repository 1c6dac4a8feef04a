"""Measured events in the few words that stand beside a line."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from heapledger.model import Event, EventKind, Ledger, Totals
from heapledger.render.stable import stable_view
from heapledger.verify.events import describe

MAX_CHIPS = 6
"""Most facts beside one line; the table of events has them all."""


def bytes_text(count: int) -> str:
    """Write a number of bytes with its unit."""
    return f"{count:,} byte" if count == 1 else f"{count:,} bytes"


def count_text(count: int, noun: str) -> str:
    """Write a number of things: ``1 allocation``, ``4 reallocations``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def chips(events: Sequence[Event]) -> tuple[tuple[str, str], ...]:
    """Return (kind, text) of what a line did, in order: chains of reallocations and equal neighbours folded.

    Kinds: ``alloc``, ``realloc``, ``free``, ``more``.
    """
    found: list[tuple[str, str, int]] = []
    for event in events:
        if event.kind is EventKind.REALLOC:
            old = 0 if isinstance(event.old_size, msgspec.UnsetType) else event.old_size
            if found and found[-1][0] == "realloc" and found[-1][1].rsplit(" ", 1)[-1] == str(old):
                found[-1] = ("realloc", f"{found[-1][1]} → {event.size}", 1)
                continue
            kind, text = "realloc", f"{old} → {event.size}"
        elif event.kind is EventKind.DEALLOC:
            kind, text = "free", f"− {event.size}"
        else:
            zeroed = " zeroed" if event.kind is EventKind.ALLOC_ZEROED else ""
            failed = " failed" if event.failed else ""
            kind, text = "alloc", f"+ {event.size}{zeroed}{failed}"
        if found and found[-1][0] == kind and found[-1][1] == text and kind != "realloc":
            found[-1] = (kind, text, found[-1][2] + 1)
        else:
            found.append((kind, text, 1))
    shown = [(kind, f"{text} B" if times == 1 else f"{text} B ×{times}") for kind, text, times in found[:MAX_CHIPS]]
    if len(found) > MAX_CHIPS:
        shown.append(("more", f"{len(found) - MAX_CHIPS} more"))
    return tuple(shown)


def totals_text(totals: Totals, timed: Collection[str] = ()) -> str:
    """Write totals in one line.

    :param timed: metrics that differ between runs, which are named instead of written.
    """
    end = "all freed" if totals.live == 0 else f"{bytes_text(totals.live)} still live at the end"
    if totals.live < 0:
        end = f"{bytes_text(-totals.live)} more freed than allocated"
    if totals.allocs == totals.reallocs == totals.frees == 0:
        return "no call of the allocator"
    parts = {
        "allocs": f"{count_text(totals.allocs, 'allocation')} ({bytes_text(totals.bytes)})",
        "reallocs": count_text(totals.reallocs, "reallocation"),
        "frees": count_text(totals.frees, "free"),
        "peak": f"peak {bytes_text(totals.peak)}",
        "live": end,
    }
    unsaid = {"allocs" if metric == "bytes" else metric for metric in timed}
    return " · ".join(_TIMED[metric] if metric in unsaid else text for metric, text in parts.items())


_TIMED = {
    "allocs": "allocations differ from run to run",
    "reallocs": "reallocations differ from run to run",
    "frees": "frees depend on timing",
    "peak": "peak depends on timing",
    "live": "live bytes at the end depend on timing",
}


def ledger_text(ledger: Ledger, *, ranges_seen: bool = True) -> str:
    """Write what a ledger says in one line, unkept events included.

    :param ranges_seen: whether metrics that differ between runs are written with the range that was seen, which is
        another one on another day; pages name the metrics alone.
    """
    if ledger.totals is None:
        return "run untraced: no counts"
    text = totals_text(ledger.totals, () if ranges_seen else ledger.unstable)
    if ledger.unstable and ranges_seen:
        ranges = ", ".join(
            f"{metric} ({least:,} in every run seen)" if least == most else f"{metric} ({least:,} to {most:,})"
            for metric, (least, most) in sorted(ledger.unstable.items())
        )
        text += f" · not promised: {ranges}"
    if ledger.events_left_out:
        text += f" · {ledger.events_left_out:,} more events were counted, not kept in detail"
    return text


def same_events(first: Ledger, second: Ledger) -> bool:
    """Whether two profiles show the same: totals, events and lines, exit and output."""
    first, second = stable_view(first), stable_view(second)
    if (first.traced, first.unstable.keys()) != (second.traced, second.unstable.keys()):
        return False
    if ledger_text(first, ranges_seen=False) != ledger_text(second, ranges_seen=False):
        return False
    if (first.stdout, first.exit.kind, first.exit.code) != (second.stdout, second.exit.kind, second.exit.code):
        return False
    return [(e.line, describe(e), e.align) for e in first.events] == [
        (e.line, describe(e), e.align) for e in second.events
    ]
