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


def cell_text(outcome: SnippetOutcome, column: str) -> str:
    """Return what a row shows in a column, empty where nothing was measured: a profile's calls, or a metric of both."""
    ledgers = {one.profile: one.ledger for one in outcome.profiles if one.ledger is not None}
    if column in set(Profile):
        ledger = ledgers.get(Profile(column))
        return "" if ledger is None else calls_text(ledger)
    values = [f"{getattr(one.totals, column):,}" for one in ledgers.values() if one.totals is not None]
    return " / ".join(values if len(set(values)) > 1 else values[:1])


def calls_text(ledger: Ledger) -> str:
    """Write what an expression asked of the allocator; frees are left out, every row frees what it still has."""
    if ledger.totals is None:
        return describe_exit(ledger.exit)
    asked = [event for event in ledger.events if event.kind is not EventKind.DEALLOC]
    if not asked and not ledger.totals.allocs:
        return _("none")
    shown = chips(asked)
    if len(shown) > MAX_EVENTS or ledger.events_left_out:
        return _counts(asked, ledger)
    return ", ".join(text for _, text in shown)


def _counts(asked: Sequence[Event], ledger: Ledger) -> str:
    totals = ledger.totals
    if totals is None:
        return ""
    parts = [count_text(totals.allocs, "allocation")] if totals.allocs else []
    parts += [count_text(totals.reallocs, "reallocation")] if totals.reallocs else []
    return ", ".join(parts) or count_text(len(asked), "call")
