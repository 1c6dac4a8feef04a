"""Bytes that are live after each call."""

from __future__ import annotations

from heapledger.model import Event, EventKind
from heapledger.render.live import _running


def call(kind: EventKind, size: int, block: int) -> Event:
    return Event(seq=0, kind=kind, size=size, align=1, block=block, line=1, thread=1, runtime=False, path=())


def test_what_exit_gives_back_of_start_up_is_not_taken_off() -> None:
    """``std::process::exit`` frees a block that was made before main."""
    events = (call(EventKind.ALLOC, 8, 1), call(EventKind.DEALLOC, 4, 2))
    assert _running(events) == [8, 8]
