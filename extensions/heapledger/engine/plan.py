"""The plan: all work of all pages, of every kind, each known, or done once, in parallel."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from heapledger.config import DASK, is_standalone
from heapledger.engine.batch import plan_batches
from heapledger.engine.batch_member import Alone
from heapledger.engine.cache import Cache
from heapledger.engine.dask import cluster
from heapledger.engine.interrupt import terminable
from heapledger.engine.kinds import kind_of
from heapledger.engine.process import Supervisor
from heapledger.engine.remote import Done, do_remotely
from heapledger.engine.steps import Scheduler
from heapledger.engine.work import Result, Results, Tools, Work
from heapledger.model import Provenance
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.tracer import BuiltTracer, build_tracer, check_linking

BYTES_PER_WORKER = 1 << 30
"""Memory that one compiler and one program may need side by side; bounds the number of workers."""

Progress = Callable[[int, int], None]
"""Called with the number of finished units of work and of all."""


def load_known(works: Iterable[Work], cache: Cache) -> Results:
    """Return the results that the cache has. Starts no process."""
    known = Results()
    for work in works:
        payload = cache.read(work.key)
        if payload is None:
            continue
        try:
            value = msgspec.json.decode(zlib.decompress(payload), type=kind_of(work).result)
        except (msgspec.DecodeError, zlib.error):
            continue
        known.add(work.key, Result(value, Provenance.CACHED))
    return known


def measure_all(
    works: Iterable[Work],
    rustc: Rustc,
    cache: Cache,
    *,
    executor: str = "local",
    progress: Progress | None = None,
) -> Results:
    """Do all work that the cache does not know; equal work once. Kinds may be mixed.

    :param executor: as ``heapledger_executor``: how many workers, and whether programs are compiled in batches.
    :raises ToolchainUnusable: where nothing can be compiled or linked at all.
    """
    unique = {work.key: work for work in works}
    results = load_known(unique.values(), cache)
    missing = [work for key, work in unique.items() if key not in results]
    done = _storing(missing, cache, results, progress)
    if missing and executor.startswith(DASK):
        with terminable(), cluster(executor) as (pool, workers):
            do_remotely(missing, rustc, pool, done, workers=workers)
        cache.trim()
    elif missing:
        with terminable(), TemporaryDirectory(prefix="heapledger-") as scratch:
            tracer = build_tracer(rustc, cache, Path(scratch))
            check_linking(rustc, cache)
            Path(scratch).chmod(0o755)
            team = _Team(rustc, tracer, Path(scratch), standalone=is_standalone(executor))
            _do_all(missing, team, _worker_count(executor), done)
        cache.trim()
    return results


class _Team:
    """One supervisor a thread."""

    def __init__(self, rustc: Rustc, tracer: BuiltTracer, scratch: Path, *, standalone: bool) -> None:
        self.rustc = rustc
        self.tracer = tracer
        self.scratch = scratch
        self.standalone = standalone
        self.supervisors: list[Supervisor] = []
        self._here = threading.local()

    def tools(self) -> Tools:
        """Return the tools of the calling thread."""
        if not hasattr(self._here, "tools"):
            supervisor = Supervisor()
            supervisor.__enter__()
            self.supervisors.append(supervisor)
            self._here.tools = Tools(self.rustc, self.tracer, supervisor)
        tools: Tools = self._here.tools
        return tools


def _storing(works: list[Work], cache: Cache, results: Results, progress: Progress | None) -> Done:
    """Return what is called with each result.

    Every result is stored as soon as it is known, so that a killed build keeps it.
    """
    kinds = {work.key: kind_of(work) for work in works}
    parts = {work.key: work.parts for work in works}
    finished = 0

    def done(key: str, result: Result[Any]) -> None:
        nonlocal finished
        if result.value is not None and kinds[key].is_cacheable(result.value):
            cache.write(key, zlib.compress(msgspec.json.encode(result.value), 1), msgspec.json.encode(parts[key]))
        results.add(key, result)
        finished += 1
        if progress is not None:
            progress(finished, len(works))

    return done


def _do_all(works: list[Work], team: _Team, workers: int, done: Done) -> None:
    steps, alone = ([], works) if team.standalone else plan_batches(works, team.scratch)
    steps += [Alone(work) for work in alone]
    workers = max(1, min(workers, len(works)))
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="heapledger")
    try:
        Scheduler(pool, 2 * workers, team.tools, done).run(steps)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for supervisor in team.supervisors:
            supervisor.cancel()
        raise
    finally:
        pool.shutdown(wait=True)
        for supervisor in team.supervisors:  # all at once, before the first is waited for
            supervisor.cancel()
        for supervisor in team.supervisors:
            supervisor.close()


def _worker_count(executor: str) -> int:
    _, _, count = executor.partition(":")
    if count:
        return int(count)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 << 30
    # One more than there are cores: of those at work, one always waits for a process to start or to be read.
    return max(1, min(cores + 1, memory // BYTES_PER_WORKER))
