"""Running programs: each worker thread has one :class:`Supervisor`, which has a process of its own do it.

What a program may use, where it runs and what it finds there is a :class:`Job`; what became of it an :class:`Outcome`.
The other side, with the limits and the reasons for them, is ``supervisor.py``.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from heapledger.engine.worker import ANSWER_SECONDS, WorkerLost, WorkerProcess
from heapledger.errors import HeapledgerError, UnsupportedPlatform

TARGETS = range(3, 256)
"""Numbers that a descriptor may have in the program; the limit for open files is 256."""


class SupervisorDied(HeapledgerError):
    """The worker process ended, or hung; the text says what is known. The next run starts a new one."""


class SupervisorCancelled(SupervisorDied):
    """:meth:`Supervisor.cancel` or :meth:`Supervisor.close` was called; no run starts any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a program may use. Whatever is over a limit ends it, with all its processes."""

    cpu_seconds: float
    """Seconds of processor time of all its processes; the kernel holds each process to the next whole second."""
    wall_seconds: float
    """Seconds from its start; a far backstop, for under load programs wait without fault of theirs."""
    memory_bytes: int
    """Bytes of address space of each process; an allocation over it fails."""
    file_bytes: int
    """Bytes of a file that it writes; SIGXFSZ ends a process that writes more."""
    processes: int
    """Processes and threads at one time. With dropped privileges the next one is refused, else all are ended."""
    first_look_seconds: float = 0.01
    """Seconds until the number of its processes and their processor time are looked at first, where the kernel does
    not hold them. Looking takes time of the kernel, as much as a millisecond at the end of each process."""
    output_bytes: int
    """Bytes kept of stdout, and of stderr; one byte more ends the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program to run."""

    argv: tuple[str, ...]
    """Arguments; the first is the name by which the program knows itself."""
    executable: str | None = None
    """The file to run where that is not ``argv[0]``. A path, relative to ``cwd``; PATH is not searched."""
    cwd: Path
    """Working directory. With ``drop_privileges`` it must be the job's own: it is given to the other user."""
    env: Mapping[str, str]
    """The whole environment."""
    limits: Limits
    """What it may use."""
    fds: Mapping[int, int] = field(default_factory=dict)
    """Open files to pass on: number in the program (3 to 255) -> number in this process."""
    drop_privileges: bool = False
    """Where we are root, run it as a user of its own; the executable and its folders must be readable to all."""


class End(StrEnum):
    """How a program ended."""

    EXITED = "exited"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    """Over the limit of processor time or of wall-clock time."""
    OUTPUT_LIMIT = "output-limit"
    PROCESS_LIMIT = "process-limit"
    NOT_STARTED = "not-started"
    """It could not be started; ``Outcome.error`` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a program. Its end is that of its main process; nothing of it runs any more."""

    end: End
    """How it ended."""
    code: int | None
    """Exit status of the main process, or None where a signal ended it."""
    signal: int | None
    """Number of the signal that ended the main process, also where it was our SIGKILL at a limit."""
    stdout: bytes
    """The first bytes that it wrote there, up to the limit."""
    stderr: bytes
    """The same of stderr."""
    cpu_seconds: float
    """Seconds of processor time, user and system, of all its processes."""
    wall_seconds: float
    """Seconds from its start to the end of its main process."""
    peak_rss_bytes: int
    """Largest resident memory of one of its processes, in bytes; at least that of our own worker, some 12 MiB."""
    survivors: int
    """How many processes still ran after the main process, and were killed."""
    privileges_dropped: bool
    """Whether it ran as another user, see :attr:`Job.drop_privileges`."""
    error: str
    """Why it could not be started; else empty."""


class Supervisor:
    """Runs programs, one at a time; each thread has its own. Use it as a context manager."""

    def __init__(self) -> None:
        self._worker: WorkerProcess | None = None
        self._cancelled = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if not hasattr(socket, "AF_UNIX") or sys.platform == "win32":
            raise UnsupportedPlatform("programs can be run on Linux and other POSIX systems only; this is Windows")
        self._cancelled = False
        with self._lock:
            self._ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def run(self, job: Job) -> Outcome:
        """Run a program and wait for its end.

        :raises SupervisorDied: where the worker process ended; the next call starts a new one.
        :raises SupervisorCancelled: where :meth:`cancel` was called before or meanwhile.
        """
        if not all(target in TARGETS for target in job.fds):
            raise ValueError(f"numbers of passed descriptors must be from 3 to 255: {sorted(job.fds)}")
        with self._lock:
            worker = self._ready()
            try:
                worker.send(_message(job), list(job.fds.values()))
                message, (stdout, stderr) = worker.receive(job.limits.wall_seconds + ANSWER_SECONDS)
            except WorkerLost as error:
                raise self._lost(worker, str(error)) from error
            except BaseException:  # an interrupt between job and answer: the next answer would be that of this job
                self._worker = None
                worker.end()
                raise
        del message["lengths"]
        return Outcome(**message | {"end": End(message["end"])}, stdout=stdout, stderr=stderr)

    def cancel(self) -> None:
        """End what runs, at once and for good, from any thread or signal handler; does not wait."""
        self._cancelled = True
        if worker := self._worker:
            worker.cancel()

    def close(self) -> None:
        """End the worker process and wait for its end."""
        self.cancel()
        with self._lock:
            worker, self._worker = self._worker, None
            if worker:
                worker.end()

    def _ready(self) -> WorkerProcess:
        """Return the worker process, started where there is none or only that of the process we were forked from."""
        if self._worker and self._worker.owner != os.getpid():
            self._worker.end()
            self._worker = None
        if self._worker is None and not self._cancelled:
            self._worker = WorkerProcess()
            try:
                self._worker.greet()
            except WorkerLost as error:
                raise self._lost(self._worker, str(error)) from error
        if self._cancelled or self._worker is None:
            raise SupervisorCancelled("the run was cancelled")
        return self._worker

    def _lost(self, worker: WorkerProcess, error: str) -> SupervisorDied:
        self._worker = None
        known = worker.end()
        if self._cancelled:
            return SupervisorCancelled("the run was cancelled")
        return SupervisorDied(f"the process that runs programs ended unexpectedly: {error and error + ', '}{known}")


_LIMITS = tuple(field.name for field in fields(Limits))


def _message(job: Job) -> dict[str, Any]:
    """Encode a job; bytes travel one a character, so that nothing depends on either side's locale."""
    return {
        "argv": [_raw(word) for word in job.argv],
        "executable": _raw(job.executable if job.executable is not None else job.argv[0]),
        "cwd": _raw(str(job.cwd)),
        "env": {_raw(name): _raw(value) for name, value in job.env.items()},
        "limits": {name: getattr(job.limits, name) for name in _LIMITS},
        "targets": list(job.fds),
        "drop": job.drop_privileges,
    }


def _raw(text: str) -> str:
    return os.fsencode(text).decode("latin-1")
