"""One program, compiled as cargo would, with rustc's messages in lines of the snippet's source."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from heapledger.engine.process import End, Job, Limits, Outcome, Supervisor
from heapledger.engine.task import Task
from heapledger.engine.tools import tool_environment
from heapledger.model import Diagnostic
from heapledger.source.program import TRACER_CRATE, Program
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.flags import CRATE_NAME, SOURCE_PATH, profile_flags
from heapledger.toolchain.tracer import BuiltTracer

COMPILE_LIMITS = Limits(
    cpu_seconds=30.0,  # and WALL_FACTOR times that by the clock; both come with the task
    wall_seconds=180.0,
    memory_bytes=4 << 30,
    file_bytes=512 << 20,
    processes=256,
    first_look_seconds=0.25,  # rustc starts few processes, whatever it reads, and most have ended by then
    output_bytes=1 << 20,
)
ALLOCATOR = {"MALLOC_CONF": "narenas:1,dirty_decay_ms:-1,thp:always"}
"""For the jemalloc in rustc: one arena, not four for each core, nothing given back before the end, and large pages. A
small program then takes a third to a half fewer page faults, which are a third of rustc's time. What it makes is the
same, and no measured program finds this variable."""
WALL_FACTOR = 6.0
MAX_DIAGNOSTICS = 20
MAX_LINKER_LINES = 5


class Span(msgspec.Struct):
    """Where a message points."""

    file_name: str
    line_start: int
    column_start: int
    is_primary: bool
    label: str | None = None


class _Code(msgspec.Struct):
    code: str


class _Note(msgspec.Struct):
    message: str


class Message(msgspec.Struct):
    """One line of ``--error-format=json``; further fields are ignored."""

    message: str
    level: str
    spans: list[Span]
    code: _Code | None = None
    rendered: str | None = None
    children: list[_Note] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What came out of rustc."""

    binary: Path | None
    """The linked program, or None."""
    diagnostics: tuple[Diagnostic, ...]
    trouble: str
    """What went wrong apart from the program's own errors: a limit, a crash of rustc; empty otherwise."""


def compile_program(
    task: Task, rustc: Rustc, tracer: BuiltTracer | None, folder: Path, supervisor: Supervisor
) -> Compiled:
    """Compile a task's program in ``folder``; the binary lands where cargo would put it."""
    program = task.program
    source = folder / SOURCE_PATH
    source.parent.mkdir(parents=True)
    source.write_text(program.traced_text if tracer else program.text, encoding="utf-8", newline="\n")
    relative = f"target/{task.profile.value}/{CRATE_NAME}"
    (folder / relative).parent.mkdir(parents=True)
    limits = compile_limits(task.compile_seconds)
    outcome = run_rustc(rustc_command(task, rustc, tracer, relative), folder, supervisor, limits)
    diagnostics = _diagnostics(outcome, program)
    binary = folder / relative
    if outcome.end is End.EXITED and outcome.code == 0 and binary.is_file():
        open_to_all(binary, folder)
        return Compiled(binary=binary, diagnostics=diagnostics, trouble="")
    trouble = _trouble(outcome, limits)
    if not trouble and not any(message.level == "error" for message in diagnostics):
        trouble = "rustc failed without an error: " + (
            outcome.stderr.decode(errors="replace").strip()[:500] or "no output"
        )
    return Compiled(binary=None, diagnostics=diagnostics, trouble=trouble)


def open_to_all(binary: Path, folder: Path) -> None:
    """Let other users run a binary in ``folder``: where we are root, the program runs as somebody else."""
    for path in (binary, *binary.parents):
        if path == folder:
            break
        path.chmod(0o755)


def compile_limits(cpu_seconds: float) -> Limits:
    """Return what rustc may use where it may take this much processor time."""
    return replace(COMPILE_LIMITS, cpu_seconds=cpu_seconds, wall_seconds=WALL_FACTOR * cpu_seconds)


