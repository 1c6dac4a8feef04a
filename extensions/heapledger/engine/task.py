"""One unit of work: a program in a profile. Its key has everything that can change the ledger, and nothing else."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache as memoize
from functools import lru_cache
from pathlib import Path

import heapledger
from heapledger.config import Config, is_standalone
from heapledger.engine.cache import key_of
from heapledger.model import Profile
from heapledger.source.program import Program
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.flags import CRATE_NAME, edition_of, profile_flags
from heapledger.toolchain.tracer import linker_identity, tracer_digest

_MEASURING = (
    *(
        "model.py",
        "model_snapshot.py",
        "model_below.py",
        "engine",
        "measure",
        "toolchain/flags.py",
        "toolchain/tracer.py",
    ),
    *("source/program.py", "source/probe.py", "source/questions.py", "source/rust.py"),
    *("source/stops.py", "source/moves.py", "source/bindings.py"),
)


TOLD_BYTES = 300
"""A part of a key that is longer is told by its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Compile one program in one profile and, unless ``run`` is false, run and trace it."""

    program: Program
    profile: Profile
    run: bool
    edition: str
    cpu_seconds: float
    """Seconds of processor time that the program may take."""
    memory_bytes: int
    """Address space that the program may take."""
    compile_seconds: float
    """Seconds of processor time that rustc may take. Not in the key: what it ended is never kept."""
    key: str
    """Key of its ledger."""
    identity: str
    parts: Mapping[str, str] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all tasks of a plan share."""

    rustc: Rustc
    config: Config
    linker: str = field(default_factory=linker_identity)
    """What links the programs: asked once a plan."""


def make_task(program: Program, profile: Profile, around: Surroundings, *, run: bool, timeout: float | None) -> Task:
    """Make the task and compute its key."""
    seconds = around.config.timeout if timeout is None else timeout
    edition = edition_of(program.edition, around.rustc)
    measuring = [
        ("tracer", tracer_digest().encode() if program.traced else b"untraced"),
        ("limits", f"{seconds} {around.config.memory}".encode()),
        ("standalone", str(is_standalone(around.config.executor)).encode()),  # compared with batches, so never theirs
    ]
    keys = keys_of("ledger", program, profile, around, asked=[("run", str(run).encode())], measuring=measuring)
    return Task(
        program=program,
        profile=profile,
        run=run,
        edition=edition,
        cpu_seconds=seconds,
        memory_bytes=around.config.memory,
        compile_seconds=around.config.compile_timeout,
        key=keys.key,
        identity=keys.identity,
        parts=keys.parts,
    )


Fields = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Keys:
    """Two hashes of one unit of work."""

    key: str
    """Of everything that can change the result."""
    identity: str
    """Of what the author wrote of it."""
    parts: Mapping[str, str]
    """What ``key`` was made of, by name."""


def keys_of(
    kind: str, program: Program, profile: Profile, around: Surroundings, *, asked: Fields, measuring: Fields
) -> Keys:
    """Compute the keys of a unit of work on a compiled program.

    :param asked: what else the author wants to know.
    :param measuring: what else the measuring depends on.
    """
    own: Fields = [
        ("kind", kind.encode()),
        ("program", program.text.encode()),
        ("lines", f"{program.wrapped} {program.offset} {program.kept_above} {program.lines}".encode()),
        ("traced", f"{program.traced} {program.no_std}".encode()),
        ("crate", CRATE_NAME.encode()),
        ("edition", edition_of(program.edition, around.rustc).encode()),
        ("profile", profile.value.encode()),
        *asked,
    ]
    machine: Fields = [
        ("heapledger", own_digest().encode()),
        ("flags", "\0".join(profile_flags(profile, around.rustc)).encode()),
        ("rustc", around.rustc.verbose.encode()),
        ("rustc files", around.rustc.fingerprint.encode()),
        ("linker", around.linker.encode()),
        ("machine", platform.machine().encode()),
        *measuring,
    ]
    fields = [*own, *machine]
    return Keys(key_of(fields), key_of(own), {name: _told(value) for name, value in fields})


@lru_cache(maxsize=256)  # most parts are those of the machine, the same for all
def _told(value: bytes) -> str:
    """Return a part of a key as people can compare it."""
    if len(value) > TOLD_BYTES:
        return f"sha256 {hashlib.sha256(value).hexdigest()[:16]}"
    return " ".join(value.decode(errors="replace").replace("\0", " ").split())


@memoize
def own_digest() -> str:
    """SHA-256 over our own measuring code: people who edit it must not see results of the code before."""
    return digest_of_code(*_MEASURING)


@memoize
def digest_of_code(*names: str) -> str:
    """SHA-256 over modules of ours, and all modules of folders; ``.`` is all of heapledger."""
    root = Path(heapledger.__file__).parent
    digest = hashlib.sha256()
    for name in names:
        path = root / name
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            content = file.read_bytes()
            digest.update(f"{file.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
