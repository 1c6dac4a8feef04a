"""Running one program under the tracer, several times where repetition tells what is stable."""

from __future__ import annotations

import mmap
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from heapledger.engine.compile import Compiled, compile_program
from heapledger.engine.ending import ending
from heapledger.engine.process import Job, Limits, Outcome, Supervisor
from heapledger.engine.task import Task
from heapledger.engine.work import NothingMeasured, Tools
from heapledger.measure.attribute import MAIN_THREAD, Attributor
from heapledger.measure.ledger import Measured, measure, ranges
from heapledger.measure.own import Own
from heapledger.measure.symbols import Binary
from heapledger.measure.trace import TRACE_BYTES, TRACE_FD, RawTrace, TraceInvalid, decode, new_header
from heapledger.model import Exit, ExitKind, Ledger, Outside, OutsideTotals
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.flags import CRATE_NAME, SOURCE_PATH

RUN_ENVIRONMENT = {"RUST_BACKTRACE": "0"}
"""All that a measured program finds in its environment: an inherited ``RUST_BACKTRACE=1`` turns one caught panic from
2 allocations into 7,553."""

RUNS = 2
RUNS_WITH_THREADS = 5
OUTPUT_BYTES = 1 << 20
FILE_BYTES = 64 << 20
PROCESSES = 128
WALL_FACTOR = 4.0
WALL_EXTRA_SECONDS = 10.0

UNCACHEABLE = frozenset({ExitKind.TIMEOUT, ExitKind.MEMORY_LIMIT, ExitKind.OUTPUT_LIMIT})
"""Endings that depend on limits and on how busy the machine is: tried again on every build."""

_THREAD_ID = re.compile(r"(?m)^(\n?thread '[^'\n]*') \(\d+\) (panicked at|has overflowed)")
_BACKTRACE = re.compile(r"(?m)^stack backtrace:\n(?:^ +(?:\d+:|at) .*\n)+")


class TracerSilent(NothingMeasured):
    """The program ran, but the tracer left no valid trace."""


@dataclass(frozen=True, slots=True)
class _Run:
    outcome: Outcome
    trace: RawTrace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Executable:
    """A linked program with the tracer in it: of one snippet, or a batch of many."""

    path: Path
    binary: Binary
    own: Own
    """Which part of it is the snippet."""
    selected: int = 0
    """Number of the snippet in a batch."""
    source: str = SOURCE_PATH
    """Name of the snippet's file, as its panics write it; as long as that of a program of its own."""


def perform(task: Task, tools: Tools) -> Ledger:
    """Compile and run one task in a folder of its own, which is gone afterwards.

    :raises TracerSilent: where a traced program left no trace although it ended by itself.
    """
    rustc, supervisor = tools.rustc, tools.supervisor
    with tools.folder() as folder:
        linked = tools.tracer if task.program.traced else None
        compiled = compile_program(task, rustc, linked, folder, supervisor)
        if compiled.binary is None or not task.run:
            return _unrun(task, rustc, compiled)
        if linked is None:
            return _untraced(task, rustc, _outcome(task, folder, compiled.binary, {}, supervisor))
        own = Own.of({SOURCE_PATH, folder / SOURCE_PATH, folder.resolve() / SOURCE_PATH})
        program = Executable(path=compiled.binary, binary=Binary(compiled.binary), own=own)
        return run_traced(task, rustc, folder, program, supervisor)


def is_cacheable(ledger: Ledger) -> bool:
    """Whether a ledger holds on the next build too."""
    if ledger.exit.kind is ExitKind.COMPILE_ERROR:
        return not ledger.exit.message
    return ledger.exit.kind not in UNCACHEABLE


def run_traced(task: Task, rustc: Rustc, folder: Path, program: Executable, supervisor: Supervisor) -> Ledger:
    """Run a program as often as it takes to tell what is stable, and make the ledger.

    :param folder: where it runs; it must be its own.
    :raises TracerSilent: where it left no trace although it ended by itself.
    """
    measured: list[Measured] = []
    attributor = Attributor(program.binary, program.own)
    first = run = _start(task, folder, program, supervisor)
    wanted = RUNS
    while True:
        exit_, usable = ending(run.outcome, run.trace, _exited(run.trace, attributor))
        if run.trace is None or not run.trace.attached:
            if usable:
                raise TracerSilent(
                    "the program ran, but the tracer left no trace: the snippet may have closed or replaced it"
                )
            return _ledger(task, rustc, run.outcome, exit_)
        measured.append(measure(run.trace, attributor, task.program.source_line))
        if not usable:
            break
        if measured[-1].threads > 1 or run.trace.threads > 1:
            wanted = RUNS_WITH_THREADS
        if len(measured) >= wanted:
            break
        run = _start(task, folder, program, supervisor)
    exit_, _ = ending(first.outcome, first.trace, _exited(first.trace, attributor))
    return _ledger(task, rustc, first.outcome, exit_, measured)


