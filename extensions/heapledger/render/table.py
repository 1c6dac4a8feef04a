"""Cells of a measured table."""

from __future__ import annotations

from collections.abc import Sequence

from heapledger.messages import _
from heapledger.model import Event, EventKind, Ledger, Profile
from heapledger.outcome import SnippetOutcome
from heapledger.render.chips import chips
from heapledger.render.facts import count_text
from heapledger.verify.endings import describe_exit

MAX_EVENTS = 3
"""Most calls that a cell spells out."""


def cell_text(outcome: SnippetOutcome, column: str, line: int | None = None) -> str:
    """Return what a row shows in a column, empty where nothing was measured: a profile's calls, or a metric of both.

    :param line: the line of the program that the row is about; None for the whole program.
    """
    ledgers = {one.profile: one.ledger for one in outcome.profiles if one.ledger is not None}
    if column in set(Profile):
        ledger = ledgers.get(Profile(column))
        return "" if ledger is None else calls_text(ledger, line)
    found = [metric(ledger, column, line) for ledger in ledgers.values()]
    values = ["" if value is None else f"{value:,}" for value in found]
    return " / ".join(values if len(set(values)) > 1 else values[:1])


def metric(ledger: Ledger, name: str, line: int | None = None) -> int | None:
    """Return a count of a row: of its line where it has one, None where that cannot be told."""
    if ledger.totals is None:
        return None
    if line is None:
        return int(getattr(ledger.totals, name))
    events = _events_of(ledger, line)
    if events is None or name in {"peak", "live"}:
        return None
    kinds = {
        "allocs": (EventKind.ALLOC, EventKind.ALLOC_ZEROED),
        "bytes": (EventKind.ALLOC, EventKind.ALLOC_ZEROED),
        "reallocs": (EventKind.REALLOC,),
        "frees": (EventKind.DEALLOC,),
    }[name]
    chosen = [event for event in events if event.kind in kinds]
    return sum(event.size for event in chosen) if name == "bytes" else len(chosen)


def calls_text(ledger: Ledger, line: int | None = None) -> str:
    """Write what an expression asked of the allocator; frees are left out, every row frees what it still has."""
    if ledger.totals is None:
        return describe_exit(ledger.exit)
    events = ledger.events if line is None else _events_of(ledger, line)
    if events is None:
        return _("lines merged by the optimizer")
    asked = [event for event in events if event.kind is not EventKind.DEALLOC]
    allocs, reallocs = metric(ledger, "allocs", line) or 0, metric(ledger, "reallocs", line) or 0
    if not asked and not allocs:
        return _("none")
    shown = chips(asked)
    if len(shown) > MAX_EVENTS or ledger.events_left_out:
        return _counts(asked, allocs, reallocs)
    return ", ".join(text for _, text in shown)


def _events_of(ledger: Ledger, line: int) -> list[Event] | None:
    """Events of one line; None where some are missing, or where the optimizer left calls that ask without a line."""
    lost = any(event.line is None and event.kind is not EventKind.DEALLOC for event in ledger.events)
    if lost or ledger.events_left_out:
        return None
    return [event for event in ledger.events if event.line == line]


def _counts(asked: Sequence[Event], allocs: int, reallocs: int) -> str:
    parts = [count_text(allocs, "allocation")] if allocs else []
    parts += [count_text(reallocs, "reallocation")] if reallocs else []
    return ", ".join(parts) or count_text(len(asked), "call")
