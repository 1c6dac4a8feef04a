"""Batches: many programs linked into one binary; each is still run in a process of its own (DESIGN 4.7).

Debug: the programs of one edition are private modules of one crate. Release: each is compiled as a program of its own,
so that LLVM sees no two of them together, and one link serves all. A dispatcher calls the main that the trace's header
names. Files are named with as many characters as ``src/main.rs``, so that a panic's text is as long as in a program of
its own; it is renamed in what is printed.

A program that does not compile is found by rustc's messages and compiled alone, where it gets its own diagnostics.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from heapledger.engine.batch_debug import DebugBatch
from heapledger.engine.batch_member import LEAST, Member
from heapledger.engine.batch_release import CompileMember, ReleaseBatch, prepare_folder
from heapledger.engine.steps import Step
from heapledger.engine.task import Task
from heapledger.engine.work import Work
from heapledger.model import Profile
from heapledger.source.surroundings import why_alone

MOST = {Profile.DEBUG: 100, Profile.RELEASE: 200}
"""Most programs of one batch: bounds memory, what one that kills rustc takes with it, and in release, where results
come after the last of its programs, what a killed build loses."""
LETTERS = "0123456789bcdfghjklmnpqrstvwxyz"
"""What programs are named with; names are no words."""


def plan_batches(works: Iterable[Work], scratch: Path) -> tuple[list[Step], list[Work]]:
    """Divide work into the first steps of batches and what is done alone.

    :param scratch: folder for the batches, readable to all; it lives as long as the plan.
    """
    groups: dict[tuple[Profile, str], list[Task]] = defaultdict(list)
    alone: list[Work] = []
    for work in works:
        if isinstance(work, Task) and work.run and not why_alone(work.program):
            groups[work.profile, work.edition].append(work)
        else:
            alone.append(work)
    steps: list[Step] = []
    # Release first: while its programs, the last of them, are linked by one process, those of debug keep the rest busy.
    for (profile, edition), tasks in sorted(groups.items(), key=lambda group: group[0][0] is Profile.DEBUG):
        for index, part in enumerate(_parts(tasks, MOST[profile])):
            if len(part) < LEAST:
                alone += part
                continue
            members = tuple(map(Member, part, range(1, len(part) + 1), _names(part)))
            folder = scratch / f"{profile.value}-{edition}-{index}"
            steps += start_batch(members, folder)
    return steps, alone


def _names(tasks: Iterable[Task]) -> Iterable[str]:
    """Name programs by their content; where two names are the same, the later one moves on."""
    taken: dict[str, None] = {}
    for task in tasks:
        rest = int(task.identity, 16)
        while (name := _name(rest)) in taken:
            rest += 1
        taken[name] = None
    return taken


def _name(number: int) -> str:
    return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(4))


def start_batch(members: tuple[Member, ...], folder: Path) -> list[Step]:
    """Return the first steps of one batch."""
    if members[0].task.profile is Profile.DEBUG:
        return [DebugBatch(members, folder)]
    prepare_folder(folder)
    group = ReleaseBatch(members, folder)
    return [CompileMember(group, member) for member in members]


def _parts(tasks: Sequence[Task], most: int) -> Iterator[Sequence[Task]]:
    count = -(-len(tasks) // most)
    size = -(-len(tasks) // max(1, count))
    return (tasks[start : start + size] for start in range(0, len(tasks), size))