def run_rustc(command: list[str], folder: Path, supervisor: Supervisor, limits: Limits) -> Outcome:
    """Run rustc in a folder, held to limits.

    Its temporary files, and those of the linker that it starts, are in that folder too: they go with it, also where
    they are stopped half way.
    """
    environment = tool_environment() | ALLOCATOR | {"TMPDIR": str(folder.absolute())}
    return supervisor.run(Job(argv=tuple(command), cwd=folder, env=environment, limits=limits))


def rustc_command(
    task: Task,
    rustc: Rustc,
    tracer: BuiltTracer | None,
    output: str,
    *,
    crate: str = CRATE_NAME,
    source: str = SOURCE_PATH,
) -> list[str]:
    """Return the command line: cargo's flags, the tracer's crate, and messages as JSON."""
    command = [rustc.path, "--crate-name", crate, "--edition", task.edition, source]
    command += ["--crate-type", "bin", "--error-format=json", "--emit=link", *profile_flags(task.profile, rustc)]
    command += task.program.extra_flags
    if tracer is not None:
        command += ["--extern", f"{TRACER_CRATE}={tracer.rlib}"]
    return [*command, "-o", output]


def _trouble(outcome: Outcome, limits: Limits) -> str:
    if outcome.end is End.TIMEOUT:
        if outcome.wall_seconds >= limits.wall_seconds:
            return f"compiling took more than {limits.wall_seconds:g} s and was stopped: rustc waits for something"
        return f"compiling took more than {limits.cpu_seconds:g} s of processor time and was stopped"
    if outcome.end is End.OUTPUT_LIMIT:
        return "rustc printed more than 1 MiB of messages and was stopped"
    if outcome.end is End.SIGNAL:
        return f"rustc itself crashed (signal {outcome.signal}) or ran out of memory"
    if outcome.end is not End.EXITED:
        return f"rustc could not be run: {outcome.error or outcome.end.value}"
    return ""


def messages(outcome: Outcome) -> list[Message]:
    """Return rustc's errors and warnings, in lines of what it compiled."""
    found: list[Message] = []
    for line in outcome.stderr.splitlines():
        if not line.startswith(b"{"):
            continue
        try:
            message = msgspec.json.decode(line, type=Message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if message.level.startswith("error") and message.spans == [] and message.message.startswith("aborting due to"):
            continue
        if message.level in {"error", "warning", "error: internal compiler error"}:
            found.append(message)
    return found


def _diagnostics(outcome: Outcome, program: Program) -> tuple[Diagnostic, ...]:
    found = [_in_source(message, program) for message in messages(outcome)]
    errors = [message for message in found if message.level == "error"]
    return tuple((errors or found)[:MAX_DIAGNOSTICS])


def _in_source(message: Message, program: Program) -> Diagnostic:
    """Move a message into lines of the snippet's source; a place outside it is set to the nearest line inside."""
    inside = [span for span in message.spans if span.file_name == SOURCE_PATH]
    unclosed = [span for span in inside if span.label == "unclosed delimiter" and program.source_line(span.line_start)]
    # rustc's primary place is where it noticed, for a bracket of the author perhaps in a line of ours.
    primary = unclosed[-1] if unclosed else next((span for span in inside if span.is_primary), None)
    line = None
    if primary is not None:
        line = program.source_line(primary.line_start)
        if line is None:
            line = 1 if primary.line_start <= program.kept_above + program.offset else program.lines
        line = min(line, program.lines)
    told = _linker_said(message) if message.message.startswith("linking with") else None
    return Diagnostic(
        level="error" if message.level.startswith("error") else message.level,
        code=message.code.code if message.code else None,
        message=told or message.message,
        line=line,
        column=primary.column_start if primary is not None else None,
        label=(primary.label or "") if primary is not None else "",
        rendered=f"error: {told}\n" if told else message.rendered or "",
    )


def _linker_said(message: Message) -> str:
    """Write a linker's failure without its command line, which is long and full of this machine's folders."""
    lines = [line.strip() for note in message.children for line in note.message.splitlines()]
    reasons = [re.sub(r"\S*/", "", line) for line in lines if re.search(r"\bl?ld\S*: |: undefined reference", line)]
    return "\n".join([message.message, *reasons[:MAX_LINKER_LINES]])
