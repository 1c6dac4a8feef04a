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
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from heapledger.engine.cache import Cache, key_of
from heapledger.errors import HeapledgerError
from heapledger.render.mermaid import svg
from heapledger.render.mermaid.svg import finish, for_print
from heapledger.render.mermaid.text import to_stand_ins

DRAW_SECONDS = 60.0
"""Longest wait for one picture; the slowest kind needs about a second, more on a loaded machine."""
MAX_WORKERS = 4
"""Most worker processes: each holds some 150 MB."""
MAKERS = ("svg.py", "text.py", "palette.py")
"""Modules of ``render/mermaid`` that work on the renderer's SVG: a change of theirs makes every known picture stale."""

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
    pool = _Pool(renderer, cache, for_printing=for_printing)
    found = {job.key: known for job in jobs if (known := pool.known(job)) is not None}
    missing = {job.key: job for job in jobs if job.key not in found}
    if not missing:
        return found, 0
    count = min(len(missing), workers or min(os.cpu_count() or 1, MAX_WORKERS))
    with ThreadPoolExecutor(count) as threads:
        try:
            found.update(zip(missing, threads.map(pool.draw, missing.values()), strict=True))
        finally:
            pool.close()
    return found, pool.fresh


class _Pool:
    """A worker for each thread that draws, and the cache."""

    def __init__(self, renderer: Renderer, cache: Cache, *, for_printing: bool) -> None:
        self.renderer = renderer
        self.cache = cache
        self.for_printing = for_printing
        self.fresh = 0
        """Pictures drawn now; one that is only made ready for print is not counted."""
        self.local = threading.local()
        self.workers: list[_Worker] = []
        self.lock = threading.Lock()
        self.closed = False

    def known(self, job: PictureJob) -> Drawn | None:
        """Return what the cache has, where that is all that is wanted."""
        drawn = _read(self.cache, _picture_key(job, self.renderer))
        if drawn is None or drawn.error or not self.for_printing:
            return drawn
        return _read(self.cache, _print_key(job, self.renderer))

    def draw(self, job: PictureJob) -> Drawn:
        """Draw one picture, or make a known one ready for print."""
        key = _picture_key(job, self.renderer)
        try:
            drawn = _read(self.cache, key)
            if drawn is None:
                drawn = self._draw(job)
                self.cache.write(key, msgspec.json.encode(drawn))
            if self.for_printing and not drawn.error:
                drawn = self._print(drawn)
                if not drawn.error:
                    self.cache.write(_print_key(job, self.renderer), msgspec.json.encode(drawn))
        except _WorkerLost as error:  # not the diagram's fault for sure: it is tried again the next time
            return Drawn(error=str(error))
        return drawn

    def close(self) -> None:
        """End all workers, for good: an interrupt must not leave any."""
        self.closed = True
        for worker in self.workers:
            worker.end()

    def _draw(self, job: PictureJob) -> Drawn:
        with self.lock:
            self.fresh += 1
        request = {"do": "draw", "source": to_stand_ins(job.source, own=job.own), "config": job.config}
        try:
            answer = self._ask({**request, "backend": self.renderer.backend})
            picture = finish(answer["svg"], job.title, job.description, own=job.own)
        except (HeapledgerError, ValueError) as error:  # Mermaid's own message: the text is wrong, and stays wrong
            return Drawn(error=str(error))
        return Drawn(svg=picture.svg, width=picture.width, height=picture.height)

    def _print(self, drawn: Drawn) -> Drawn:
        way = self.renderer.way
        request = {"do": "print", "svg": for_print(drawn.svg), "way": way, "width": drawn.width}
        try:
            data = base64.b64decode(self._ask(request)["data"])
        except HeapledgerError as error:
            return Drawn(error=f"its version for print cannot be made by {way}: {error}")
        suffix = ".png" if way == "png" else ".pdf"
        return msgspec.structs.replace(drawn, print_data=data, print_suffix=suffix)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        worker: _Worker | None = getattr(self.local, "worker", None)
        if self.closed:
            raise _WorkerLost("drawing was interrupted")
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


def _picture_key(job: PictureJob, renderer: Renderer) -> str:
    return key_of(
        [
            ("makers", _makers()),
            ("renderer", renderer.identity.encode()),
            ("source", job.source.encode()),
            ("config", json.dumps(job.config, sort_keys=True).encode()),
            ("own", str(job.own).encode()),
            ("title", job.title.encode()),
            ("description", job.description.encode()),
        ]
    )


@cache
def _makers() -> bytes:
    folder = Path(svg.__file__).parent
    return b"".join((folder / name).read_bytes() for name in MAKERS)


def _print_key(job: PictureJob, renderer: Renderer) -> str:
    return key_of([("picture", _picture_key(job, renderer).encode()), ("print", renderer.way.encode())])


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
