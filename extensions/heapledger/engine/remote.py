"""Work beyond this machine: portions of a plan, done by whoever an executor hands them to.

A portion is done there as a plan is done here: the same batches, the same limits, a worker process for programs. It
starts with a comparison: results of another toolchain, tracer or heapledger would be stored under our keys.
"""

from __future__ import annotations

import os
import platform
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache as memoize
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from heapledger.engine.batch import plan_batches
from heapledger.engine.batch_member import Alone
from heapledger.engine.cache import Cache
from heapledger.engine.debugger import debugger_identity
from heapledger.engine.process import Supervisor
from heapledger.engine.snapshot import SnapshotTask
from heapledger.engine.steps import Scheduler
from heapledger.engine.task import Task, own_digest
from heapledger.engine.work import Result, Tools, Work
from heapledger.errors import HeapledgerError, ToolchainUnusable
from heapledger.toolchain.find import Rustc, find_rustc
from heapledger.toolchain.tracer import BuiltTracer, build_tracer, check_linking, linker_size, tracer_digest

MOST = 50
"""Most units of work of one portion: what a dead worker loses."""
LEAST = 5
"""Least, where there are so many: a batch of fewer saves little."""
TURNS = 3
"""How many portions each worker gets, so that a slow one does not hold up the others."""
WATCH_SECONDS = 5.0
"""How often it is asked whether anybody still works."""

Done = Callable[[str, Result[Any]], None]


@dataclass(frozen=True, slots=True)
class Identity:
    """What must be the same there and here, by name."""

    parts: tuple[tuple[str, str], ...]

    @classmethod
    def here(cls, rustc: Rustc, *, debugger: bool) -> Identity:
        """Return that of this machine.

        :param debugger: whether the debugger matters too.
        """
        parts = [
            ("rustc", rustc.verbose),
            ("files of rustc", rustc.fingerprint),
            ("heapledger", own_digest()),
            ("tracer", tracer_digest()),
            ("linker", linker_size()),
            ("machine", platform.machine()),
        ]
        return cls((*parts, *([("debugger", _without_times(debugger_identity()))] if debugger else [])))

    def difference(self, other: Identity) -> str:
        """Return what differs in another one, empty where nothing does."""
        theirs = dict(other.parts)
        found = [name for name, value in self.parts if theirs.get(name) != value]
        first = next((f": {_line(dict(self.parts)[name])}, there {_line(theirs[name])}" for name in found[:1]), "")
        return f"{' and '.join(found)} differ{first}" if found else ""


def _line(text: str) -> str:
    return text.strip().partition("\n")[0][:80]


def _without_times(identity: str) -> str:
    return "; ".join(" ".join(one.split(" ")[:-1]) for one in identity.split("; "))


@dataclass(frozen=True, slots=True)
class Portion:
    """Work for one worker."""

    works: tuple[Work, ...]
    path: str
    """Where rustc is here; there it may be elsewhere, on its PATH."""
    identity: Identity


@dataclass(frozen=True, slots=True)
class Returned:
    """What came of a portion."""

    results: tuple[tuple[str, Result[Any]], ...] = ()
    refused: str = ""
    """Why nothing was done."""


def do_portion(portion: Portion) -> Returned:
    """Do a portion, in a thread of a worker."""
    needs_debugger = any(name == "debugger" for name, _ in portion.identity.parts)
    try:
        station = _station(portion.path)
    except HeapledgerError as error:
        return Returned(refused=f"{socket.gethostname()}: {error}")
    difference = portion.identity.difference(Identity.here(station.rustc, debugger=needs_debugger))
    if difference:
        return Returned(refused=f"{socket.gethostname()}: {difference}")
    found: list[tuple[str, Result[Any]]] = []
    with TemporaryDirectory(prefix="heapledger-") as scratch, Supervisor() as supervisor:
        Path(scratch).chmod(0o755)
        steps, alone = plan_batches(portion.works, Path(scratch))
        tools = Tools(station.rustc, station.tracer, supervisor)
        with ThreadPoolExecutor(1) as pool:  # Dask says how many work side by side
            scheduler = Scheduler(pool, 2, lambda: tools, lambda key, result: found.append((key, result)))
            scheduler.run([*steps, *(Alone(work) for work in alone)])
    return Returned(tuple(found))


@dataclass(frozen=True, slots=True)
class _Station:
    """What a worker keeps as long as it lives."""

    rustc: Rustc
    tracer: BuiltTracer
    folder: TemporaryDirectory[str]


_lock = threading.Lock()


def _station(path: str) -> _Station:
    with _lock:  # two threads of a worker build one tracer
        return _make_station(path)


@memoize
def _make_station(path: str) -> _Station:
    folder = TemporaryDirectory(prefix="heapledger-")
    Path(folder.name).chmod(0o755)
    nothing = Cache(None)
    rustc = find_rustc(path if os.access(path, os.X_OK) else "", nothing)
    tracer = build_tracer(rustc, nothing, Path(folder.name))
    check_linking(rustc, nothing)
    return _Station(rustc, tracer, folder)


def do_remotely(
    works: Sequence[Work],
    rustc: Rustc,
    pool: Executor,
    done: Done,
    *,
    workers: Callable[[], int],
) -> None:
    """Have work done by an executor of other machines.

    :param workers: how many work now.
    :raises ToolchainUnusable: where a worker's toolchain is not ours, nobody works any more, or the scheduler is gone.
    """
    identity = {needed: Identity.here(rustc, debugger=needed) for needed in (False, True)}
    count = workers()
    if count == 0:
        raise ToolchainUnusable("the Dask cluster has no workers; start some with 'dask worker'")
    pending: dict[Future[Returned], Portion] = {}
    for part in _portions(works, count):
        needed = any(isinstance(work, SnapshotTask) for work in part)
        portion = Portion(part, rustc.path, identity[needed])
        pending[pool.submit(do_portion, portion)] = portion
    try:
        while pending:
            finished, _ = wait(pending, timeout=WATCH_SECONDS, return_when=FIRST_COMPLETED)
            if not finished and workers() == 0:
                raise ToolchainUnusable("every worker of the Dask cluster is gone; what was finished is kept")
            for future in finished:
                del pending[future]
                _take(_result_of(future), done)
    finally:
        for future in pending:
            future.cancel()


def _result_of(future: Future[Returned]) -> Returned:
    try:
        return future.result()
    except CancelledError as error:  # not by us: Dask gives up what it had in hand where it loses its scheduler
        raise ToolchainUnusable("the Dask scheduler is gone; what was finished is kept") from error


def _take(returned: Returned, done: Done) -> None:
    if returned.refused:
        raise ToolchainUnusable(
            f"a Dask worker cannot measure for this machine; {returned.refused}. Give all the same rustc, linker and "
            "heapledger, or set heapledger_executor = 'local'"
        )
    for key, result in returned.results:
        done(key, result)


def _portions(works: Iterable[Work], workers: int) -> Iterable[tuple[Work, ...]]:
    """Divide work so that what can be a batch stays together."""
    groups: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        profile = work.profile.value if isinstance(work, Task) else ""
        groups.setdefault((type(work).__name__, profile), []).append(work)
    for group in groups.values():
        size = max(LEAST, min(MOST, -(-len(group) // (workers * TURNS))))
        yield from (tuple(group[start : start + size]) for start in range(0, len(group), size))
