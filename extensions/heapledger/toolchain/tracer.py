"""Building the tracer, once per toolchain, and telling a broken toolchain from a broken snippet."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache as memoize
from pathlib import Path

from heapledger.engine.cache import Cache
from heapledger.engine.tools import ask
from heapledger.errors import ToolchainUnusable
from heapledger.source.program import TRACER_CRATE
from heapledger.toolchain.find import Rustc
from heapledger.toolchain.flags import tracer_flags

SOURCES = Path(__file__).resolve().parent.parent / "tracer"


@dataclass(frozen=True, slots=True)
class BuiltTracer:
    """The rlib that measured programs link."""

    rlib: Path


@memoize
def tracer_digest() -> str:
    """SHA-256 over the tracer's sources: a change in it makes every result unknown."""
    digest = hashlib.sha256()
    for path in sorted((SOURCES / "src").rglob("*.rs")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCES)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def build_tracer(rustc: Rustc, cache: Cache, scratch: Path) -> BuiltTracer:
    """Compile the tracer, or find it built.

    :param scratch: where to compile it, and where it stays without a usable cache.
    :raises ToolchainUnusable: where this rustc cannot compile it.
    """
    key = hashlib.sha256(f"{rustc.fingerprint}\0{tracer_digest()}\0{tracer_flags()}".encode()).hexdigest()
    memo = f"tracer-{key}"
    folder = cache.folder_for(key)
    if folder is not None:
        kept = folder / f"lib{TRACER_CRATE}.rlib"
        if kept.is_file() and cache.read_memo(memo) == _digest(kept):
            return BuiltTracer(kept)
    built = _compile(rustc, scratch)
    if folder is not None and _keep(built, folder):
        cache.write_memo(memo, _digest(built))
        return BuiltTracer(folder / built.name)
    return BuiltTracer(built)


def _compile(rustc: Rustc, folder: Path) -> Path:
    built = folder / f"lib{TRACER_CRATE}.rlib"
    named = ["--crate-name", TRACER_CRATE, "--crate-type", "rlib", *tracer_flags()]
    answer = ask([rustc.path, *named, "-o", str(built), "src/lib.rs"], cwd=SOURCES)
    if answer.code != 0 or not built.is_file():
        first = (answer.err.strip() or "no message").splitlines()[0]
        raise ToolchainUnusable(f"rustc {rustc.toolchain.rustc} ({rustc.path}) cannot compile the tracer: {first}")
    return built


def _keep(built: Path, folder: Path) -> bool:
    """Copy the rlib into the cache by an atomic rename: another build may do the same. False where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".build-", dir=folder) as beside:
            copy = Path(shutil.copy(built, beside))
            copy.replace(folder / built.name)
    except OSError:
        return False
    return True


def _digest(path: Path) -> bytes:
    """SHA-256 of a file: what the cache holds must be what was compiled."""
    return hashlib.sha256(path.read_bytes()).digest()


def check_linking(rustc: Rustc, cache: Cache) -> None:
    """Compile and link an empty program once per toolchain and linker.

    :raises ToolchainUnusable: with what is missing: one message for a build, not one for each snippet.
    """
    key = hashlib.sha256(f"link\0{rustc.fingerprint}\0{linker_identity()}".encode()).hexdigest()
    if cache.read_memo(key) is not None:
        return
    with tempfile.TemporaryDirectory(prefix="heapledger-") as folder:
        source = Path(folder) / "main.rs"
        source.write_text("fn main() {}\n", encoding="utf-8")
        answer = ask([rustc.path, "--edition", "2021", "-o", "main", "main.rs"], cwd=Path(folder))
        if answer.code != 0:
            lines = [line for line in answer.err.splitlines() if line.startswith("error")] or answer.err.splitlines()
            what = lines[0].removeprefix("error: ") if lines else "no message"
            hint = "; install a C toolchain (on Debian and Ubuntu: apt-get install gcc)" if "linker" in what else ""
            raise ToolchainUnusable(f"rustc {rustc.toolchain.rustc} cannot link an empty program: {what}{hint}")
    cache.write_memo(key, b"links")


def linker_identity() -> str:
    """Path, size and time of the linker driver and version of libc: what links the programs."""
    found = shutil.which("cc")
    if found is None:
        return "no cc"
    return f"{found} {Path(found).resolve().stat().st_mtime_ns} {linker_size()}"


def linker_size() -> str:
    """Size of the linker driver and version of libc: what two machines with the same packages have in common."""
    found = shutil.which("cc")
    size = Path(found).resolve().stat().st_size if found else 0
    libc = os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", {}) else ""
    return f"{size} {libc}"
