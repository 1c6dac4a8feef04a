"""Programs of a batch, what links them, and the steps that end each: running it in the batch, or doing it alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from heapledger.engine.compile import compile_limits, messages, open_to_all, run_rustc
from heapledger.engine.kinds import do_one
from heapledger.engine.process import End, Outcome, SupervisorCancelled, SupervisorDied
from heapledger.engine.run import Executable, TracerSilent, run_traced
from heapledger.engine.steps import After, Step
from heapledger.engine.task import Task
from heapledger.engine.work import Result, Tools, Work
from heapledger.measure.own import Own
from heapledger.measure.symbols import Binary
from heapledger.model import Ledger, Profile, Provenance
from heapledger.source.program import TRACER_CRATE
from heapledger.toolchain.flags import CRATE_NAME, profile_flags

LEAST = 3
"""Fewer programs than this are compiled each alone: a batch would save nothing."""
DISPATCHER = "src/batch.rs"
LIMIT_SECONDS = 0.5
"""Seconds of processor time that each program adds to the limit of its batch."""


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
        """Name of its module in debug."""
        return f"p{self.name}"

    @property
    def source(self) -> str:
        """Its file, as long as ``src/main.rs``."""
        return f"src/{self.name}.rs"

    @property
    def crate(self) -> str:
        """Name of its crate in release, as long as ``snippet``."""
        return f"sni{self.name}"

    def executable(self, binary: Binary, folder: Path) -> Executable:
        """Return it in a linked batch."""
        files = {self.source, folder / self.source, folder.resolve() / self.source}
        in_debug = self.task.profile is Profile.DEBUG
        own = Own.of(files, f"{CRATE_NAME}::{self.module}::" if in_debug else f"{self.crate}::")
        return Executable(path=binary.path, binary=binary, own=own, selected=self.number, source=self.source)


@dataclass(frozen=True, slots=True)
class Linked:
    """What came of compiling a batch."""

    binary: Binary | None
    broken: frozenset[int] = frozenset()
    """Numbers of the programs that rustc's messages blame."""
    finished: bool = True
    """False where rustc crashed or hit a limit."""


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
                reraise_cancelled(error)
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


@dataclass(frozen=True, slots=True)
class BatchCrate:
    """The crate of a batch's dispatcher."""

    name: str
    edition: str
    output: str = "batch"
    """Name of the binary, in ``target``."""
    arguments: tuple[str, ...] = ()
    """Further arguments of rustc."""


def link(members: tuple[Member, ...], folder: Path, crate: BatchCrate, tools: Tools) -> Linked:
    """Compile the dispatcher and link it."""
    task = members[0].task
    output = f"target/{crate.output}"
    (folder / "target").mkdir(exist_ok=True)
    command = [tools.rustc.path, "--crate-name", crate.name, "--edition", crate.edition, DISPATCHER]
    command += ["--crate-type", "bin", "--error-format=json", *profile_flags(task.profile, tools.rustc)]
    command += [f"--extern={TRACER_CRATE}={tools.tracer.rlib}", *crate.arguments, "-o", output]
    limits = compile_limits(task.compile_seconds + LIMIT_SECONDS * len(members))
    try:
        outcome = run_rustc(command, folder, tools.supervisor, limits)
    except SupervisorDied as error:
        reraise_cancelled(error)
        return Linked(None, finished=False)
    if outcome.end is End.EXITED and outcome.code == 0:
        open_to_all(folder / output, folder)
        return Linked(Binary(folder / output))
    return Linked(None, _blamed(members, folder, outcome), outcome.end is End.EXITED)


def _blamed(members: Iterable[Member], folder: Path, outcome: Outcome) -> frozenset[int]:
    """Return the numbers of the programs that errors point to, in their own files or where the dispatcher calls them.

    The dispatcher fails where a main returns a type that is private to the program.
    """
    spans = [span for error in messages(outcome) if error.level.startswith("error") for span in error.spans]
    files = {span.file_name for span in spans}
    lines = (folder / DISPATCHER).read_text(encoding="utf-8").splitlines()
    calls = [lines[span.line_start - 1] for span in spans if span.file_name == DISPATCHER]
    return frozenset(
        member.number
        for member in members
        if member.source in files or any(f"{member.module}::" in call for call in calls)
    )


def reraise_cancelled(error: Exception) -> None:
    """A worker process that died is the doing of one program, which is tried alone; a cancelled plan ends."""
    if isinstance(error, SupervisorCancelled):
        raise error


def runs_of(members: Iterable[Member], binary: Binary, folder: Path) -> list[Step]:
    """Return the steps that run the programs of a linked batch."""
    return [RunMember(member.task, member.executable(binary, folder)) for member in members]
