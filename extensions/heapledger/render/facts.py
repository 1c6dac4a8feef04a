"""Measured numbers in words: totals of a run, counts with their units."""

from __future__ import annotations

from collections.abc import Collection

from heapledger.messages import _, counted
from heapledger.model import Ledger, Totals
from heapledger.render.stable import stable_view
from heapledger.verify.events import describe


def bytes_text(count: int) -> str:
    """Write a number of bytes with its unit."""
    return counted("%s byte", "%s bytes", count)


def count_text(count: int, noun: str) -> str:
    """Write a number of ``allocation``, ``reallocation``, ``free`` …: ``1 allocation``, ``4 reallocations``."""
    known = {
        "allocation": counted("%s allocation", "%s allocations", count),
        "reallocation": counted("%s reallocation", "%s reallocations", count),
        "free": counted("%s free", "%s frees", count),
        "program": counted("%s program", "%s programs", count),
        "run": counted("%s run", "%s runs", count),
        "claim": counted("%s claim", "%s claims", count),
    }
    return known.get(noun) or (f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s")


Part = tuple[str, str]
"""A part of a line: what it is (``peak``, ``by``, or empty) and its text."""


def totals_parts(totals: Totals, timed: Collection[str] = ()) -> tuple[Part, ...]:
    """Write totals in the parts of one line; kinds of calls that never came are left out.

    :param timed: metrics that differ between runs, which are named instead of written.
    """
    if totals.allocs == totals.reallocs == totals.frees == 0:
        return (("", _("no call of the allocator")),)
    end = _("all freed") if totals.live == 0 else _("%s still live at the end") % bytes_text(totals.live)
    if totals.live < 0:
        end = _("%s more freed than allocated") % bytes_text(-totals.live)
    parts = {
        "allocs": f"{count_text(totals.allocs, 'allocation')} ({bytes_text(totals.bytes)})",
        "reallocs": count_text(totals.reallocs, "reallocation") if totals.reallocs else "",
        "frees": count_text(totals.frees, "free") if totals.frees else "",
        "peak": _("peak %s") % bytes_text(totals.peak),
        "live": end,
    }
    unsaid = {"allocs" if metric == "bytes" else metric for metric in timed}
    said = {metric: _timed(metric) if metric in unsaid else text for metric, text in parts.items()}
    return tuple(("peak" if metric == "peak" else "", text) for metric, text in said.items() if text)


def _timed(metric: str) -> str:
    return {
        "allocs": _("allocations differ from run to run"),
        "reallocs": _("reallocations differ from run to run"),
        "frees": _("frees depend on timing"),
        "peak": _("peak depends on timing"),
        "live": _("live bytes at the end depend on timing"),
    }[metric]


def ledger_parts(ledger: Ledger, *, ranges_seen: bool = True) -> tuple[Part, ...]:
    """Write what a ledger says in the parts of one line, unkept events included.

    :param ranges_seen: whether metrics that differ between runs are written with the range that was seen, which is
        another one on another day; pages name the metrics alone.
    """
    if ledger.totals is None:
        return (("", _("run untraced: no counts")),)
    parts = [*totals_parts(ledger.totals, () if ranges_seen else ledger.unstable)]
    if ledger.unstable and ranges_seen:
        ranges = ", ".join(
            _("%(metric)s (%(value)s in every run seen)") % {"metric": metric, "value": f"{least:,}"}
            if least == most
            else _("%(metric)s (%(least)s to %(most)s)")
            % {"metric": metric, "least": f"{least:,}", "most": f"{most:,}"}
            for metric, (least, most) in sorted(ledger.unstable.items())
        )
        parts.append(("", _("not promised: %s") % ranges))
    if ledger.events_left_out:
        parts.append(("", _("%s more events were counted, not kept in detail") % f"{ledger.events_left_out:,}"))
    return tuple(parts)


def ledger_text(ledger: Ledger, *, ranges_seen: bool = True) -> str:
    """Write what a ledger says in one line."""
    return " · ".join(text for _kind, text in ledger_parts(ledger, ranges_seen=ranges_seen))


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
