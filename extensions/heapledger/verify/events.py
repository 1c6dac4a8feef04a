"""How events are written, and whether measured ones are those that a fact asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from heapledger.model import Event, EventKind
from heapledger.source.facts import ExpectedEvent

MAX_WRITTEN = 24
"""Most events that a message spells out."""


def describe(event: Event) -> str:
    """Write a measured event as a fact would."""
    if event.kind is EventKind.REALLOC:
        return f"realloc {_old(event)} -> {event.size}"
    word = {EventKind.ALLOC: "alloc", EventKind.ALLOC_ZEROED: "zeroed", EventKind.DEALLOC: "free"}[event.kind]
    return f"{word} {event.size}"


def describe_all(events: Iterable[Event | ExpectedEvent]) -> str:
    """Write events in order, equal neighbours folded with ``xK``; ``none`` for no event."""
    written: list[list[object]] = []
    for event in events:
        text = describe(event) if isinstance(event, Event) else str(event)
        if written and written[-1][0] == text:
            written[-1][1] = int(str(written[-1][1])) + 1
        else:
            written.append([text, 1])
    if not written:
        return "none"
    parts = [str(text) if times == 1 else f"{text} x{times}" for text, times in written]
    if len(parts) > MAX_WRITTEN:
        parts = [*parts[:MAX_WRITTEN], f"… and {len(parts) - MAX_WRITTEN} more"]
    return ", ".join(parts)


def match(expected: Sequence[ExpectedEvent], measured: Sequence[Event], *, ordered: bool = True) -> bool:
    """Whether the events are those expected: in order, unless it is not known or several threads made them."""
    if len(expected) != len(measured):
        return False
    if not ordered or len({event.thread for event in measured}) > 1:
        return _match_unordered(expected, measured)
    return all(matches(wanted, event) for wanted, event in zip(expected, measured, strict=True))


def matches(wanted: ExpectedEvent, event: Event) -> bool:
    """Whether one event is the one expected."""
    kinds = {
        "alloc": (EventKind.ALLOC,),
        "zeroed": (EventKind.ALLOC_ZEROED,),
        "any": (EventKind.ALLOC, EventKind.ALLOC_ZEROED),
        "realloc": (EventKind.REALLOC,),
        "free": (EventKind.DEALLOC,),
    }[wanted.kind]
    if event.kind not in kinds or event.size != wanted.size:
        return False
    if wanted.kind == "realloc" and _old(event) != wanted.old_size:
        return False
    return wanted.align is None or event.align == wanted.align


def _old(event: Event) -> int | None:
    return None if isinstance(event.old_size, msgspec.UnsetType) else event.old_size


def _match_unordered(expected: Sequence[ExpectedEvent], measured: Sequence[Event]) -> bool:
    """Exact events first, then those of ``any`` and without alignment take what is left."""
    left = Counter(range(len(measured)))
    for wanted in sorted(expected, key=lambda event: (event.align is None, event.kind == "any")):
        found = next((index for index in left if matches(wanted, measured[index])), None)
        if found is None:
            return False
        del left[found]
    return not left
