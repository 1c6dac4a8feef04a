"""Which diagrams a snippet's ``:show:`` asks for, and why one that it asks for cannot be there."""

from __future__ import annotations

from heapledger.model import ExitKind, Ledger
from heapledger.model_snapshot import SnapshotSet
from heapledger.render.mermaid import blocks, timeline
from heapledger.render.mermaid.diagram import Diagram, Pictures
from heapledger.render.mermaid.live import MIN_CALLS, live_diagram
from heapledger.render.mermaid.memory import memory_diagrams
from heapledger.source.snippet import Snippet

SHOWN = ("blocks", "blocks=peak", "timeline")
"""What is drawn from the trace alone."""


def memory_pictures(snippet: Snippet, taken: SnapshotSet | None) -> Pictures:
    """Return the diagrams of a snippet's snapshots, in the order of the text."""
    if taken is None or "none" in snippet.options.show:
        return Pictures()
    notes = (f"There is no picture of memory: {taken.missing}.",) if taken.missing else ()
    return Pictures(diagrams=memory_diagrams(taken.snapshots, snippet.options), notes=notes)


def pictures(snippet: Snippet, ledger: Ledger | None) -> Pictures:
    """Return the diagrams of one snippet in one profile, from its trace."""
    asked = [word for word in SHOWN if word in snippet.options.show]
    if not asked or ledger is None or ledger.exit.kind is ExitKind.COMPILE_ERROR:
        return Pictures()
    if not ledger.traced or ledger.totals is None:
        return Pictures(notes=("There is no picture of the heap: the calls of the allocator were not traced.",))
    if not ledger.events:
        return Pictures(notes=("There is no picture of the heap: the program never calls the allocator.",))
    found: list[Diagram] = []
    notes: list[str] = []
    for word in asked:
        if word == "timeline":
            limit = snippet.options.max_items or timeline.DEFAULT_ITEMS
            found.append(timeline.timeline_diagram(snippet, ledger, limit=limit))
            found += [live_diagram(ledger)] if len(ledger.events) >= MIN_CALLS else []
        elif ledger.events_left_out:
            calls = f"{ledger.events_left_out:,} calls were counted, not kept in detail"
            notes.append(f"There is no picture of the heap's blocks: {calls}.")
        else:
            limit = snippet.options.max_items or blocks.DEFAULT_ITEMS
            found.append(blocks.blocks_diagram(snippet, ledger, at_peak=word == "blocks=peak", limit=limit))
    return Pictures(diagrams=tuple(found), notes=tuple(dict.fromkeys(notes)))
