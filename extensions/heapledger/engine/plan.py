"""The plan: all tasks of all pages, each known, or measured once, in parallel."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from heapledger.engine.cache import Cache
from heapledger.engine.process import Supervisor, SupervisorDied
from heapledger.engine.run import TracerSilent, perform
from heapledger.engine.task import Task
from heapledger.errors import EngineStopped
from heapledger.model import ExitKind, Ledger, Provenance
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.tracer import BuiltTracer, build_tracer, check_linking

BYTES_PER_WORKER = 1 << 30
"""Memory that one compiler and one program may need side by side; bounds the number of workers."""

UNCACHEABLE = frozenset({ExitKind.TIMEOUT, ExitKind.MEMORY_LIMIT, ExitKind.OUTPUT_LIMIT})
"""Endings that depend on limits and on how busy the machine is: tried again on every build."""


@dataclass(frozen=True, slots=True)
class Result:
    """A ledger and how it came here, or why there is none."""

    ledger: Ledger | None
    provenance: Provenance
    trouble: str = ""
    """Why nothing was measured although the program ran."""


Progress = Callable[[int, int], None]
"""Called with the number of finished tasks and of all."""


def load_known(tasks: Iterable[Task], cache: Cache) -> dict[str, Result]:
    """Return the results that the cache has. Starts no process."""
    known = {}
    for task in tasks:
        payload = cache.read(task.key)
        if payload is None:
            continue
        try:
            ledger = msgspec.json.decode(zlib.decompress(payload), type=Ledger)
        except (msgspec.DecodeError, zlib.error):
            continue
        known[task.key] = Result(ledger, Provenance.CACHED)
    return known


def measure_all(
    tasks: Iterable[Task], rustc: Rustc, cache: Cache, *, executor: str = "local", progress: Progress | None = None
) -> Mapping[str, Result]:
    """Measure every task that the cache does not know; equal tasks once.

    :returns: results by the tasks' keys.
    :raises ToolchainUnusable: where nothing can be compiled or linked at all.
    """
    unique = {task.key: task for task in tasks}
    results = load_known(unique.values(), cache)
    missing = [task for key, task in unique.items() if key not in results]
    if missing:
        with TemporaryDirectory(prefix="heapledger-") as scratch:
            tracer = build_tracer(rustc, cache, Path(scratch))
            check_linking(rustc, cache)
            results.update(_work(missing, rustc, tracer, cache, _worker_count(executor), progress))
        cache.trim()
    return results


def _work(
    tasks: list[Task], rustc: Rustc, tracer: BuiltTracer, cache: Cache, workers: int, progress: Progress | None
) -> dict[str, Result]:
    """One supervisor a thread; every result is stored as soon as it is known, so that a killed build keeps it."""
    here = threading.local()
    supervisors: list[Supervisor] = []
    results: dict[str, Result] = {}

    def one(task: Task) -> Result:
        if not hasattr(here, "supervisor"):
            here.supervisor = Supervisor()
            here.supervisor.__enter__()
            supervisors.append(here.supervisor)
        result = _measure_one(task, rustc, tracer, here.supervisor)
        if result.ledger is not None and _is_cacheable(result.ledger):
            cache.write(task.key, zlib.compress(msgspec.json.encode(result.ledger), 1))
        return result

    pool = ThreadPoolExecutor(max_workers=max(1, min(workers, len(tasks))), thread_name_prefix="heapledger")
    try:
        pending: dict[Future[Result], Task] = {pool.submit(one, task): task for task in tasks}
        while pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                results[pending.pop(future).key] = future.result()
            if progress is not None:
                progress(len(results), len(tasks))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for supervisor in supervisors:
            supervisor.cancel()
        raise
    finally:
        pool.shutdown(wait=True)
        for supervisor in supervisors:
            supervisor.close()
    return results


def _measure_one(task: Task, rustc: Rustc, tracer: BuiltTracer, supervisor: Supervisor) -> Result:
    for attempt in (1, 2):
        try:
            return Result(perform(task, rustc, tracer, supervisor), Provenance.FRESH)
        except TracerSilent as error:
            return Result(None, Provenance.FRESH, str(error))
        except SupervisorDied as error:
            if attempt == 2:
                raise EngineStopped(f"the process that runs programs died twice: {error}") from error
    raise AssertionError("unreachable")


def _is_cacheable(ledger: Ledger) -> bool:
    if ledger.exit.kind is ExitKind.COMPILE_ERROR:
        return not ledger.exit.message
    return ledger.exit.kind not in UNCACHEABLE


def _worker_count(executor: str) -> int:
    _, _, count = executor.partition(":")
    if count:
        return int(count)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 << 30
    return max(1, min(cores, memory // BYTES_PER_WORKER))
