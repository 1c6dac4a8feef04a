"""Batches: many programs linked into one binary; each is still run in a process of its own (DESIGN 4.7).

Debug: the programs of one edition are private modules of one crate. Release: each is a crate of its own with its
program as a private module, so that LLVM sees no two of them together, and one link serves all. A dispatcher calls the
main that the trace's header names, through a pointer, as std does. Files are named with as many characters as
``src/main.rs``, so that a panic's text is as long as in a program of its own; it is renamed in what is printed.

A program that does not compile is found by rustc's messages and compiled alone, where it gets its own diagnostics.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from heapledger.engine.compile import compile_limits, messages, open_to_all, run_rustc
from heapledger.engine.kinds import do_one
from heapledger.engine.process import End, SupervisorCancelled, SupervisorDied
from heapledger.engine.run import Executable, TracerSilent, run_traced
from heapledger.engine.steps import After, Step
from heapledger.engine.task import Task
from heapledger.engine.work import Result, Tools, Work
from heapledger.measure.own import START, Own
from heapledger.measure.symbols import Binary
from heapledger.model import Ledger, Profile, Provenance
from heapledger.source import rust
from heapledger.source.program import TRACER_CRATE
from heapledger.source.surroundings import why_alone
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.flags import CRATE_NAME, profile_flags
from heapledger.toolchain.tracer import BuiltTracer

LEAST = 3
"""Fewer programs than this are compiled each alone: a batch would save nothing."""
MOST = {Profile.DEBUG: 100, Profile.RELEASE: 200}
"""Most programs of one batch: bounds memory, what one that kills rustc takes with it, and in release, where results
come after the last of its crates, what a killed build loses."""
ROUNDS = 3
"""How often a batch is compiled without the programs that broke it, before the rest is compiled alone."""
PIECES = 8
"""Into how many parts a batch falls that rustc could not finish."""
MAIN = "HEAPLEDGER_MAIN"
LETTERS = "0123456789bcdfghjklmnpqrstvwxyz"
"""What programs are named with; names are no words."""
LIMIT_SECONDS = 0.5
"""Seconds of processor time that each program adds to the limit of its batch."""

# The empty assembly stands after the call of main, as black_box does in std: it must not become a jump.
DISPATCH = """\
#[inline(never)]
fn {start}<T: std::process::Termination>(main: fn() -> T) -> std::process::ExitCode {{
    let result = main();
    unsafe {{ std::arch::asm!("") }};
    result.report()
}}
fn main() -> std::process::ExitCode {{
    match {tracer}::selected() {{
{arms}
        _ => std::process::ExitCode::from(250),
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A program in a batch."""

    task: Task
    number: int
    """Its number in the batch, from 1."""
    name: str
    """Four characters, as many as ``main`` has: of what is compiled, whatever else is in the batch. rustc's partition
    of a crate into units follows its names, and so do the names of inlined functions of std in the debug info."""

    @property
    def module(self) -> str:
        """Name of its module."""
        return f"p{self.name}"

    @property
    def source(self) -> str:
        """Its file, as long as ``src/main.rs``."""
        return f"src/{self.name}.rs"

    @property
    def text(self) -> str:
        """The program, and after its end a pointer to its main."""
        kind = rust.main_return_type(self.task.program.text)
        return f"{self.task.program.text}pub static {MAIN}: fn() -> {kind} = main;\n"

    def executable(self, binary: Binary, folder: Path) -> Executable:
        """Return it in a linked batch."""
        files = {self.source, folder / self.source, folder.resolve() / self.source}
        own = Own.of(files, f"{CRATE_NAME}::{self.module}::")
        return Executable(path=binary.path, binary=binary, own=own, selected=self.number, source=self.source)


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
    for (profile, edition), tasks in groups.items():
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
    group = ReleaseBatch(members, folder)
    return [Rlib(group, member) for member in members]


def _parts(tasks: Sequence[Task], most: int) -> Iterator[Sequence[Task]]:
    count = -(-len(tasks) // most)
    size = -(-len(tasks) // max(1, count))
    return (tasks[start : start + size] for start in range(0, len(tasks), size))


@dataclass(frozen=True, slots=True)
class Linked:
    """What came of compiling a batch."""

    binary: Binary | None
    broken: frozenset[int] = frozenset()
    """Numbers of the programs that rustc's messages blame."""
    finished: bool = True
    """False where rustc crashed or hit a limit."""


@dataclass(frozen=True, slots=True)
class DebugBatch:
    """Compile and link programs as modules of one crate."""

    members: tuple[Member, ...]
    folder: Path
    round: int = 1

    def run(self, tools: Tools) -> Linked:
        """Write and compile the crate."""
        source = self.folder / "src"
        source.mkdir(parents=True, exist_ok=True)
        for member in self.members:
            (self.folder / member.source).write_text(member.text, encoding="utf-8", newline="\n")
        modules = [f'#[path = "{member.name}.rs"]\nmod {member.module};\n' for member in self.members]
        (source / "batch.rs").write_text("".join(modules) + dispatcher(self.members), encoding="utf-8")
        return _link(self.members, self.folder, f"batch-{self.round}", CRATE_NAME, [], tools)

    def then(self, linked: Linked) -> After:
        """Run them, or go on without those that broke it."""
        if linked.binary is not None:
            return After(_runs(self.members, linked.binary, self.folder))
        kept = tuple(member for member in self.members if member.number not in linked.broken)
        steps: list[Step] = [Alone(member.task) for member in self.members if member.number in linked.broken]
        if self.round < ROUNDS and linked.broken and len(kept) >= LEAST:
            return After([*steps, replace(self, members=kept, round=self.round + 1)])
        if self.round < ROUNDS and not linked.finished and len(kept) > PIECES:
            size = -(-len(kept) // PIECES)
            parts = [kept[start : start + size] for start in range(0, len(kept), size)]
            return After(
                replace(self, members=part, folder=self.folder / f"{number}", round=self.round + 1)
                for number, part in enumerate(parts)
            )
        return After([*steps, *(Alone(member.task) for member in kept)])


@dataclass(slots=True)
class ReleaseBatch:
    """Programs that become crates of their own and one binary."""

    members: tuple[Member, ...]
    folder: Path
    compiled: list[Member] = field(default_factory=list)
    left: int = 0

    def __post_init__(self) -> None:
        self.left = len(self.members)


@dataclass(frozen=True, slots=True)
class Rlib:
    """Compile one program as a crate that offers nothing but its main."""

    group: ReleaseBatch
    member: Member

    def run(self, tools: Tools) -> bool:
        """Return whether it compiled."""
        member, folder = self.member, self.group.folder
        (folder / "src").mkdir(parents=True, exist_ok=True)
        (folder / member.source).write_text(member.text, encoding="utf-8", newline="\n")
        root = f'#[path = "{member.name}.rs"]\nmod {member.module};\npub use {member.module}::{MAIN};\n'
        (folder / "src" / f"root-{member.name}.rs").write_text(root, encoding="utf-8")
        command = [tools.rustc.path, "--crate-name", CRATE_NAME, "--edition", member.task.edition]
        command += [f"src/root-{member.name}.rs", "--crate-type", "rlib", "--error-format=json"]
        command += [*profile_flags(member.task.profile, tools.rustc), "-C", f"metadata={member.name}"]
        limits = compile_limits(member.task.compile_seconds)
        try:
            outcome = run_rustc([*command, "-o", _rlib(member)], folder, tools.supervisor, limits)
        except SupervisorDied as error:
            _reraise_cancelled(error)
            return False
        return outcome.end is End.EXITED and outcome.code == 0

    def then(self, compiled: bool) -> After:  # noqa: FBT001
        """Link when the last of them is there."""
        group = self.group
        group.left -= 1
        if compiled:
            group.compiled.append(self.member)
        steps: list[Step] = [] if compiled else [Alone(self.member.task)]
        if group.left == 0 and group.compiled:
            steps.append(ReleaseLink(tuple(sorted(group.compiled, key=lambda member: member.number)), group.folder))
        return After(steps)


@dataclass(frozen=True, slots=True)
class ReleaseLink:
    """Link crates and a dispatcher."""

    members: tuple[Member, ...]
    folder: Path

    def run(self, tools: Tools) -> Linked:
        """Write and compile the dispatcher."""
        uses = [f"use {_alias(member)} as {member.module};\n" for member in self.members]
        (self.folder / "src" / "batch.rs").write_text("".join(uses) + dispatcher(self.members), encoding="utf-8")
        externs = [f"--extern={_alias(member)}={_rlib(member)}" for member in self.members]
        return _link(self.members, self.folder, "batch", "heapledger_batch", externs, tools)

    def then(self, linked: Linked) -> After:
        """Run them, or each alone where linking failed."""
        if linked.binary is None:
            return After(Alone(member.task) for member in self.members)
        return After(_runs(self.members, linked.binary, self.folder))


@dataclass(frozen=True, slots=True)
class RunMember:
    """Run one program of a linked batch."""

    task: Task
    program: Executable

    def run(self, tools: Tools) -> Ledger | None:
        """Return its ledger, or None where it left no trace."""
        with tools.folder() as folder:
            try:
                return run_traced(self.task, tools.rustc, folder, self.program, tools.supervisor)
            except (TracerSilent, SupervisorDied) as error:
                _reraise_cancelled(error)
                return None

    def then(self, ledger: Ledger | None) -> After:
        """It is done, or it is tried alone, where it gets its own message."""
        if ledger is None:
            return After([Alone(self.task)])
        return After(results=[(self.task.key, Result(ledger, Provenance.FRESH))])


@dataclass(frozen=True, slots=True)
class Alone:
    """A unit of work of any kind, done by its own performer."""

    work: Work

    def run(self, tools: Tools) -> Result[Ledger]:
        """Do it."""
        return do_one(self.work, tools)

    def then(self, result: Result[Ledger]) -> After:
        """It is done."""
        return After(results=[(self.work.key, result)])


def dispatcher(members: Iterable[Member]) -> str:
    """Return the functions that call the chosen main."""
    arms = "\n".join(f"        {member.number} => {START}({member.module}::{MAIN})," for member in members)
    return DISPATCH.format(start=START, tracer=TRACER_CRATE, arms=arms)


def _link(members: tuple[Member, ...], folder: Path, name: str, crate: str, externs: list[str], tools: Tools) -> Linked:
    task = members[0].task
    output = f"target/{name}"
    (folder / "target").mkdir(exist_ok=True)
    command = [*_bin(tools.rustc, tools.tracer, task, crate), *externs, "-o", output]
    limits = compile_limits(task.compile_seconds + LIMIT_SECONDS * len(members))
    try:
        outcome = run_rustc(command, folder, tools.supervisor, limits)
    except SupervisorDied as error:
        _reraise_cancelled(error)
        return Linked(None, finished=False)
    if outcome.end is End.EXITED and outcome.code == 0:
        open_to_all(folder / output, folder)
        return Linked(Binary(folder / output))
    files = {member.source: member.number for member in members}
    errors = [message for message in messages(outcome) if message.level.startswith("error")]
    blamed = {files[span.file_name] for error in errors for span in error.spans if span.file_name in files}
    return Linked(None, frozenset(blamed), outcome.end is End.EXITED)


def _bin(rustc: Rustc, tracer: BuiltTracer, task: Task, crate: str) -> list[str]:
    command = [rustc.path, "--crate-name", crate, "--edition", task.edition, "src/batch.rs", "--crate-type", "bin"]
    command += ["--error-format=json", *profile_flags(task.profile, rustc)]
    return [*command, f"--extern={TRACER_CRATE}={tracer.rlib}"]


def _reraise_cancelled(error: Exception) -> None:
    """A worker process that died is the doing of one program, which is tried alone; a cancelled plan ends."""
    if isinstance(error, SupervisorCancelled):
        raise error


def _runs(members: Iterable[Member], binary: Binary, folder: Path) -> list[Step]:
    return [RunMember(member.task, member.executable(binary, folder)) for member in members]


def _rlib(member: Member) -> str:
    return f"lib{CRATE_NAME}-{member.name}.rlib"


def _alias(member: Member) -> str:
    return f"s{member.name}"
