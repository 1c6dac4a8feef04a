"""Why a program allocates: its events in order, in runs of one line and one path through std."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from heapledger.messages import _
from heapledger.model import Event, EventKind, Ledger
from heapledger.render.paths import short_path
from heapledger.render.stable import stable_view
from heapledger.verify.events import describe

MAX_RUNS = 60
"""Most runs that a page lists; the totals have all calls."""
MAX_WRITTEN = 24
"""Most calls of a run that are spelled out."""
MAX_PERIOD = 8
"""Most runs in a group that a loop repeats."""
_ALLOCATOR = frozenset({"alloc", "alloc_zeroed", "realloc", "dealloc"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Neighbouring calls with one line, one thread and one path."""

    line: int | None
    thread: int
    runtime: bool
    path: tuple[str, ...]
    """Short names from the line to the allocator, without the allocator's own."""
    calls: tuple[tuple[str, str], ...]
    """(what was asked, function of the allocator that was called)."""
    blocks: tuple[int, ...]
    """Numbers of the blocks, in order of the calls, each once."""
    times: int = 1
    """How often the run came, with those around it that a loop repeats too."""


def runs(ledger: Ledger) -> tuple[Run, ...]:
    """Return all runs of a ledger, loops folded."""
    found = []
    for _where, group in groupby((_run(event) for event in stable_view(ledger).events), key=_place):
        same = list(group)
        calls = tuple(call for run in same for call in run.calls)
        found.append(replace(same[0], calls=calls, blocks=_blocks(same)))
    return tuple(_fold_loops(found))


def calls_text(run: Run) -> str:
    """Write the calls of a run as facts, equal neighbours folded: ``alloc 8 align 8`` with a count."""
    written: list[tuple[str, int]] = []
    for text, _function in run.calls:
        if written and written[-1][0] == text:
            written[-1] = (text, written[-1][1] + 1)
        else:
            written.append((text, 1))
    parts = [text if times == 1 else f"{text} ×{times:,}" for text, times in written]
    if len(parts) > MAX_WRITTEN:
        parts = [*parts[:MAX_WRITTEN], "… " + _("and %s more") % f"{len(parts) - MAX_WRITTEN:,}"]
    return ", ".join(parts).replace("->", "→")


def path_text(run: Run) -> str:
    """Write the path: ``Vec::push → RawVec::grow_one → alloc / realloc``."""
    functions = dict.fromkeys(function for _text, function in run.calls)
    return " → ".join([*run.path, " / ".join(functions)])


def blocks_text(run: Run) -> str:
    """Write the numbers of the blocks: ``block 1``, ``blocks 1 to 100``."""
    numbers = run.blocks
    if not numbers:
        return ""
    if len(numbers) == 1:
        return _("block %s") % numbers[0]
    if len(numbers) == 2:
        return _("blocks %(first)s and %(last)s") % {"first": numbers[0], "last": numbers[1]}
    if numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return _("blocks %(first)s to %(last)s") % {"first": numbers[0], "last": numbers[-1]}
    return _("%s blocks") % f"{len(set(numbers)):,}"


def _run(event: Event) -> Run:
    text = describe(event)
    if event.kind in {EventKind.ALLOC, EventKind.ALLOC_ZEROED}:
        text += f" align {event.align}"
    if event.failed:
        text += " failed"
    path = short_path(event.path)
    function = event.kind.value
    if path and path[-1] in _ALLOCATOR:
        path = path[:-1]
    return Run(
        line=event.line,
        thread=event.thread,
        runtime=event.runtime,
        path=path,
        calls=((text, function),),
        blocks=(event.block,) if event.block else (),
    )


def _place(run: Run) -> tuple[object, ...]:
    return (run.line, run.thread, run.runtime, run.path)


def _blocks(same: Sequence[Run]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(block for run in same for block in run.blocks))


def _fold_loops(found: Sequence[Run]) -> list[Run]:
    """Fold groups of neighbouring runs that repeat; blocks of all passes are kept."""
    shapes = [(_place(run), run.calls) for run in found]
    folded: list[Run] = []
    at = 0
    while at < len(found):
        period, times = _repeats(shapes, at)
        for offset in range(period):
            same = [found[at + offset + turn * period] for turn in range(times)]
            folded.append(replace(same[0], blocks=_blocks(same), times=times))
        at += period * times
    return folded


def _repeats(shapes: Sequence[object], at: int) -> tuple[int, int]:
    """Return the period and number of passes of the longest repetition that begins at ``at``."""
    best = (1, 1)
    for period in range(1, MAX_PERIOD + 1):
        times = 1
        while shapes[at : at + period] == shapes[at + times * period : at + (times + 1) * period]:
            times += 1
        if times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best
