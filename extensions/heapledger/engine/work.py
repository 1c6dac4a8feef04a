"""Kinds of work that a plan can hold.

To add a kind (say, snapshots of a debug program by gdb):

1. In a module of ``engine/``, write the frozen record of one unit of work with a ``key``: ``keys_of`` makes it of
   the kind's name, the program, the profile, compiler, linker, our own code, and everything else that can change the
   result. Equal keys are done once, so a record knows no snippet.
2. Write the result as a frozen ``msgspec`` struct in ``model.py``: it is stored as JSON and decoded strictly; an entry
   that does not decode is done again.
3. Write the performer ``perform(work, tools) -> result``. It raises :class:`NothingMeasured` where there is no result,
   with the reason for the author; what it raises otherwise ends the plan. It uses ``tools.folder()`` for files.
4. Write ``is_cacheable(result)``: false for what depends on limits and on how busy the machine is.
5. Add one :class:`Kind` to ``KINDS`` in ``engine/kinds.py``, and the record to :class:`heapledger.prepare.ProfileWork`:
   ``prepare.py`` says which snippets need the work, ``join.py`` joins the result into ``ProfileOutcome``, and
   ``unchanged.py`` keeps it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from heapledger.engine.process import Supervisor
from heapledger.model import Provenance
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.tracer import BuiltTracer

R = TypeVar("R", bound=msgspec.Struct)
W = TypeVar("W", bound="Work")


class NothingMeasured(Exception):
    """There is no result; the text says why, for the author."""


class Work(Protocol):
    """One unit of work: a frozen record."""

    @property
    def key(self) -> str:
        """Hash of everything that can change the result, and of nothing else."""

    @property
    def identity(self) -> str:
        """Hash of what the author wrote of it, without the toolchain: what a recording is found by."""

    @property
    def parts(self) -> Mapping[str, str]:
        """What the key was made of, by name: short texts as they are, long ones as hashes."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a performer gets. Every worker has its own; a plan makes one for each thread."""

    rustc: Rustc
    tracer: BuiltTracer
    supervisor: Supervisor
    """Runs what we do not trust: rustc on an author's text, and the programs."""

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Make a folder that the program may enter, and remove it afterwards."""
        made = Path(tempfile.mkdtemp(prefix="heapledger-"))
        try:
            made.chmod(0o755)
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def always(result: msgspec.Struct) -> bool:
    """Say that a result depends on nothing but the key."""
    del result
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[W, R]):
    """How one kind of work is done and kept."""

    work: type[W]
    result: type[R]
    perform: Callable[[W, Tools], R]
    is_cacheable: Callable[[R], bool]


@dataclass(frozen=True, slots=True)
class Result(Generic[R]):
    """What a unit of work came to, or why there is nothing."""

    value: R | None
    provenance: Provenance
    trouble: str = ""
    """Why nothing was measured."""


class Results:
    """Results of a plan by the keys of its work."""

    def __init__(self) -> None:
        self._known: dict[str, Result[Any]] = {}

    def add(self, key: str, result: Result[Any]) -> None:
        """Note a result."""
        self._known[key] = result

    def of(self, work: Work, kind: type[R]) -> Result[R] | None:
        """Return the result of a unit of work, or None where it was not done."""
        found = self._known.get(work.key)
        if found is None or not (found.value is None or isinstance(found.value, kind)):
            return None
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._known

    def __len__(self) -> int:
        return len(self._known)

    @property
    def fresh(self) -> int:
        """How many were measured now."""
        return sum(result.provenance is Provenance.FRESH for result in self._known.values())
