"""A snippet's source with what each line did: rows for a page, or a plain listing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from heapledger.messages import _
from heapledger.model import Event, Ledger, Profile
from heapledger.render.chips import chips, spoken
from heapledger.render.live import live_after_lines
from heapledger.render.stable import stable_view
from heapledger.source.program import Program
from heapledger.source.snippet import Snippet
from heapledger.verify.compare import events_by_line

FACT_COLUMN = 52
"""Column where facts begin in a plain listing, unless the line is longer."""
COLUMNS = 82
"""Characters of code and facts together that are seen without scrolling in the usual column of text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a listing."""

    number: int | None
    """Line of the snippet's source, or None for a row that is not code."""
    text: str
    facts: tuple[tuple[str, str], ...]
    """(kind, text) of what the line did; kinds are ``alloc``, ``realloc``, ``free``, ``more``, ``memory``."""
    spoken: str
    """The facts in a sentence, or empty."""
    live: int | None
    """Bytes live after the line; None where that cannot be told."""
    hidden: bool
    """A hidden declaration that called nothing: folded away."""


def rows(snippet: Snippet, ledger: Ledger | None, program: Program | None, *, hidden: bool) -> tuple[Row, ...]:
    """Return the rows of a snippet.

    :param program: what was compiled; without it no row tells live bytes.
    :param hidden: whether hidden declarations are among them; those that called the allocator always are.
    """
    groups = events_by_line(stable_view(ledger)) if ledger is not None else {}
    live = live_after_lines(ledger, program) if ledger is not None and program is not None else {}
    stops = {marker.line for marker in snippet.memory}
    end = len(snippet.lines) + 1
    code = [text for number, text in enumerate(snippet.code, start=1) if number not in snippet.hidden]
    room = COLUMNS - max((len(text.expandtabs(4)) for text in code), default=0)
    found = []
    for number, text in enumerate(snippet.code, start=1):
        events = groups.get(number, [])
        folded = number in snippet.hidden and not events
        if hidden or not folded:
            row = _row(number, text.expandtabs(4), events, live.get(number), room, hidden=folded)
            found.append(_with_stop(row) if number in stops else row)
    if groups.get(end):
        found.append(_row(None, _("end of main"), groups[end], live.get(end), room))
    lost = groups.get(None, [])
    if lost and ledger is not None:
        found.append(_row(None, no_line(ledger), lost, None, room))
    return tuple(_trimmed(found))


def no_line(ledger: Ledger) -> str:
    """Say why calls have no line."""
    if ledger.threads > 1:
        return _("by the runtime, or on a line that timing decides")
    if ledger.profile is Profile.DEBUG:
        return _("no line of the program")
    return _("lines merged by the optimizer")


def shown_rows(listing: Iterable[Row]) -> list[Row]:
    """Return what stands where nothing folds: no hidden rows, and no blank ones that they leave at the start."""
    shown = [row for row in listing if not row.hidden]
    while shown and not shown[0].text.strip() and not shown[0].facts:
        shown.pop(0)
    return shown


def plain(listing: tuple[Row, ...]) -> str:
    """Write rows as code with facts in a column of comments, for outputs without a second column."""
    lines = []
    for row in shown_rows(listing):
        facts = ", ".join(text for _kind, text in row.facts)
        if row.number is None:
            lines.append(f"// {row.text}: {facts}")
        elif facts:
            lines.append(f"{row.text.ljust(FACT_COLUMN)}  // {facts}")
        else:
            lines.append(row.text)
    return "\n".join(lines)


def _row(
    number: int | None, text: str, events: list[Event], live: int | None, room: int, *, hidden: bool = False
) -> Row:
    said = spoken(events) if events else ""
    return Row(number=number, text=text, facts=chips(events, room), spoken=said, live=live, hidden=hidden)


def _with_stop(row: Row) -> Row:
    """Say that memory is shown as it is after the line."""
    said = ", ".join(part for part in (row.spoken, _("memory is shown below")) if part)
    return replace(row, facts=(*row.facts, ("memory", _("memory"))), spoken=said, hidden=False)


def _trimmed(found: list[Row]) -> list[Row]:
    """Drop blank rows that hiding left at the start."""
    while found and not found[0].text.strip() and not found[0].facts and not found[0].hidden:
        found.pop(0)
    return found
