"""What one line asked of the allocator, in the few words that stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from heapledger.messages import _, counted
from heapledger.model import Event, EventKind

MAX_CHIPS = 4
"""Most facts beside one line; the list of events has them all."""
CHIP_MARGIN = 2
"""Characters that the rim of a fact and the gap to the next one take."""
MAX_SIZES = 6
"""Most sizes of a chain of reallocations that are spelled out."""
MAX_PERIOD = 4
"""Most calls in a group that a line repeats."""


@dataclass(frozen=True, slots=True)
class Call:
    """Calls of one kind in a row."""

    kind: str
    """``alloc``, ``realloc`` or ``free``."""
    sizes: tuple[int, ...]
    """Bytes; of a chain of reallocations from the first to the last."""
    note: str = ""
    """``zeroed`` or ``failed``."""
    times: int = 1


@dataclass(frozen=True, slots=True)
class LineCalls:
    """All calls of a line: a group, and how often it came."""

    calls: tuple[Call, ...]
    times: int = 1


def line_calls(events: Sequence[Event]) -> LineCalls:
    """Fold a line's events: equal neighbours, chains of reallocations, groups that a loop repeats."""
    found: list[Call] = []
    for event in events:
        call = _call(event)
        last = found[-1] if found else None
        if last is not None and call.kind == last.kind == "realloc" and call.sizes[0] == last.sizes[-1]:
            found[-1] = replace(last, sizes=(*last.sizes, call.sizes[1]))
        elif last is not None and replace(last, times=1) == call:
            found[-1] = replace(last, times=last.times + 1)
        else:
            found.append(call)
    for period in range(1, MAX_PERIOD + 1):
        group, times = found[:period], len(found) // period
        if times > 1 and group * times == found:
            return LineCalls(tuple(group), times)
    return LineCalls(tuple(found))


def chips(events: Sequence[Event], room: int | None = None) -> tuple[tuple[str, str], ...]:
    """Return (kind, text) of what a line did, in order. Kinds: ``alloc``, ``realloc``, ``free``, ``more``.

    :param room: characters for them beside the code; one fact is shown also where there is less.
    """
    folded = line_calls(events)
    shown = [(call.kind, _short(call)) for call in folded.calls[:MAX_CHIPS]]
    while room is not None and len(shown) > 1 and sum(len(text) + CHIP_MARGIN for _kind, text in shown) > room:
        shown.pop()
    left = len(folded.calls) - len(shown)
    if left > 0:
        shown.append(("more", _("%s more") % f"{left:,}"))
    if folded.times > 1:
        shown.append(("more", _("%s times") % f"{folded.times:,}"))
    return tuple(shown)


def spoken(events: Sequence[Event]) -> str:
    """Say the same in a sentence: ``allocates 8 bytes, reallocates 8 to 16 to 32 bytes``."""
    folded = line_calls(events)
    said = [_long(call) for call in folded.calls[:MAX_CHIPS]]
    left = len(folded.calls) - MAX_CHIPS
    if left > 0:
        said.append(_("and %s more") % f"{left:,}")
    text = ", ".join(said)
    return text if folded.times == 1 else _("%(calls)s, %(count)s times") % {"calls": text, "count": folded.times}


def _call(event: Event) -> Call:
    note = "failed" if event.failed else ""
    if event.kind is EventKind.REALLOC:
        old = 0 if isinstance(event.old_size, msgspec.UnsetType) else event.old_size
        return Call("realloc", (old, event.size), note)
    if event.kind is EventKind.DEALLOC:
        return Call("free", (event.size,), note)
    return Call("alloc", (event.size,), note or ("zeroed" if event.kind is EventKind.ALLOC_ZEROED else ""))


def _sizes(call: Call, arrow: str) -> str:
    sizes = [f"{size:,}" for size in call.sizes]
    if len(sizes) > MAX_SIZES:
        sizes = [*sizes[:3], "…", sizes[-1]]
    return arrow.join(sizes)


def _short(call: Call) -> str:
    sign = {"alloc": "+ ", "free": "− ", "realloc": ""}[call.kind]
    note = {"zeroed": " " + _("zeroed"), "failed": " " + _("failed")}.get(call.note, "")
    times = f" ×{call.times:,}" if call.times > 1 else ""
    return f"{sign}{_sizes(call, ' → ')} B{note}{times}"


def _long(call: Call) -> str:
    if call.kind == "realloc":
        to = _("to")
        text = _("reallocates %s bytes") % _sizes(call, f" {to} ")
    elif call.kind == "free":
        text = counted("frees %s byte", "frees %s bytes", call.sizes[0])
    else:
        text = counted("allocates %s byte", "allocates %s bytes", call.sizes[0])
    note = {"zeroed": _("zeroed"), "failed": _("failed")}.get(call.note)
    text = f"{text} ({note})" if note else text
    return text if call.times == 1 else _("%(calls)s, %(count)s times") % {"calls": text, "count": f"{call.times:,}"}
