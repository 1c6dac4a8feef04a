"""A snippet's source with what each line did: rows for a page, or a plain listing."""

from __future__ import annotations

from dataclasses import dataclass

from heapledger.model import Ledger, Profile
from heapledger.render.facts import chips
from heapledger.render.stable import stable_view
from heapledger.source.snippet import Snippet
from heapledger.verify.compare import events_by_line

MERGED = "lines merged by the optimizer"
NO_LINE = "no line of the program"
TIMED = "by the runtime, or on a line that timing decides"
END = "end of main"
FACT_COLUMN = 52
"""Column where facts begin in a plain listing, unless the line is longer."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a listing."""

    number: int | None
    """Line of the snippet's source, or None for a row that is not code."""
    text: str
    facts: tuple[tuple[str, str], ...]
    """(kind, text) of what the line did; kinds are ``alloc``, ``realloc``, ``free``, ``more``, ``memory``."""
    hidden: bool = False
    """A hidden declaration."""


def rows(snippet: Snippet, ledger: Ledger | None, *, hidden: bool = False) -> tuple[Row, ...]:
    """Return the rows of a snippet.

    :param hidden: whether hidden declarations are among them.
    """
    groups = events_by_line(stable_view(ledger)) if ledger is not None else {}
    found = [
        Row(
            number,
            text.expandtabs(4),
            chips(groups.get(number, [])) + _stops(snippet, number),
            number in snippet.hidden,
        )
        for number, text in enumerate(snippet.code, start=1)
        if hidden or number not in snippet.hidden or groups.get(number)
    ]
    at_end = groups.get(len(snippet.lines) + 1, [])
    if at_end:
        found.append(Row(None, END, chips(at_end)))
    lost = groups.get(None, [])
    if lost and ledger is not None:
        label = NO_LINE if ledger.profile is Profile.DEBUG else MERGED
        found.append(Row(None, TIMED if ledger.threads > 1 else label, chips(lost)))
    return tuple(_trimmed(found))


def _stops(snippet: Snippet, line: int) -> tuple[tuple[str, str], ...]:
    """Say that memory is shown as it is after a line."""
    return (("memory", "memory"),) if any(marker.line == line for marker in snippet.memory) else ()


def plain(listing: tuple[Row, ...]) -> str:
    """Write rows as code with facts in comments, for outputs without a second column."""
    lines = []
    for row in listing:
        facts = ", ".join(text for _, text in row.facts)
        if row.number is None:
            lines.append(f"// {row.text}: {facts}")
        elif facts:
            lines.append(f"{row.text.ljust(FACT_COLUMN)}  // {facts}")
        else:
            lines.append(row.text)
    return "\n".join(lines)


def _trimmed(found: list[Row]) -> list[Row]:
    """Drop blank rows that hiding left at the start."""
    while found and not found[0].text.strip() and not found[0].facts:
        found.pop(0)
    return found
