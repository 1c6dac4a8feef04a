"""The timeline: what the program asked of the allocator, call by call, as a sequence diagram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heapledger.model import Event, EventKind, Ledger
from heapledger.render.facts import bytes_text, count_text
from heapledger.render.mermaid.diagram import Diagram, Table
from heapledger.render.mermaid.history import (
    CODE_CHARACTERS,
    TABLE_CHARACTERS,
    Origin,
    live_bytes,
    old_size,
    origin,
    thread_name,
)
from heapledger.render.mermaid.text import label
from heapledger.source.snippet import Snippet

DEFAULT_ITEMS = 24
MAX_ROWS = 200
"""Most rows of the table under the picture."""
MAX_PERIOD = 4
"""Longest pattern of calls that is recognised as a loop."""
MIN_SAVED = 4
"""Fewest arrows that drawing a loop must save."""


@dataclass(frozen=True, slots=True)
class Step:
    """One or several calls that repeat."""

    events: tuple[Event, ...]
    """The calls of the first round."""
    times: int
    """Rounds; 1 for calls that do not repeat."""
    calls: int
    """Calls of all rounds."""


def timeline_diagram(snippet: Snippet, ledger: Ledger, *, limit: int) -> Diagram:
    """Draw the calls of a ledger with at least one event.

    :param limit: most arrows; equal rounds of a loop count once.
    """
    steps = fold(ledger.events)
    drawn = _first(steps, limit)
    title = "Calls of the allocator"
    description = _describe(ledger)
    return Diagram(
        kind="timeline",
        title=title,
        description=description,
        source=_source(snippet, ledger, drawn, title, description),
        table=_table(snippet, ledger),
        left_out=_left_out(ledger, drawn),
    )


def fold(events: Sequence[Event]) -> list[Step]:
    """Find calls that repeat in rounds of up to four, such as ``alloc 24, free 24`` of a loop."""
    marks = [(event.kind, event.size, old_size(event), event.line, event.thread, event.failed) for event in events]
    steps: list[Step] = []
    start = 0
    while start < len(events):
        period, times = _rounds(marks, start)
        steps.append(Step(tuple(events[start : start + period]), times, period * times))
        start += period * times
    return steps


def _rounds(marks: Sequence[object], start: int) -> tuple[int, int]:
    """Return the pattern at a place that covers most calls, as (period, rounds)."""
    best = (1, 1)
    for period in range(1, MAX_PERIOD + 1):
        pattern = marks[start : start + period]
        times = 1
        while marks[start + times * period : start + (times + 1) * period] == pattern:
            times += 1
        if period * (times - 1) >= MIN_SAVED and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def _first(steps: Sequence[Step], limit: int) -> list[Step]:
    drawn: list[Step] = []
    arrows = 0
    for step in steps:
        arrows += len(step.events)
        if arrows > limit and drawn:
            break
        drawn.append(step)
    return drawn


def _left_out(ledger: Ledger, drawn: Sequence[Step]) -> str:
    calls = len(ledger.events) + ledger.events_left_out
    shown = sum(step.calls for step in drawn)
    if shown == calls:
        return ""
    return f"The first {shown:,} of {count_text(calls, 'call')} are drawn; {calls - shown:,} are left out."


def _describe(ledger: Ledger) -> str:
    kinds = {"allocation": 0, "reallocation": 0, "free": 0}
    for event in ledger.events:
        noun = {EventKind.REALLOC: "reallocation", EventKind.DEALLOC: "free"}.get(event.kind, "allocation")
        kinds[noun] += 1
    counts = ", ".join(count_text(count, noun) for noun, count in kinds.items() if count)
    threads = len({event.thread for event in ledger.events})
    who = "The program" if threads == 1 else f"On {threads} threads, the program"
    last = live_bytes(ledger.events)[-1]
    end = "no byte is live after the last one" if last == 0 else f"{bytes_text(last)} stay live after the last one"
    calls = count_text(len(ledger.events), "time")
    whole = "" if not ledger.events_left_out else f" in the first {len(ledger.events):,} calls"
    return f"{who} calls the allocator {calls} ({counts}){whole}; {end}."


def _source(snippet: Snippet, ledger: Ledger, drawn: Sequence[Step], title: str, description: str) -> str:
    threads = sorted({event.thread for step in drawn for event in step.events})
    lines = ["sequenceDiagram", f"  accTitle: {label(title)}", f"  accDescr: {label(description)}"]
    names = {thread: f"t{thread}" for thread in threads}
    one = len(threads) == 1
    lines += [f"  participant {names[thread]} as {'program' if one else thread_name(thread)}" for thread in threads]
    lines.append("  participant allocator")
    place: Origin | None = None
    for step in drawn:
        if step.times > 1:
            lines.append(f"  loop {step.times:,} times")
            if len({origin(snippet, ledger, event) for event in step.events}) > 1:
                place = None
        for event in step.events:
            now = origin(snippet, ledger, event)
            if now != place:
                place = now
                lines.append(f"  Note over {names[event.thread]},allocator: {label(now.text(CODE_CHARACTERS))}")
            lines.append(f"  {names[event.thread]}{_arrow(event)}allocator: {label(_message(event, step.times))}")
        if step.times > 1:
            lines.append("  end")
    return "\n".join(lines) + "\n"


def _arrow(event: Event) -> str:
    """Differ by shape: a cross for a call that failed, dashes for a free."""
    if event.failed:
        return "-x"
    return "--)" if event.kind is EventKind.DEALLOC else "->>"


def _message(event: Event, times: int) -> str:
    block = f"block {event.block}" if times == 1 and event.block is not None else "a block"
    if event.kind is EventKind.DEALLOC:
        return f"free {block}, {event.size:,} B"
    if event.kind is EventKind.REALLOC:
        text = f"realloc {block}, {old_size(event):,} → {event.size:,} B"
    else:
        text = f"alloc {event.size:,} B" + (" zeroed" if event.kind is EventKind.ALLOC_ZEROED else "")
        text += "" if event.failed else f" → {block if times == 1 else 'a new block'}"
    return f"{text}, failed" if event.failed else text


def _table(snippet: Snippet, ledger: Ledger) -> Table:
    rows = []
    many = len({event.thread for event in ledger.events}) > 1
    for event, live in zip(ledger.events[:MAX_ROWS], live_bytes(ledger.events), strict=False):
        where = origin(snippet, ledger, event).text(TABLE_CHARACTERS)
        where += f" ({thread_name(event.thread)})" if many else ""
        rows.append((str(event.seq + 1), where, _message(event, 1), f"{live:,}"))
    left = len(ledger.events) - len(rows) + ledger.events_left_out
    if left:
        rows.append(("…", f"{left:,} more", "", ""))
    return Table(header=("call", "made at", "what", "bytes live after it"), rows=tuple(rows), widths=(6, 44, 34, 16))
