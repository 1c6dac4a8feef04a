"""The plan: all work of all pages, of every kind, each known, or done once, in parallel."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from heapledger.engine import image, probe, run, snapshot
from heapledger.engine.cache import Cache
from heapledger.engine.image import ImageWork
from heapledger.engine.interrupt import terminable
from heapledger.engine.probe import ProbeWork
from heapledger.engine.process import Supervisor, SupervisorCancelled, SupervisorDied
from heapledger.engine.task import Task
from heapledger.engine.work import Kind, NothingMeasured, Result, Results, Tools, Work, always
from heapledger.model import Ledger, Provenance
from heapledger.model_below import Image, Probe
from heapledger.model_snapshot import SnapshotSet
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.tracer import BuiltTracer, build_tracer, check_linking

BYTES_PER_WORKER = 1 << 30
"""Memory that one compiler and one program may need side by side; bounds the number of workers."""

KINDS: tuple[Kind[Any, Any], ...] = (
    Kind(work=Task, result=Ledger, perform=run.perform, is_cacheable=run.is_cacheable),
    Kind(
        work=snapshot.SnapshotTask,
        result=SnapshotSet,
        perform=snapshot.perform,
        is_cacheable=snapshot.is_cacheable,
    ),
    Kind(work=ImageWork, result=Image, perform=image.perform, is_cacheable=always),
    Kind(work=ProbeWork, result=Probe, perform=probe.perform, is_cacheable=always),
)
"""Every kind of work; ``engine/work.py`` says how to add one."""

_BY_TYPE = {kind.work: kind for kind in KINDS}

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
            value = msgspec.json.decode(zlib.decompress(payload), type=_kind_of(work).result)
        except (msgspec.DecodeError, zlib.error):
            continue
        known.add(work.key, Result(value, Provenance.CACHED))
    return known


def measure_all(
    works: Iterable[Work], rustc: Rustc, cache: Cache, *, executor: str = "local", progress: Progress | None = None
) -> Results:
    """Do all work that the cache does not know; equal work once. Kinds may be mixed.

    :raises ToolchainUnusable: where nothing can be compiled or linked at all.
    """
    unique = {work.key: work for work in works}
    results = load_known(unique.values(), cache)
    missing = [work for key, work in unique.items() if key not in results]
    if missing:
        with terminable(), TemporaryDirectory(prefix="heapledger-") as scratch:
            tracer = build_tracer(rustc, cache, Path(scratch))
            check_linking(rustc, cache)
            _do_all(missing, _Team(rustc, tracer), cache, results, _worker_count(executor), progress)
        cache.trim()
    return results


def _kind_of(work: Work) -> Kind[Any, Any]:
    return _BY_TYPE[type(work)]


class _Team:
    """One supervisor a thread."""

    def __init__(self, rustc: Rustc, tracer: BuiltTracer) -> None:
        self.rustc = rustc
        self.tracer = tracer
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


def _do_all(
    works: list[Work], team: _Team, cache: Cache, results: Results, workers: int, progress: Progress | None
) -> None:
    """Every result is stored as soon as it is known, so that a killed build keeps it."""

    def one(work: Work) -> Result[Any]:
        kind = _kind_of(work)
        result = _do_one(work, kind, team.tools())
        if result.value is not None and kind.is_cacheable(result.value):
            cache.write(work.key, zlib.compress(msgspec.json.encode(result.value), 1))
        return result

    pool = ThreadPoolExecutor(max_workers=max(1, min(workers, len(works))), thread_name_prefix="heapledger")
    finished = 0
    try:
        pending: dict[Future[Result[Any]], Work] = {pool.submit(one, work): work for work in works}
        while pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                results.add(pending.pop(future).key, future.result())
                finished += 1
            if progress is not None:
                progress(finished, len(works))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for supervisor in team.supervisors:
            supervisor.cancel()
        raise
    finally:
        pool.shutdown(wait=True)
        for supervisor in team.supervisors:
            supervisor.close()


def _do_one(work: Work, kind: Kind[Any, Any], tools: Tools) -> Result[Any]:
    for attempt in (1, 2):
        try:
            return Result(kind.perform(work, tools), Provenance.FRESH)
        except NothingMeasured as error:
            return Result(None, Provenance.FRESH, str(error))
        except SupervisorDied as error:
            if isinstance(error, SupervisorCancelled):
                raise
            if attempt == 2:  # the doing of this program: the others go on
                trouble = f"the process that runs programs died twice, with this one: {error}"
                return Result(None, Provenance.FRESH, trouble)
    raise AssertionError("unreachable")


def _worker_count(executor: str) -> int:
    _, _, count = executor.partition(":")
    if count:
        return int(count)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 << 30
    return max(1, min(cores, memory // BYTES_PER_WORKER))
