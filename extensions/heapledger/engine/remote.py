"""Work on other machines: pieces of a plan go to a ``concurrent.futures`` executor, such as that of a Dask cluster.

A piece is a list of work that one worker does from source to ledger, in batches and under the limits that hold here: no
folder is shared, and nothing but records travels. A worker measures only where its compiler, linker and our own code
are those of the machine that asks; then its results are the same. A piece has no effect but its results, so that it is
simply done again where its worker died.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from functools import cache as memoize
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from heapledger.engine.batch import LEAST
from heapledger.engine.cache import Cache
from heapledger.engine.debugger import debugger_identity
from heapledger.engine.kinds import kind_of
from heapledger.engine.local import Done, Team, work_through
from heapledger.engine.snapshot import SnapshotTask
from heapledger.engine.task import Task, identity_of
from heapledger.engine.work import Result, Work
from heapledger.errors import HeapledgerError, ToolchainUnusable
from heapledger.model import Provenance
from heapledger.source.surroundings import why_alone
from heapledger.toolchain.find import Rustc, find_rustc
from heapledger.toolchain.tracer import BuiltTracer, build_tracer, linker_identity, tracer_digest

MOST = 40
"""Most units of work in a piece: what a worker that dies takes with it."""
PIECES_PER_SLOT = 2
CONNECT_SECONDS = 30.0
LOOK_SECONDS = 5.0
"""How often the cluster is asked whether it still has workers while nothing finishes."""
DESERTED_SECONDS = 60.0
"""How long a cluster may be without workers."""


class WorkerDiffers(HeapledgerError):
    """A worker cannot give the results that this machine would."""


class ClusterFailed(HeapledgerError):
    """The cluster cannot be reached, or did not do its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one worker is asked to do."""

    works: tuple[Work, ...]
    request: str
    """As ``heapledger_rustc``."""
    identity: dict[str, str]
    """What must measure there, see :func:`identity_for`."""


Answer = list[tuple[str, bytes | None, str]]
"""Key, result as JSON, and why there is none."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """An executor, and how many pieces it works on at a time."""

    executor: Executor
    slots: Callable[[], int]


def measure_there(works: list[Work], rustc: Rustc, request: str, cluster: Cluster, done: Done) -> None:
    """Do all work on a cluster.

    :param request: as ``heapledger_rustc``: each worker looks for its own.
    :raises WorkerDiffers: where a worker's toolchain is another one.
    :raises ClusterFailed: where no worker is left, or several died of one piece.
    """
    kinds = {work.key: kind_of(work) for work in works}
    pending: set[Future[Answer]] = {
        cluster.executor.submit(do_piece, Piece(works=part, request=request, identity=identity_for(part, rustc)))
        for part in divide(works, cluster.slots())
    }
    try:
        deserted = 0.0
        while pending:
            finished, pending = wait(pending, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            deserted = 0.0 if finished or cluster.slots() else deserted + LOOK_SECONDS
            if deserted >= DESERTED_SECONDS:
                raise ClusterFailed("the cluster has no workers any more; what they finished is in the cache")
            for future in finished:
                for key, encoded, trouble in _answer(future):
                    value = None if encoded is None else msgspec.json.decode(encoded, type=kinds[key].result)
                    done(key, Result(value, Provenance.FRESH, trouble))
    finally:
        for future in pending:
            future.cancel()


def _answer(future: Future[Answer]) -> Answer:
    try:
        return future.result()
    except HeapledgerError:
        raise
    except CancelledError as error:
        raise ClusterFailed("the cluster dropped the work; what it finished is in the cache") from error
    except Exception as error:
        # whatever the executor raises for a worker that died is a type of its own
        raise ClusterFailed(f"the cluster could not do its work: {type(error).__name__}: {error}") from error


def identity_for(works: tuple[Work, ...], rustc: Rustc) -> dict[str, str]:
    """Return what must be equal here and there for these results to be equal."""
    found = identity_of(rustc, linker_identity()) | {"tracer": tracer_digest()}
    return found | {"debugger": debugger_identity()} if any(isinstance(one, SnapshotTask) for one in works) else found


def divide(works: list[Work], slots: int) -> Iterator[tuple[Work, ...]]:
    """Divide work into pieces: each a part of what would be one batch here, so that it is one there."""
    groups: dict[tuple[str, ...], list[Work]] = defaultdict(list)
    for work in works:
        if isinstance(work, Task):
            together = work.run and not why_alone(work.program)
            groups["task", work.profile.value, work.edition if together else "alone"].append(work)
        else:
            groups[(type(work).__name__,)].append(work)
    for group in groups.values():
        parts = min(PIECES_PER_SLOT * max(1, slots), max(1, len(group) // LEAST))
        parts = max(parts, -(-len(group) // MOST))
        bounds = [len(group) * part // parts for part in range(parts + 1)]
        yield from (tuple(group[start:end]) for start, end in pairwise(bounds))


def do_piece(piece: Piece) -> Answer:
    """Do a piece of work, on the worker.

    :raises WorkerDiffers: where this is not what the piece asks for.
    """
    here = f"the worker on {socket.gethostname()} (process {os.getpid()})"
    with _one_at_a_time:
        try:
            rustc = find_rustc(piece.request, Cache(None)) if piece.request not in _found else _found[piece.request]
            _found[piece.request] = rustc
            _compare(piece, rustc, here)
            tracer = _tracer(rustc)
        except ToolchainUnusable as error:
            raise WorkerDiffers(f"{here} cannot measure: {error}") from error
    answers: Answer = []

    def done(key: str, result: Result[Any]) -> None:
        encoded = None if result.value is None else msgspec.json.encode(result.value)
        answers.append((key, encoded, result.trouble))

    with tempfile.TemporaryDirectory(prefix="heapledger-") as scratch:
        Path(scratch).chmod(0o755)
        work_through(list(piece.works), Team(rustc, tracer, Path(scratch)), done, workers=1)
    return answers


_one_at_a_time = threading.Lock()
_found: dict[str, Rustc] = {}
"""Compilers that this worker found, by what was asked for."""


def _compare(piece: Piece, rustc: Rustc, here: str) -> None:
    own = identity_for(piece.works, rustc)
    for name, wanted in piece.identity.items():
        if own.get(name) != wanted:
            there, asked = (_first_line(value) for value in (own.get(name, ""), wanted))
            raise WorkerDiffers(
                f"{here} has another {name} than the machine that asks: {there}, not {asked}; "
                "all machines of a cluster need the same toolchain and the same heapledger"
            )


def _first_line(value: str) -> str:
    return (value.splitlines() or ["none"])[0]


@memoize
def _tracer(rustc: Rustc) -> BuiltTracer:
    """Build the tracer once a worker; it goes with the process."""
    scratch = tempfile.TemporaryDirectory(prefix="heapledger-")
    _kept.append(scratch)
    Path(scratch.name).chmod(0o755)
    return build_tracer(rustc, Cache(None), Path(scratch.name))


_kept: list[tempfile.TemporaryDirectory[str]] = []


@contextlib.contextmanager
def dask_cluster(address: str) -> Iterator[Cluster]:
    """Connect to the scheduler of a Dask cluster, over TLS where Dask's own configuration names a certificate.

    :param address: ``dask://HOST:PORT``.
    :raises ClusterFailed: where Dask is not installed, nobody answers, or there is no worker.
    """
    try:
        distributed: Any = importlib.import_module("distributed")  # an extra, and slow to import
    except ImportError as error:
        raise ClusterFailed(f"heapledger_executor = {address!r} needs Dask: pip install 'heapledger[dask]'") from error
    security = distributed.Security()
    scheme = "tls" if security.tls_client_cert else "tcp"
    place = f"{scheme}://{address.removeprefix('dask://')}"
    try:
        client = distributed.Client(place, timeout=CONNECT_SECONDS, set_as_default=False, security=security)
    except (OSError, TimeoutError, RuntimeError, ValueError) as error:
        raise ClusterFailed(f"no Dask scheduler answers at {place}: {error}") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError as error:
            raise ClusterFailed(f"the Dask scheduler at {place} has no workers") from error
        yield Cluster(client.get_executor(pure=False), lambda: sum(client.nthreads().values()))
