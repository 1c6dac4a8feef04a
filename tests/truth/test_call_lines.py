"""Lines and sizes of every call, frees and reallocations above all, equal what gdb sees at breakpoints.

gdb runs the untouched program and stops at the first instruction of ``__rust_alloc``, ``__rust_alloc_zeroed``,
``__rust_realloc`` and ``__rust_dealloc``; their arguments are in registers, the line is that of the innermost frame
in the program's own file, found by gdb's own unwinder and DWARF reader. Compared is the sequence of calls in the
region where one thread ran, else the calls of all threads as a bag: gdb has no order for them.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from elftools.elf.elffile import ELFFile

from heapledger.engine.run import RUN_ENVIRONMENT
from heapledger.engine.task import Task
from heapledger.measure.names import demangled
from heapledger.model import Event, Profile
from heapledger.source.program import Program

from .workshop import HERE, RUN_SECONDS, Workshop, available

NAMES = (
    "binary_heap",
    "btree_map",
    "channel_unbounded",
    "closures",
    "collect_in_place",
    "cow",
    "deque",
    "drain_and_splice",
    "drop_2021",
    "drop_order",
    "errors_with_sources",
    "exit_nested",
    "format_many",
    "future_by_hand",
    "generics",
    "growth",
    "growth_reserve",
    "hash_map",
    "hello",
    "linked_list",
    "main_err_boxed",
    "merged_drops",
    "over_aligned",
    "panic_caught",
    "panic_in_main",
    "panic_twice",
    "raw_layouts",
    "rc_and_weak",
    "readers",
    "recursion_drop",
    "recursion_tree",
    "sorting",
    "strings_unicode",
    "thread_joined",
    "thread_local",
    "thread_scoped",
    "trait_objects",
    "wrapped_statements",
)
DEEP = {"recursion_drop"}
"""Programs whose stacks are deeper than the 72 frames that a record keeps: what repeats in them is left out."""
CASES = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]

Call = tuple[str, int, int | None, int, int | None]
"""Kind, size, old size, alignment, line."""


def calls_in_gdb(task: Task, folder: Path) -> list[Call]:
    plan, out = folder / "plan.json", folder / "calls.json"
    binary = folder / f"target/{task.profile.value}/snippet"
    plan.write_text(json.dumps({"symbols": allocator_symbols(binary), "out": str(out)}), encoding="utf-8")
    done = subprocess.run(
        [available("gdb"), "-nx", "-batch", "-x", str(HERE / "gdb_calls.py"), str(binary)],
        cwd=folder,
        env={**RUN_ENVIRONMENT, "HEAPLEDGER_CALLS": str(plan)},
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    assert out.is_file(), done.stdout + done.stderr
    found = json.loads(out.read_text(encoding="utf-8"))
    return [(kind, size, old, align, line) for kind, size, old, align, line, inside in found if inside]


def allocator_symbols(binary: Path) -> dict[str, str]:
    """Return the mangled names of the allocator's functions by kind of event."""
    with binary.open("rb") as file:
        names = [symbol.name for symbol in ELFFile(file).get_section_by_name(".symtab").iter_symbols()]
    wanted = {
        "__rust_alloc": "alloc",
        "__rust_alloc_zeroed": "alloc_zeroed",
        "__rust_realloc": "realloc",
        "__rust_dealloc": "dealloc",
    }
    last = {name: demangled(name).rpartition("::")[2] for name in names}
    return {wanted[plain]: name for name, plain in last.items() if plain in wanted}


def as_call(event: Event) -> Call:
    old = None if event.old_size is msgspec.UNSET else event.old_size
    return (event.kind.value, event.size, old, event.align, event.line)


def in_source(call: Call, program: Program) -> Call:
    *rest, line = call
    return (*rest, program.source_line(line) if line is not None else None)  # type: ignore[return-value]


@pytest.mark.parametrize("name", CASES)
def test_calls(name: str, workshop: Workshop) -> None:
    ledger = workshop.ledger(name, Profile.DEBUG)
    task = workshop.task(name, Profile.DEBUG)
    there = [in_source(call, task.program) for call in calls_in_gdb(task, workshop.untouched(task))]
    here = [as_call(event) for event in ledger.events]
    assert here
    if ledger.threads > 1:
        assert Counter(here) == Counter(there)
    else:
        assert here == there


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in sorted(DEEP)])
def test_a_deep_stack_has_its_lines_in_release_too(name: str, workshop: Workshop) -> None:
    ledger = workshop.ledger(name, Profile.RELEASE)
    task = workshop.task(name, Profile.RELEASE)
    there = [in_source(call, task.program) for call in calls_in_gdb(task, workshop.untouched(task))]
    here = [as_call(event) for event in ledger.events]
    assert here == there
