"""What a page may show of a program with several threads: the same on every build.

The order of events, the numbers of blocks and threads, who frees a block last, and the peak belong to the timing of one
run. The JSON and the terminal have that run; a page has what every run has (section 4.10 of the design).
"""

from __future__ import annotations

import msgspec

from heapledger.model import Event, EventKind, Ledger


def stable_view(ledger: Ledger) -> Ledger:
    """Return a ledger whose events are in an order of their own, without what timing decides.

    Blocks and threads have the number 0. A call that frees has no line and no path: any thread may be the last owner.
    """
    if ledger.threads <= 1:
        return ledger
    born = [event for event in ledger.events if event.kind is not EventKind.DEALLOC]
    freed = [event for event in ledger.events if event.kind is EventKind.DEALLOC]
    nowhere = [msgspec.structs.replace(event, line=None, path=(), runtime=False) for event in freed]
    events = [*sorted(born, key=_order), *sorted(nowhere, key=_order)]
    numbered = (
        msgspec.structs.replace(event, seq=seq, block=None if event.block is None else 0, thread=0)
        for seq, event in enumerate(events)
    )
    return msgspec.structs.replace(ledger, events=tuple(numbered))


def _order(event: Event) -> tuple[float, str, int, int, int, tuple[str, ...]]:
    line = float("inf") if event.line is None else float(event.line)
    old = event.old_size if isinstance(event.old_size, int) else 0
    return line, event.kind.value, old, event.size, event.align, event.path
