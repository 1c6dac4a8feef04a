"""The plan: all work of all pages, of every kind, each known, or done once, in parallel."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from heapledger.config import is_standalone
from heapledger.engine.cache import Cache
from heapledger.engine.interrupt import terminable
from heapledger.engine.kinds import kind_of
from heapledger.engine.local import Done, Team, work_through
from heapledger.engine.remote import dask_cluster, measure_there
from heapledger.engine.work import Result, Results, Work
from heapledger.model import Provenance
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.tracer import build_tracer, check_linking

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
    request: str = "",
    progress: Progress | None = None,
) -> Results:
    """Do all work that the cache does not know; equal work once. Kinds may be mixed.

    :param executor: as ``heapledger_executor``: where, how many workers, and whether programs are compiled in batches.
    :param request: as ``heapledger_rustc``, for workers elsewhere.
    :raises ToolchainUnusable: where nothing can be compiled or linked at all.
    """
    unique = {work.key: work for work in works}
    results = load_known(unique.values(), cache)
    missing = [work for key, work in unique.items() if key not in results]
    if missing:
        done = _Keeping(missing, cache, results, progress)
        with terminable():
            if executor.startswith("dask://"):
                with dask_cluster(executor) as cluster:
                    measure_there(missing, rustc, request, cluster, done)
            else:
                _measure_here(missing, rustc, cache, executor, done)
        cache.trim()
    return results


def _measure_here(works: list[Work], rustc: Rustc, cache: Cache, executor: str, done: Done) -> None:
    with TemporaryDirectory(prefix="heapledger-") as scratch:
        tracer = build_tracer(rustc, cache, Path(scratch))
        check_linking(rustc, cache)
        Path(scratch).chmod(0o755)
        team = Team(rustc, tracer, Path(scratch))
        work_through(works, team, done, workers=_worker_count(executor), standalone=is_standalone(executor))


class _Keeping:
    """Stores every result as soon as it is known, so that a killed build keeps it."""

    def __init__(self, works: list[Work], cache: Cache, results: Results, progress: Progress | None) -> None:
        self._kinds = {work.key: kind_of(work) for work in works}
        self._parts = {work.key: work.parts for work in works}
        self._cache = cache
        self._results = results
        self._progress = progress
        self._finished = 0

    def __call__(self, key: str, result: Result[Any]) -> None:
        """Keep one result."""
        if result.value is not None and self._kinds[key].is_cacheable(result.value):
            parts = msgspec.json.encode(self._parts[key])
            self._cache.write(key, zlib.compress(msgspec.json.encode(result.value), 1), parts)
        self._results.add(key, result)
        self._finished += 1
        if self._progress is not None:
            self._progress(self._finished, len(self._kinds))


def _worker_count(executor: str) -> int:
    _, _, count = executor.partition(":")
    if count:
        return int(count)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 << 30
    return max(1, min(cores, memory // BYTES_PER_WORKER))
