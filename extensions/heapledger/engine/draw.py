"""Drawing diagrams in worker processes; the only place that starts them.

The renderer never runs in the caller's process: its engine owns a thread, a fork of the process has the engine without
the thread, and waits for it for ever (Sphinx forks to write pages).
"""

from __future__ import annotations

import base64
import contextlib
import importlib.metadata
import importlib.util
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from heapledger.engine.cache import Cache, key_of
from heapledger.errors import HeapledgerError
from heapledger.render.mermaid.svg import ID, finish, for_print
from heapledger.render.mermaid.text import to_stand_ins

DRAW_SECONDS = 60.0
"""Longest wait for one picture; the slowest kind needs about a second, more on a loaded machine."""
MAX_WORKERS = 4
"""Most worker processes: each holds some 150 MB."""
FORMAT = b"heapledger-picture-2"
"""Raise it whenever what is made of the renderer's SVG changes."""

_PASSED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureJob:
    """One picture to draw."""

    key: str
    """By which the caller finds it again."""
    source: str
    """Mermaid text."""
    config: dict[str, Any]
    """Mermaid's settings."""
    title: str = ""
    description: str = ""
    own: bool = True
    """Whether we wrote the diagram."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn picture, or why it could not be drawn."""

    svg: str = ""
    """For pages; see :mod:`heapledger.render.mermaid.svg`."""
    width: float = 0.0
    """Natural width in CSS pixels."""
    height: float = 0.0
    print_data: bytes = b""
    """For print: PDF or PNG, or empty where none was asked for."""
    print_suffix: str = ""
    """``.pdf`` or ``.png``."""
    error: str = ""
    """The renderer's message; the rest is empty then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """What is installed to draw with."""

    backend: str
    """``v8`` where mini-racer is installed, else ``quickjs``: the same mermaid.js, the same pictures."""
    way: str
    """How an SVG becomes print: ``typst`` and ``rsvg-convert`` make vectors, ``png`` does not."""
    identity: str
    """Versions of all that."""


class _WorkerLost(Exception):
    """It ended or gave no answer in time."""


def find_renderer() -> Renderer | None:
    """Return what can draw here, or None; nothing is imported or started."""
    if importlib.util.find_spec("mermaidx") is None:
        return None
    backend = "v8" if importlib.util.find_spec("py_mini_racer") is not None else "quickjs"
    if importlib.util.find_spec("typst") is not None:
        way = "typst"
    else:
        way = "rsvg-convert" if shutil.which("rsvg-convert") else "png"
    versions = [f"{name} {_version(name)}" for name in ("mermaidx", "novasvg", "typst")]
    return Renderer(backend=backend, way=way, identity=", ".join(versions))


def draw_all(
    jobs: Sequence[PictureJob], cache: Cache, renderer: Renderer, *, for_printing: bool, workers: int = 0
) -> tuple[dict[str, Drawn], int]:
    """Draw pictures that the cache does not have, side by side.

    :param for_printing: make a version for print too.
    :param workers: processes; 0: one per core, at most four.
    :returns: the pictures by the key of their job, and how many were drawn now.
    """
    found: dict[str, Drawn] = {}
    missing: dict[str, PictureJob] = {}
    for job in jobs:
        known = _read(cache, _cache_key(job, renderer, for_printing=for_printing))
        if known is not None:
            found[job.key] = known
        else:
            missing[job.key] = job
    if not missing:
        return found, 0
    pool = _Pool(renderer, for_printing=for_printing)
    count = min(len(missing), workers or min(os.cpu_count() or 1, MAX_WORKERS))
    with ThreadPoolExecutor(count) as threads:
        try:
            for job, drawn, lasting in threads.map(pool.draw, missing.values()):
                found[job.key] = drawn
                if lasting:
                    key = _cache_key(job, renderer, for_printing=for_printing)
                    cache.write(key, msgspec.json.encode(drawn))
        finally:
            pool.close()
    return found, len(missing)


class _Pool:
    """A worker for each thread that draws."""

    def __init__(self, renderer: Renderer, *, for_printing: bool) -> None:
        self.renderer = renderer
        self.for_printing = for_printing
        self.local = threading.local()
        self.workers: list[_Worker] = []
        self.lock = threading.Lock()

    def draw(self, job: PictureJob) -> tuple[PictureJob, Drawn, bool]:
        """Draw one picture; returns also whether the result will be the same the next time."""
        try:
            return job, self._draw(job), True
        except HeapledgerError as error:  # Mermaid's own message: the text is wrong, and stays wrong
            return job, Drawn(error=str(error)), True
        except _WorkerLost as error:
            return job, Drawn(error=str(error)), False

    def close(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.end()

    def _draw(self, job: PictureJob) -> Drawn:
        request = {"do": "draw", "source": to_stand_ins(job.source), "config": job.config}
        answer = self._ask({**request, "backend": self.renderer.backend})
        try:
            picture = finish(answer["svg"], job.title, job.description, own=job.own)
        except ValueError as error:
            raise HeapledgerError(str(error)) from error
        drawn = Drawn(svg=picture.svg, width=picture.width, height=picture.height)
        if not self.for_printing:
            return drawn
        way = self.renderer.way
        answer = self._ask({"do": "print", "svg": for_print(picture.svg), "way": way, "width": picture.width})
        suffix = ".png" if way == "png" else ".pdf"
        return msgspec.structs.replace(drawn, print_data=base64.b64decode(answer["data"]), print_suffix=suffix)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        worker: _Worker | None = getattr(self.local, "worker", None)
        if worker is None or worker.ended:
            worker = self.local.worker = _Worker()
            with self.lock:
                self.workers.append(worker)
        answer = worker.ask(request)
        if "error" in answer:
            raise HeapledgerError(answer["error"].removeprefix("Mermaid rendering failed: ").strip())
        return answer


class _Worker:
    """A worker process, seen from here."""

    def __init__(self) -> None:
        self.ended = False
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        kept = {name: os.environ[name] for name in _PASSED if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", str(Path(__file__).with_name("draw_worker.py"))],
            env={**kept, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)},
            cwd=tempfile.gettempdir(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            start_new_session=True,
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer.

        :raises _WorkerLost: where there is none.
        """
        assert self.process.stdin is not None  # noqa: S101 - both are pipes
        assert self.process.stdout is not None  # noqa: S101
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], DRAW_SECONDS)
            line = self.process.stdout.readline() if ready else b""
        except OSError:
            line, ready = b"", [self.process.stdout]
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        said = self.end()
        if not ready:
            raise _WorkerLost(f"it was not drawn within {DRAW_SECONDS:g} seconds")
        raise _WorkerLost(f"the process that draws ended unexpectedly: {said or 'it said nothing'}")

    def end(self) -> str:
        """End the process and those that it started, and return its last words."""
        if self.ended:
            return ""
        self.ended = True
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self.process.wait()
        with self.log:
            self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - 400))
            return self.log.read().decode(errors="replace").strip()


def _cache_key(job: PictureJob, renderer: Renderer, *, for_printing: bool) -> str:
    way = renderer.way if for_printing else ""
    return key_of(
        [
            ("format", FORMAT),
            ("id", ID.encode()),
            ("renderer", renderer.identity.encode()),
            ("print", way.encode()),
            ("source", job.source.encode()),
            ("config", json.dumps(job.config, sort_keys=True).encode()),
            ("own", str(job.own).encode()),
            ("title", job.title.encode()),
            ("description", job.description.encode()),
        ]
    )


def _read(cache: Cache, key: str) -> Drawn | None:
    stored = cache.read(key)
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=Drawn)
    except msgspec.DecodeError:
        return None


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "-"
