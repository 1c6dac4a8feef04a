"""Two runs of one program with threads, whose timing differs, look the same on a page."""

from __future__ import annotations

from pathlib import Path

import msgspec

from heapledger.model import (
    Event,
    EventKind,
    Exit,
    ExitKind,
    Ledger,
    Outside,
    OutsideTotals,
    Profile,
    Toolchain,
    Totals,
)
from heapledger.recordings import Recordable, stale, write
from heapledger.render.facts import ledger_text, same_events
from heapledger.render.stable import stable_view


def event(kind: EventKind, size: int, line: int | None, thread: int, *path: str) -> Event:
    return Event(seq=0, kind=kind, size=size, align=8, block=1, line=line, thread=thread, runtime=False, path=path)


def ledger(*events: Event, threads: int = 3, peak: int = 16) -> Ledger:
    numbered = (msgspec.structs.replace(one, seq=seq, block=seq + 1) for seq, one in enumerate(events))
    nothing = OutsideTotals(allocs=0, bytes=0)
    return Ledger(
        profile=Profile.DEBUG,
        toolchain=Toolchain(rustc="1.95.0", commit="", host="x86_64-unknown-linux-gnu", llvm=""),
        traced=True,
        events_left_out=0,
        unstable={"peak": (8, peak)} if threads > 1 else {},
        totals=Totals(allocs=2, reallocs=0, frees=2, bytes=24, peak=peak, live=0),
        events=tuple(numbered),
        threads=threads,
        outside=Outside(startup=nothing, shutdown=nothing),
        stdout="",
        stderr="",
        exit=Exit(kind=ExitKind.RETURNED, code=0, diagnostics=()),
    )


FIRST = event(EventKind.ALLOC, 8, 3, 2, "Box::new")
SECOND = event(EventKind.ALLOC, 16, 5, 3, "Arc::new")
FREES = (event(EventKind.DEALLOC, 8, 3, 2, "drop"), event(EventKind.DEALLOC, 16, 6, 1, "Arc::drop_slow"))
OTHER_FREES = (event(EventKind.DEALLOC, 16, None, 3, "thread::exit"), event(EventKind.DEALLOC, 8, 3, 2, "drop"))


def test_two_timings_look_the_same() -> None:
    one = ledger(FIRST, SECOND, *FREES)
    other = ledger(
        msgspec.structs.replace(SECOND, thread=2), msgspec.structs.replace(FIRST, thread=3), *OTHER_FREES, peak=24
    )
    assert one.events != other.events
    assert stable_view(one).events == stable_view(other).events
    assert same_events(one, other)
    text = ledger_text(one, ranges_seen=False)
    assert text == "2 allocations (24 bytes) · 2 frees · peak depends on timing · all freed"
    assert "peak (8 to 24)" in ledger_text(other)


def test_what_differs_is_seen() -> None:
    one = ledger(FIRST, SECOND, *FREES)
    larger = msgspec.structs.replace(SECOND, size=17)
    assert not same_events(one, ledger(FIRST, larger, *FREES))
    elsewhere = msgspec.structs.replace(SECOND, line=6)
    assert stable_view(one).events != stable_view(ledger(FIRST, elsewhere, *FREES)).events


def test_one_thread_is_shown_as_it_ran() -> None:
    one = ledger(SECOND, FIRST, *OTHER_FREES, threads=1)
    assert stable_view(one) is one
    assert "peak 16 bytes" in ledger_text(one, ranges_seen=False)


def page(result: Ledger) -> dict[str, list[Recordable]]:
    one = Recordable(snippet="s", profile=Profile.DEBUG, kind="ledger", identity="1", value=result)
    return {"page": [one]}


def test_what_timing_decides_makes_no_recording_stale(tmp_path: Path) -> None:
    first = ledger(FIRST, SECOND, *FREES)
    assert write(tmp_path, page(first), first.toolchain) == ("page",)
    other = ledger(FIRST, SECOND, *OTHER_FREES, peak=24)
    assert stale(tmp_path, page(other), first.toolchain) == ()
    assert write(tmp_path, page(other), first.toolchain) == ()
    assert first.totals is not None
    more = msgspec.structs.replace(first.totals, allocs=3)
    for changed in (
        ledger(FIRST, SECOND, SECOND, *OTHER_FREES, peak=24),
        msgspec.structs.replace(other, totals=more),
        ledger(FIRST, SECOND, *FREES, threads=1, peak=24),
    ):
        assert stale(tmp_path, page(changed), first.toolchain) == ("page",)