def _outcome(task: Task, folder: Path, path: Path, fds: dict[int, int], supervisor: Supervisor) -> Outcome:
    limits = Limits(
        cpu_seconds=task.cpu_seconds,
        wall_seconds=task.cpu_seconds * WALL_FACTOR + WALL_EXTRA_SECONDS,
        memory_bytes=task.memory_bytes + (TRACE_BYTES if fds else 0),
        file_bytes=FILE_BYTES,
        processes=PROCESSES,
        output_bytes=OUTPUT_BYTES,
    )
    return supervisor.run(
        Job(
            argv=(f"target/{task.profile.value}/{CRATE_NAME}",),
            executable=str(path),
            cwd=folder,
            env=RUN_ENVIRONMENT,
            limits=limits,
            fds=fds,
            drop_privileges=True,
        )
    )


def _start(task: Task, folder: Path, program: Executable, supervisor: Supervisor) -> _Run:
    binary = program.binary
    trace_fd = os.memfd_create("heapledger", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(trace_fd, TRACE_BYTES)
        os.pwrite(trace_fd, new_header(TRACE_BYTES, selected=program.selected), 0)
        _seal(trace_fd)
        outcome = _outcome(task, folder, program.path, {TRACE_FD: trace_fd}, supervisor)
        with mmap.mmap(trace_fd, TRACE_BYTES, prot=mmap.PROT_READ) as mapped, memoryview(mapped) as view:
            try:
                trace = decode(view, phdr_vaddr=binary.phdr_vaddr, image=binary.image)
            except TraceInvalid as error:
                raise TracerSilent(f"the trace is not valid: {error}") from error
        return _Run(_as_alone(outcome, program.source), trace)
    finally:
        os.close(trace_fd)


def _as_alone(outcome: Outcome, source: str) -> Outcome:
    """Write the name of the snippet's file as it is in a program of its own."""
    if source == SOURCE_PATH:
        return outcome
    old, new = source.encode(), SOURCE_PATH.encode()
    return replace(outcome, stdout=outcome.stdout.replace(old, new), stderr=outcome.stderr.replace(old, new))


def _seal(descriptor: int) -> None:
    """The program must not resize the trace: a shrunk mapping would kill it at its next call of the allocator."""
    import fcntl  # noqa: PLC0415 - not on Windows, where the package must import

    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)


def _exited(trace: RawTrace | None, attributor: Attributor) -> bool | None:
    """Whether the program called ``exit`` itself: main was on the stack, or another thread called it."""
    if trace is None or not trace.exit_reached:
        return None
    return trace.exit_thread != MAIN_THREAD or attributor.under_main(trace.exit_frames)


def _text(data: bytes) -> str:
    """Decode what a program printed: each byte that is not UTF-8 becomes a backslash, ``x`` and two digits.

    What differs on every run is left out: the operating system's number of a thread, the addresses of a backtrace (std
    prints one for a double panic whatever ``RUST_BACKTRACE`` says).
    """
    text = _THREAD_ID.sub(r"\1 \2", data.decode(errors="backslashreplace"))
    return _BACKTRACE.sub("stack backtrace: left out\n", text)


def _ledger(task: Task, rustc: Rustc, outcome: Outcome, exit_: Exit, measured: list[Measured] | None = None) -> Ledger:
    nothing = OutsideTotals(allocs=0, bytes=0)
    first = measured[0] if measured else None
    return Ledger(
        profile=task.profile,
        toolchain=rustc.toolchain,
        traced=first is not None,
        events_left_out=first.events_left_out if first else 0,
        unstable=ranges(measured) if measured else {},
        totals=first.totals if first else None,
        events=first.events if first else (),
        threads=max(run.threads for run in measured) if measured else 0,
        outside=first.outside if first else Outside(startup=nothing, shutdown=nothing),
        stdout=_text(outcome.stdout),
        stderr=_text(outcome.stderr),
        exit=exit_,
    )


def _untraced(task: Task, rustc: Rustc, outcome: Outcome) -> Ledger:
    return _ledger(task, rustc, outcome, ending(outcome, None, None)[0])


def _unrun(task: Task, rustc: Rustc, compiled: Compiled) -> Ledger:
    failed = compiled.binary is None
    exit_ = Exit(
        kind=ExitKind.COMPILE_ERROR if failed else ExitKind.RETURNED,
        code=None,
        message=compiled.trouble or None,
        diagnostics=compiled.diagnostics,
    )
    nothing = OutsideTotals(allocs=0, bytes=0)
    return Ledger(
        profile=task.profile,
        toolchain=rustc.toolchain,
        traced=False,
        events_left_out=0,
        unstable={},
        totals=None,
        events=(),
        threads=0,
        outside=Outside(startup=nothing, shutdown=nothing),
        stdout="",
        stderr="",
        exit=exit_,
    )
