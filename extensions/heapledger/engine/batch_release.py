"""Batches in release: each program is compiled as it is alone, up to the linker; one link serves all.

LLVM must not see two programs together, nor a program under another crate type: an rlib of the same text is optimized
otherwise than a program (three of 79 differed in which calls became jumps). So rustc makes each a program, with the
same flags as alone; what stands for the linker keeps the objects. The batch's dispatcher calls the chosen program's C
``main``, and std starts its main as ever.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from heapledger.engine.batch_member import (
    DISPATCHER,
    Alone,
    BatchCrate,
    Linked,
    Member,
    link,
    reraise_cancelled,
    runs_of,
)
from heapledger.engine.compile import compile_limits, run_rustc, rustc_command
from heapledger.engine.objects import NotAsExpected, take_program
from heapledger.engine.process import End, SupervisorDied
from heapledger.engine.steps import After, Step
from heapledger.engine.work import Tools
from heapledger.source.program import TRACER_CRATE
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.tracer import BuiltTracer

KEEP = Path(__file__).with_name("keep_objects.sh")
CRATE = "heapledger_batch"
EDITION = "2021"
"""Of the dispatcher: the oldest rustc knows it."""
LIBRARY = "programs"

DISPATCH = """\
#![no_main]
extern "C" {{
{declarations}
}}
#[no_mangle]
pub extern "C" fn main(count: i32, arguments: *const *const u8) -> i32 {{
    match {tracer}::selected() {{
{arms}
        _ => 250,
    }}
}}
"""


@dataclass(slots=True)
class ReleaseBatch:
    """Programs that are compiled one by one and become one binary."""

    members: tuple[Member, ...]
    folder: Path
    compiled: list[tuple[Member, list[str]]] = field(default_factory=list)
    """Those that compiled, with their objects as paths in ``folder``."""
    left: int = 0

    def __post_init__(self) -> None:
        self.left = len(self.members)


@dataclass(frozen=True, slots=True)
class CompileMember:
    """Compile one program and keep its objects."""

    group: ReleaseBatch
    member: Member

    def run(self, tools: Tools) -> list[str]:
        """Return its objects, or nothing where it did not compile."""
        member, folder = self.member, self.group.folder
        kept = folder / "target" / f"{member.name}.objects"
        kept.mkdir(parents=True)
        (folder / "src").mkdir(exist_ok=True)
        (folder / member.source).write_text(member.task.program.traced_text, encoding="utf-8", newline="\n")
        limits = compile_limits(member.task.compile_seconds)
        try:
            outcome = run_rustc(
                command(self.group, member, tools.rustc, tools.tracer), folder, tools.supervisor, limits
            )
            if outcome.end is not End.EXITED or outcome.code != 0:
                return []
            return [str(path.relative_to(folder)) for path in take_program(kept, _entry(member))]
        except SupervisorDied as error:
            reraise_cancelled(error)
            return []
        except NotAsExpected:
            return []

    def then(self, objects: list[str]) -> After:
        """Link when the last of them is there."""
        group = self.group
        group.left -= 1
        if objects:
            group.compiled.append((self.member, objects))
        steps: list[Step] = [] if objects else [Alone(self.member.task)]
        if group.left == 0 and group.compiled:
            steps.append(ReleaseLink(group))
        return After(steps)


@dataclass(frozen=True, slots=True)
class ReleaseLink:
    """Link programs and a dispatcher."""

    group: ReleaseBatch

    def run(self, tools: Tools) -> Linked:
        """Write and compile the dispatcher."""
        folder, members = self.group.folder, self._members()
        (folder / DISPATCHER).write_text(dispatcher(members), encoding="utf-8")
        # A library that is a text is a script for the linker; libraries of this crate come before std's, which matters.
        objects = " ".join(path for _, kept in self.group.compiled for path in kept)
        (folder / f"lib{LIBRARY}.so").write_text(f"INPUT({objects})\n", encoding="utf-8")
        crate = BatchCrate(CRATE, EDITION, arguments=("-L", "native=.", "-l", f"dylib={LIBRARY}"))
        return link(members, folder, crate, tools)

    def then(self, linked: Linked) -> After:
        """Run them, or each alone where linking failed."""
        members = self._members()
        if linked.binary is None:
            return After(Alone(member.task) for member in members)
        return After(runs_of(members, linked.binary, self.group.folder))

    def _members(self) -> tuple[Member, ...]:
        return tuple(sorted((member for member, _ in self.group.compiled), key=lambda member: member.number))


def command(group: ReleaseBatch, member: Member, rustc: Rustc, tracer: BuiltTracer) -> list[str]:
    """Return the command line that compiles a program: that of :func:`rustc_command`, but for names and the linker."""
    found = rustc_command(member.task, rustc, tracer, f"target/{member.name}", crate=member.crate, source=member.source)
    return [*found, "-C", f"metadata={member.name}", "-C", f"linker={_linker(group.folder)}"]


def dispatcher(members: tuple[Member, ...]) -> str:
    """Return the program that calls the chosen one."""
    declarations = "\n".join(
        f"    fn {_entry(member)}(count: i32, arguments: *const *const u8) -> i32;" for member in members
    )
    arms = "\n".join(
        f"        {member.number} => unsafe {{ {_entry(member)}(count, arguments) }}," for member in members
    )
    return DISPATCH.format(declarations=declarations, tracer=TRACER_CRATE, arms=arms)


def _entry(member: Member) -> str:
    return f"main_{member.name}"


def prepare_folder(folder: Path) -> None:
    """Make a batch's folder, with what stands for the linker in it."""
    folder.mkdir(parents=True)
    shutil.copyfile(KEEP, _linker(folder))
    _linker(folder).chmod(0o755)


def _linker(folder: Path) -> Path:
    return folder / "cc"
