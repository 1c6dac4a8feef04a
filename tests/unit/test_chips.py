"""Events of a line and of a run, in few words: chains, repetitions, loops."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import msgspec
import pytest

from heapledger.model import Event, EventKind
from heapledger.render.calls import Run, _fold_loops, blocks_text, calls_text, path_text
from heapledger.render.chips import chips, spoken
from heapledger.source.functions import OUTSIDE, functions_of_lines


def alloc(size: int, kind: EventKind = EventKind.ALLOC) -> Event:
    return Event(seq=0, kind=kind, size=size, align=1, block=1, line=1, thread=1, runtime=False, failed=False, path=())


def free(size: int) -> Event:
    return alloc(size, EventKind.DEALLOC)


def grow(*sizes: int) -> list[Event]:
    pairs = pairwise(sizes)
    return [msgspec.structs.replace(alloc(new, EventKind.REALLOC), old_size=old) for old, new in pairs]


@dataclass(frozen=True)
class Case:
    events: list[Event]
    shown: list[str]
    said: str


CASES = {
    "nothing": Case([], [], ""),
    "one": Case([alloc(1)], ["+ 1 B"], "allocates 1 byte"),
    "zeroed": Case([alloc(1024, EventKind.ALLOC_ZEROED)], ["+ 1,024 B zeroed"], "allocates 1,024 bytes (zeroed)"),
    "chain": Case(
        [alloc(8), *grow(8, 16, 32)], ["+ 8 B", "8 → 16 → 32 B"], "allocates 8 bytes, reallocates 8 to 16 to 32 bytes"
    ),
    "long chain": Case(
        grow(*(8 << power for power in range(9))),
        ["8 → 16 → 32 → … → 2,048 B"],
        "reallocates 8 to 16 to 32 to … to 2,048 bytes",
    ),
    "two chains": Case(grow(4, 8) + grow(4, 8), ["4 → 8 B ×2"], "reallocates 4 to 8 bytes, 2 times"),
    "equal neighbours": Case([alloc(8)] * 3, ["+ 8 B ×3"], "allocates 8 bytes, 3 times"),
    "a loop": Case(
        [alloc(8), free(8)] * 100, ["+ 8 B", "− 8 B", "100 times"], "allocates 8 bytes, frees 8 bytes, 100 times"
    ),
    "many sizes": Case(
        [alloc(size) for size in range(1, 8)],
        ["+ 1 B", "+ 2 B", "+ 3 B", "+ 4 B", "3 more"],
        "allocates 1 byte, allocates 2 bytes, allocates 3 bytes, allocates 4 bytes, and 3 more",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_line(name: str) -> None:
    case = CASES[name]
    assert [text for _, text in chips(case.events)] == case.shown
    assert spoken(case.events) == case.said


def run(line: int, text: str, *blocks: int) -> Run:
    return Run(line=line, thread=1, runtime=False, path=("Vec::push",), calls=((text, "alloc"),), blocks=blocks)


def test_runs_that_a_loop_repeats_are_written_once() -> None:
    found = [run(1, "alloc 4", 1)]
    for turn in range(3):
        found += [run(2, "alloc 8", turn + 2), run(3, "free 8", turn + 2)]
    found.append(run(4, "free 4", 1))
    folded = _fold_loops(found)
    assert [(one.line, one.times) for one in folded] == [(1, 1), (2, 3), (3, 3), (4, 1)]
    assert [blocks_text(one) for one in folded] == ["block 1", "blocks 2 to 4", "blocks 2 to 4", "block 1"]


def test_a_run_names_all_functions_that_it_calls() -> None:
    one = growing_run()
    assert calls_text(one) == "alloc 8, realloc 8 → 16, realloc 16 → 32"
    assert path_text(one) == "Vec::push → RawVec::grow_one → alloc / realloc"


def growing_run() -> Run:
    calls = (("alloc 8", "alloc"), ("realloc 8 -> 16", "realloc"), ("realloc 16 -> 32", "realloc"))
    path = ("Vec::push", "RawVec::grow_one")
    return Run(line=3, thread=1, runtime=False, path=path, calls=calls, blocks=(1,))


def test_lines_know_their_function() -> None:
    text = "use std::fmt;\nfn help() {\n}\nfn main() {\n    let f = || {\n        1\n    };\n    f();\n}\n"
    owners, main = functions_of_lines(text)
    assert owners[0] == OUTSIDE
    assert owners[1] == owners[2] != main
    assert [owners[row] == main for row in range(3, 9)] == [True, True, False, True, True, True]
