"""The chart of live bytes after each call of the allocator."""

from __future__ import annotations

from collections.abc import Sequence

from heapledger.model import Ledger
from heapledger.render.facts import bytes_text, count_text
from heapledger.render.mermaid.diagram import Diagram
from heapledger.render.mermaid.history import live_bytes
from heapledger.render.mermaid.text import label

MIN_CALLS = 4
"""Of fewer calls there is no chart: the sentences under the calls say as much."""
MAX_PIXELS = 600
"""Widest chart, in CSS pixels."""
MIN_PIXELS = 320
DIGIT_PIXELS = 9
BAR_PIXELS = 40
"""Room of one bar, unless its number needs more."""
MAX_BARS = 100
"""Most calls that get a bar."""
MAX_POINTS = 400
"""Most points of a line; of more, each stands for the largest of several calls in a row."""
HEADROOM = 8
"""The axis ends an eighth above the largest value, so that its number has room."""


def live_diagram(ledger: Ledger) -> Diagram:
    """Draw the live bytes of a ledger with at least one event.

    Bars with their numbers where these fit beside each other, else bars alone, then a line.
    """
    after = live_bytes(ledger.events)
    peak = max(after)
    title = "Live bytes after each call"
    at = f"after call {ledger.events[after.index(peak)].seq + 1}" if peak else "at any time"
    calls = count_text(len(after), "call")
    description = f"Live bytes over {calls}: at most {bytes_text(peak)}, {at}; {bytes_text(after[-1])} at the end."
    left_out = f"{ledger.events_left_out:,} later calls were counted, not kept." if ledger.events_left_out else ""
    numbers = [event.seq + 1 for event in ledger.events]
    first, last = numbers[0], numbers[-1]
    top = max(peak + max(peak // HEADROOM, 1), 1)
    room = (len(str(peak)) + 1) * DIGIT_PIXELS
    width = MAX_PIXELS
    if len(after) * room <= MAX_PIXELS:
        width = max(MIN_PIXELS, min(MAX_PIXELS, len(after) * max(room, BAR_PIXELS)))
        kind, plot, scale = "live", f"bar [{_numbers(after)}]", '"live bytes"'
        names = f"[{_numbers(numbers)}]"
    elif len(after) <= MAX_BARS:
        kind, plot, scale = "live-bars", f"bar [{_numbers(after)}]", f'"live bytes, at most {peak:,}"'
        names = f"{first} --> {last}"
    else:
        points, every = _points(after)
        kind, plot, scale = "live-line", f"line [{_numbers(points)}]", '"live bytes"'
        names = f"{first} --> {last}"
        if every > 1:
            left_out = (
                f"Each point is the largest value of {every} calls in a row, the last one that at the end. {left_out}"
            )
            left_out = left_out.strip()
    lines = [
        "xychart",
        f"  accTitle: {label(title)}",
        f"  accDescr: {label(description)}",
        f'  x-axis "call" {names}',
        f"  y-axis {scale} 0 --> {top}",
        f"  {plot}",
    ]
    source = "\n".join(lines) + "\n"
    return Diagram(kind=kind, width=width, title=title, description=description, source=source, left_out=left_out)


def _points(after: Sequence[int]) -> tuple[list[int], int]:
    every = -(-len(after) // MAX_POINTS)
    points = [max(after[start : start + every]) for start in range(0, len(after), every)]
    return [*points[:-1], after[-1]], every


def _numbers(values: Sequence[int]) -> str:
    return ", ".join(str(value) for value in values)
