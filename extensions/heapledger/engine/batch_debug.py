"""Batches in debug: programs are private modules of one crate, and a dispatcher calls the chosen main."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from heapledger.engine.batch_member import DISPATCHER, LEAST, Alone, BatchCrate, Linked, Member, link, runs_of
from heapledger.engine.steps import After, Step
from heapledger.engine.work import Tools
from heapledger.measure.own import START
from heapledger.source import rust
from heapledger.source.program import TRACER_CRATE
from heapledger.toolchain.flags import CRATE_NAME

ROUNDS = 3
"""How often a batch is compiled without the programs that broke it, before the rest is compiled alone."""
PIECES = 8
"""Into how many parts a batch falls that rustc could not finish."""
MAIN = "HEAPLEDGER_MAIN"

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
            (self.folder / member.source).write_text(_text(member), encoding="utf-8", newline="\n")
        modules = [f'#[path = "{member.name}.rs"]\nmod {member.module};\n' for member in self.members]
        (self.folder / DISPATCHER).write_text("".join(modules) + dispatcher(self.members), encoding="utf-8")
        crate = BatchCrate(CRATE_NAME, self.members[0].task.edition, f"batch-{self.round}")
        return link(self.members, self.folder, crate, tools)

    def then(self, linked: Linked) -> After:
        """Run them, or go on without those that broke it."""
        if linked.binary is not None:
            return After(runs_of(self.members, linked.binary, self.folder))
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


def dispatcher(members: Iterable[Member]) -> str:
    """Return the functions that call the chosen main."""
    arms = "\n".join(f"        {member.number} => {START}({member.module}::{MAIN})," for member in members)
    return DISPATCH.format(start=START, tracer=TRACER_CRATE, arms=arms)


def _text(member: Member) -> str:
    """The program, and after its end a pointer to its main."""
    kind = rust.main_return_type(member.task.program.text)
    return f"{member.task.program.text}pub static {MAIN}: fn() -> {kind} = main;\n"
