"""Allocations plus reallocations, and bytes, by line of birth equal those of valgrind's DHAT on the untouched program.

The program is compiled from the same text with the same flags, and nothing is linked into it. What DHAT counts
otherwise by its design, and how it is compared all the same:

* **Reallocations** are further blocks of the place where the block was born, with their new size: so is the table of
  our events made (:func:`born`).
* **Over-aligned blocks**: std's ``System`` has no function of libc for them, and makes a reallocation of a new block,
  a copy and a free. To DHAT that is a birth on the line of the reallocation.
* **libc's own blocks** (``pthread_create``, ``__cxa_thread_atexit_impl``, reading ``/proc/self/maps``) never pass
  through Rust's allocator: points whose first caller is not Rust are left out.
* **A program that calls ``malloc`` of libc itself** goes past Rust's allocator, so DHAT sees blocks that are not ours:
  such snippets of the guide are left out.
* **std's thread handles** (48 bytes each) are taken from ``System`` directly, past the ``#[global_allocator]``, so that
  an allocator may ask for the current thread: points under ``System``'s own ``Allocator::allocate`` are left out.
* **Tail calls**: where a function of the program ended in a jump, DHAT has no frame of it. Such a point must stand in
  our table without a line, or on a line of :data:`JUMPS`, which says which jump it was.
* **Start-up and shut-down** are what is not under ``lang_start``'s closure on the main thread.
* DHAT does not know frees by line, nor the peak of one program apart from its start-up: ``test_totals.py`` and
  ``test_call_lines.py`` compare those.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec import structs

from heapledger.model import Event, ExitKind, Profile
from heapledger.outcome import Session
from heapledger.source.program import Program

from . import dhat
from .dhat import Frame, Point
from .workshop import NAMES, PROFILES, Workshop

CASES = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]

LARGEST_ALIGN_OF_LIBC = 16
"""Up to here ``malloc``, ``calloc`` and ``realloc`` serve; see ``MIN_ALIGN`` in std."""

SAMPLE = 4
"""One in so many snippets of the guide is compared, by its name; all of them take ten minutes."""

Table = dict[int | None, tuple[int, int]]
"""Blocks and bytes by line; None: no line of the program."""

JUMPS: dict[tuple[str, Profile], Table] = {("hello", Profile.RELEASE): {2: (1, 1024)}}
"""Blocks and bytes by the line whose jump led to them: the frame is gone, so DHAT has no line for them."""

RAN_TO_AN_END = {ExitKind.RETURNED, ExitKind.EXITED, ExitKind.PANICKED}


def born(events: Iterable[Event]) -> Table:
    """Sum our events up as DHAT does."""
    lines: dict[int | None, int | None] = {}
    blocks: Counter[int | None] = Counter()
    size: Counter[int | None] = Counter()
    for event in events:
        if event.kind == "dealloc" or event.failed:
            continue
        moves = event.align > LARGEST_ALIGN_OF_LIBC or event.align > event.size
        if event.kind != "realloc" or moves:
            lines[event.block] = event.line
        line = lines[event.block]
        blocks[line] += 1
        size[line] += event.size
    return {line: (blocks[line], size[line]) for line in blocks}


def seen(points: Iterable[Point], program: Program) -> tuple[Table, Table]:
    """Sum DHAT's points of the region up by line of the snippet.

    :returns: those with a frame of the program, and those without one, which have no line.
    """
    blocks: Counter[tuple[bool, int | None]] = Counter()
    size: Counter[tuple[bool, int | None]] = Counter()
    for point in points:
        if not is_of_global_allocator(point.frames) or not is_inside(point.frames):
            continue
        own = next((frame for frame in point.frames if frame.file.endswith("/src/main.rs")), None)
        line = program.source_line(own.line) if own is not None and own.line is not None else None
        blocks[own is not None, line] += point.blocks
        size[own is not None, line] += point.bytes
    with_frame, without = (
        {line: (blocks[has, line], size[has, line]) for has, line in blocks if has is wanted}
        for wanted in (True, False)
    )
    return with_frame, without


def is_of_global_allocator(frames: tuple[Frame, ...]) -> bool:
    callers = [frame for frame in frames if "vgpreload" not in frame.object]
    from_rust = callers[0].file.endswith(".rs") or callers[0].object.endswith("/snippet")
    by_system = any(
        frame.file.endswith("/std/src/alloc.rs") and frame.name in {"allocate", "alloc_impl"} for frame in callers
    )
    return from_rust and not by_system


def is_inside(frames: tuple[Frame, ...]) -> bool:
    names = {frame.name for frame in frames}
    on_a_thread = any(name.endswith("::thread_start") for name in names) or bool(names & {"start_thread", "clone"})
    return on_a_thread or "std::rt::lang_start::{{closure}}" in names


def subtract(table: Table, other: Table) -> Table:
    found = {}
    for line in table.keys() | other.keys():
        (blocks, size), (fewer, less) = table.get(line, (0, 0)), other.get(line, (0, 0))
        if (blocks, size) != (fewer, less):
            found[line] = (blocks - fewer, size - less)
    return found


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", CASES)
def test_births(name: str, profile: Profile, workshop: Workshop) -> None:
    ledger = workshop.ledger(name, profile)
    task = workshop.task(name, profile)
    points = dhat.profile(task, workshop.untouched(task))
    with_frame, without = seen(points, task.program)
    jumps = JUMPS.get((name, profile), {})
    here, there = born(ledger.events), with_frame
    jumped: Table = {None: (sum(part[0] for part in jumps.values()), sum(part[1] for part in jumps.values()))}
    # What DHAT has no frame for is, in our table, without a line, but for the jumps.
    left = subtract(subtract(here, there), jumps)
    assert left == subtract(without, jumped if jumps else {})


@pytest.mark.xdist_group("guide")
def test_births_in_the_guide(
    guide: Session, workshop: Workshop, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    """Snippets of the guide that ran to an end, in their profiles: one in four, with ``--long`` all of them.

    Where DHAT has no frame of the program, our table may have any line: a jump is not checked here.
    """
    measured = [
        (outcome.snippet.id, outcome.program, part.ledger)
        for outcome in guide.outcomes
        for part in outcome.profiles
        if outcome.program is not None and part.ledger is not None and part.ledger.traced
        if part.ledger.exit.kind in RAN_TO_AN_END and not part.ledger.events_left_out
        if "fn malloc(" not in outcome.program.text
        if request.config.getoption("--long") or zlib.crc32(outcome.snippet.id.encode()) % SAMPLE == 0
    ]

    def wrong(index: int) -> Table:
        _, program, ledger = measured[index]
        task = workshop.task_of(program, ledger.profile)
        with_frame, without = seen(dhat.profile(task, workshop.untouched(task)), program)
        left = subtract(born(ledger.events), with_frame)
        lacking = tuple(map(sum, zip(*without.values(), strict=True))) or (0, 0)
        surplus = tuple(map(sum, zip(*left.values(), strict=True))) or (0, 0)
        return {} if surplus == lacking and all(blocks >= 0 for blocks, _ in left.values()) else left

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = list(pool.map(wrong, range(len(measured))))
    with capsys.disabled():
        print(f"\nDHAT: {len(measured)} ledgers of the guide compared")
    assert [
        (name, ledger.profile.value, left) for (name, _, ledger), left in zip(measured, found, strict=True) if left
    ] == []
    assert len(measured) >= 50


@pytest.mark.xdist_group("growth")
def test_a_wrong_line_and_a_wrong_size_are_noticed(workshop: Workshop) -> None:
    """The comparison can fail: one event moved to the next line, or made a byte larger, differs from what DHAT saw."""
    task = workshop.task("growth", Profile.DEBUG)
    there, _ = seen(dhat.profile(task, workshop.untouched(task)), task.program)
    assert there == {5: (7, 348)}
    events = workshop.ledger("growth", Profile.DEBUG).events
    assert born(events) == there
    assert born([*events[:-2], structs.replace(events[-2], size=events[-2].size + 1)]) != there
    assert born([structs.replace(events[0], line=6), *events[1:]]) != there
