"""One gdb session over one program: start, stop at markers, write down. Decoding comes afterwards, elsewhere."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from heapledger.engine.debugger import Debugger
from heapledger.engine.process import End, Job, Limits, Outcome, Supervisor
from heapledger.engine.run import FILE_BYTES, OUTPUT_BYTES, PROCESSES, RUN_ENVIRONMENT
from heapledger.measure.snapshot.image import Image
from heapledger.measure.snapshot.raw import RawOutput, parse_output
from heapledger.measure.trace import STAMP_AT, TRACE_BYTES, TRACE_FD, RawTrace, TraceInvalid, decode, new_header

SCRIPT = Path(__file__).with_name("snapshot_gdb.py")
OUT_FD = 196
SECOND_TRACE_FD = 197
GDB_SECONDS = 20.0
"""Processor time that gdb itself may take, beyond that of the program."""
WALL_SECONDS = 30.0
"""Wall-clock time beyond that: a program that waits for ever is ended then."""
GDB_MEMORY = 4 << 30
"""Address space: gdb maps the debug info of the program."""
MAX_OUTPUT = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a session left."""

    output: RawOutput
    traces: tuple[RawTrace | None, ...]
    """The tracer's trace of each run; None where the program left none that is valid."""
    ended: str
    """Why gdb did not come to its end; empty where it did."""


def debug_program(
    debugger: Debugger,
    supervisor: Supervisor,
    folder: Path,
    binary: Path,
    image: Image,
    times: tuple[int | None, ...],
    *,
    cpu_seconds: float,
    memory_bytes: int,
) -> Session:
    """Run a program under gdb.

    :param times: for each marker, which time counts; None: the last.
    """
    shutil.copyfile(SCRIPT, folder / "gdb_script.py")
    job_file = folder / "gdb_job.json"
    program = binary.with_name(f"{binary.name}-debugged")
    program.write_bytes(_without_debug_info(binary.read_bytes(), image))
    job_file.write_text(json.dumps(_job(program, image, times)), encoding="utf-8")
    for file, mode in ((folder / "gdb_script.py", 0o644), (job_file, 0o644), (program, 0o755)):
        file.chmod(mode)  # gdb and the program run as another user
    traces = [_new_trace(), _new_trace()]
    out = os.memfd_create("heapledger-out", os.MFD_CLOEXEC)
    try:
        outcome = supervisor.run(
            Job(
                argv=("gdb", *debugger.arguments, "-nx", "-nh", "-q", "-batch", "-x", "gdb_script.py"),
                executable=debugger.path,
                cwd=folder,
                env={**debugger.env, "HEAPLEDGER_JOB": str(job_file), "LC_ALL": "C.UTF-8"},
                limits=Limits(
                    cpu_seconds=cpu_seconds + GDB_SECONDS,
                    wall_seconds=cpu_seconds + WALL_SECONDS,
                    memory_bytes=max(memory_bytes, GDB_MEMORY),
                    file_bytes=max(FILE_BYTES, MAX_OUTPUT),
                    processes=PROCESSES,
                    output_bytes=OUTPUT_BYTES,
                ),
                fds={TRACE_FD: traces[0], SECOND_TRACE_FD: traces[1], OUT_FD: out},
                drop_privileges=_is_for_all(debugger),
            )
        )
        size = os.fstat(out).st_size
        data = os.pread(out, min(size, MAX_OUTPUT), 0)
        try:
            output = parse_output(data, times)
        except msgspec.DecodeError:
            output = RawOutput(((),), None)
        decoded = tuple(_decode(trace, image) for trace in traces)
        return Session(output=output, traces=decoded, ended=_ended(outcome, output))
    finally:
        for descriptor in (*traces, out):
            os.close(descriptor)


def _without_debug_info(program: bytes, image: Image) -> bytes:
    """Hide debug info from gdb, which needs only the unwind tables: reading std's costs it two thirds of its time."""
    start, end = image.section_names
    return program[:start] + program[start:end].replace(b".debug_", b".hidden") + program[end:]


def _job(binary: Path, image: Image, times: tuple[int | None, ...]) -> dict[str, object]:
    return {
        "program": str(binary),
        "out": OUT_FD,
        "trace": TRACE_FD,
        "second_trace": SECOND_TRACE_FD,
        "stamp_offset": STAMP_AT,
        "image": image.first,
        "stopped": image.address_of("stopped"),
        "hits": image.address_of("HITS"),
        "wanted": image.address_of("WANTED"),
        "times": list(times),
        "env": RUN_ENVIRONMENT,
    }


def _is_for_all(debugger: Debugger) -> bool:
    """Whether another user can run it: a Python in somebody's home folder can be read by its owner only."""
    home = debugger.env.get("PYTHONHOME", "").partition(":")[0]
    needed = [Path(debugger.path), *([Path(home)] if home else [])]
    return all(folder.stat().st_mode & 0o001 for path in needed for folder in (path, *path.resolve().parents))


def _new_trace() -> int:
    descriptor = os.memfd_create("heapledger", os.MFD_CLOEXEC)
    os.ftruncate(descriptor, TRACE_BYTES)
    os.pwrite(descriptor, new_header(TRACE_BYTES), 0)
    return descriptor


def _decode(descriptor: int, image: Image) -> RawTrace | None:
    import mmap  # noqa: PLC0415 - not on Windows, where the package must import

    if os.fstat(descriptor).st_size != TRACE_BYTES:
        return None
    with mmap.mmap(descriptor, TRACE_BYTES, prot=mmap.PROT_READ) as mapped, memoryview(mapped) as view:
        try:
            trace = decode(view, phdr_vaddr=image.phdr, image=(image.first, image.last))
        except TraceInvalid:
            return None
    return trace if trace.attached else None


def _ended(outcome: Outcome, output: RawOutput) -> str:
    if output.end is not None:
        return ""
    if outcome.end is End.TIMEOUT:
        return "the program did not end in time"
    if outcome.end is End.OUTPUT_LIMIT:
        return "the program printed more than 1 MiB"
    if outcome.end is End.NOT_STARTED:
        return f"gdb could not be started: {outcome.error}"
    said = outcome.stderr.decode(errors="replace").strip().splitlines()
    return f"gdb ended early ({outcome.end.value}): {said[-1] if said else 'it said nothing'}"
