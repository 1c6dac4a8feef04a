"""From raw events to those of main: the region of section 4.4, start-up and shut-down apart."""

from __future__ import annotations

from dataclasses import dataclass

from heapledger.measure.attribute import MAIN_THREAD, Attributor
from heapledger.measure.trace import RawEvent, RawTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """The events of a run, sorted by where they belong."""

    inside: tuple[RawEvent, ...]
    startup: tuple[RawEvent, ...]
    shutdown: tuple[RawEvent, ...]


def split(trace: RawTrace, attributor: Attributor) -> Regions:
    """Sort events into the region, start-up and shut-down.

    Every event of a thread that the program started is inside. On the main thread an event is inside when the closure
    of ``lang_start`` is on its stack. A stack deeper than the tracer walks is inside: the runtime has no such stacks.
    An event without a stack (a signal handler that interrupted a walk) belongs where the event before it does.
    """
    inside: list[RawEvent] = []
    startup: list[RawEvent] = []
    shutdown: list[RawEvent] = []
    last: list[RawEvent] = startup
    for event in trace.events:
        if event.thread != MAIN_THREAD:
            inside.append(event)
            continue
        if event.has_stack:
            if event.deep or attributor.under_main(event.frames):
                last = inside
            elif last is not startup or _is_shutdown(attributor, event):
                last = shutdown
        last.append(event)
    return Regions(inside=tuple(inside), startup=tuple(startup), shutdown=tuple(shutdown))


def _is_shutdown(attributor: Attributor, event: RawEvent) -> bool:
    """Main did nothing at all, so only the names tell: start-up runs under ``lang_start_internal``, before clean-up."""
    names = attributor.names(event.frames)
    cleans = any("cleanup" in name for name in names)
    return cleans or not any("lang_start_internal" in name for name in names)
