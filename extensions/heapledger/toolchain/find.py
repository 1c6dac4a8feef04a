"""Which rustc is used: the sysroot's own file, found once from a neutral directory.

The rustup proxy is only ever asked for the sysroot: a ``rust-toolchain.toml`` with a ``path`` would make it run any
program as rustc (reliability.md, finding 2), and the file under the sysroot starts in 11 instead of 18 ms.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from heapledger.engine.cache import Cache
from heapledger.engine.tools import ask
from heapledger.errors import ToolchainMissing, ToolchainUnusable
from heapledger.model import Toolchain

OLDEST = (1, 63)
"""Oldest rustc that the tracer and the flags work with."""


class Rustc(msgspec.Struct, frozen=True, kw_only=True):
    """One usable rustc."""

    path: str
    """The real compiler under the sysroot."""
    sysroot: str
    toolchain: Toolchain
    verbose: str
    """All that ``rustc -vV`` prints."""
    fingerprint: str
    """SHA-256 over the compiler's own files: two builds of one version differ."""

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor, *_ = self.toolchain.rustc.split("-")[0].split(".")
        return int(major), int(minor)

    @property
    def newest_edition(self) -> str:
        """Newest edition that this compiler knows without a feature flag."""
        return "2024" if self.version >= (1, 85) else "2021"

    @property
    def is_measurable(self) -> bool:
        """Whether programs for this host can be measured: stacks are walked and read on x86-64 Linux only."""
        return self.toolchain.host.startswith("x86_64-") and "-linux-" in self.toolchain.host


@dataclass(frozen=True, slots=True)
class _Memo:
    """What an earlier command learnt about a rustc, valid while the files are the same."""

    cache: Cache

    def load(self, key: str) -> Rustc | None:
        blob = self.cache.read_memo(key)
        if blob is None:
            return None
        try:
            rustc, stamp = msgspec.json.decode(blob, type=tuple[Rustc, str])
        except msgspec.DecodeError:
            return None
        return rustc if stamp == _stamp(Path(rustc.path)) else None

    def store(self, key: str, rustc: Rustc) -> None:
        self.cache.write_memo(key, msgspec.json.encode((rustc, _stamp(Path(rustc.path)))))


def find_rustc(request: str, cache: Cache) -> Rustc:
    """Find the compiler that ``request`` names: a path, ``+NAME`` of rustup, or empty for the one on PATH.

    :raises ToolchainMissing: where there is none.
    :raises ToolchainUnusable: where it does not answer or is older than :data:`OLDEST`.
    """
    arguments: list[str] = []
    if request.startswith("+"):
        arguments, wanted = [request], "rustc"
    else:
        wanted = request or "rustc"
    found = shutil.which(wanted)
    if found is None:
        where = f"heapledger_rustc = {request!r}" if request else "PATH"
        raise ToolchainMissing(
            f"no rustc was found ({where}); install Rust with rustup or your system's package manager, or set "
            "heapledger_rustc to the path of a rustc. Until then nothing can be measured."
        )
    memo = _Memo(cache)
    key = _memo_key(found, request)
    known = memo.load(key)
    if known is not None:
        return known
    rustc = _question(found, arguments)
    memo.store(key, rustc)
    return rustc


def _question(found: str, arguments: list[str]) -> Rustc:
    asked = ask([found, *arguments, "--print", "sysroot"])
    if asked.code != 0:
        reason = (asked.err.strip() or "no answer").splitlines()[0]
        raise ToolchainUnusable(f"'{' '.join([found, *arguments])} --print sysroot' failed: {reason}")
    sysroot = Path(asked.out.strip())
    real = sysroot / "bin" / Path(found).name if (sysroot / "bin" / Path(found).name).exists() else Path(found)
    told = ask([str(real), "-vV"])
    if told.code != 0:
        reason = (told.err.strip() or "no answer").splitlines()[0]
        raise ToolchainUnusable(f"'{real} -vV' failed: {reason}")
    facts = dict(line.split(": ", 1) for line in told.out.splitlines() if ": " in line)
    if re.match(r"\d+\.\d+\.\d+", facts.get("release", "")) is None or "host" not in facts:
        raise ToolchainUnusable(f"'{real} -vV' does not tell a release and a host; is it a rustc?")
    rustc = Rustc(
        path=str(real),
        sysroot=str(sysroot),
        toolchain=Toolchain(
            rustc=facts["release"],
            commit=facts.get("commit-hash", "unknown")[:9].replace("unknown", ""),
            host=facts["host"],
            llvm=facts.get("LLVM version", ""),
        ),
        verbose=told.out,
        fingerprint=_fingerprint(real, sysroot),
    )
    if rustc.version < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ToolchainUnusable(
            f"rustc {rustc.toolchain.rustc} ({real}) is too old: heapledger needs {oldest} or newer"
        )
    return rustc


def _memo_key(found: str, request: str) -> str:
    """What may change which compiler a name stands for, among it what rustup decides by."""
    home = Path(os.environ.get("RUSTUP_HOME", Path.home() / ".rustup"))
    settings = home / "settings.toml"
    parts = [
        request,
        found,
        _stamp(Path(found)),
        os.environ.get("RUSTUP_TOOLCHAIN", ""),
        settings.read_text(encoding="utf-8", errors="replace") if settings.is_file() else "",
    ]
    return "rustc-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


def _fingerprint(real: Path, sysroot: Path) -> str:
    digest = hashlib.sha256()
    drivers = sorted((sysroot / "lib").glob("librustc_driver*"))
    for path in (real, *drivers):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    for rlib in sorted((sysroot / "lib" / "rustlib").glob("*/lib/*.rlib")):
        digest.update(f"{rlib.parent.parent.name}/{rlib.name}\0{rlib.stat().st_size}\n".encode())
    return digest.hexdigest()
