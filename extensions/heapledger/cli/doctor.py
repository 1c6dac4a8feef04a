"""``heapledger doctor``: what was found on this machine, what each missing part costs, how to get it."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass, replace

import click

from heapledger import __version__
from heapledger.cli.shared import console, styled, with_choices
from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.engine.debugger import NoDebugger, find_debugger
from heapledger.engine.draw import find_renderer
from heapledger.engine.typeset import missing_packages
from heapledger.errors import HeapledgerError
from heapledger.model import Profile
from heapledger.session import evaluate
from heapledger.source.snippet import read_rust
from heapledger.toolchain.find import find_rustc

PROBE = """\
fn main() {
    let b = std::hint::black_box(Box::new(41u64)); //~ alloc 8
    println!("{b}"); //~ alloc 1024
} //~ free 8
"""

MEMORY_PROBE = 'fn main() {\n    let b = Box::new(41u64); //@ memory\n    println!("{b}");\n}\n'

_OPTIONAL = frozenset({"debugger", "diagrams", "PDF"})
"""Parts that nothing is measured with."""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    good: bool
    found: str
    cost: str = ""


@click.command()
@click.option("--toolchain", help="A toolchain of rustup, or the path of a rustc.")
@click.option("--cache", "cache_setting", help="Folder of the cache, or 'off'.")
@click.pass_context
def doctor(context: click.Context, toolchain: str | None, cache_setting: str | None) -> None:
    """Look at this machine: the compiler, the linker, the cache, and one measured program."""
    config = with_choices(Config(), None, toolchain, cache_setting)
    parts = [
        _Part("heapledger", good=True, found=__version__),
        _Part("python", good=True, found=f"{platform.python_version()} ({sys.executable})"),
        _Part("system", good=sys.platform == "linux", found=platform.platform(), cost="measuring needs x86-64 Linux"),
        *_compiler(config),
        _tool("linker", ("cc",), "nothing can be linked; install a C toolchain (Debian: apt-get install gcc)"),
        _debugger(config),
        _renderer(),
        _typesetting(),
        _cache(config),
    ]
    out = console()
    for part in parts:
        mark = ("✓ ", "good") if part.good else ("✗ ", "bad")
        cost = [] if part.good or not part.cost else [(f"\n    {part.cost}", "soft")]
        out.print(styled([mark, (f"{part.name}: ", "soft"), (part.found, "plain"), *cost]))
    context.exit(0 if all(part.good or part.name in _OPTIONAL for part in parts) else 2)


def _compiler(config: Config) -> list[_Part]:
    try:
        rustc = find_rustc(config.rustc, Cache.from_setting(config.cache))
    except HeapledgerError as error:
        return [_Part("rustc", good=False, found="not usable", cost=str(error))]
    told = rustc.toolchain
    found = _Part(
        "rustc", good=True, found=f"{told.rustc} ({told.commit}), {told.host}, LLVM {told.llvm}: {rustc.path}"
    )
    session = evaluate([read_rust(text=PROBE, file="probe.rs", snippet_id="probe")], config, cache=Cache(None))
    troubles = [finding.text or finding.measured for finding in session.findings]
    for outcome in session.outcomes:
        troubles += [f"expected {f.expected}, measured {f.measured} {f.text}".strip() for f in outcome.findings]
    if troubles:
        return [found, _Part("a measured program", good=False, found="failed", cost="; ".join(troubles))]
    return [found, _Part("a measured program", good=True, found="debug and release, as expected")]


def _tool(name: str, programs: tuple[str, ...], cost: str) -> _Part:
    where = next((path for path in map(shutil.which, programs) if path), None)
    return _Part(name, good=where is not None, found=where or "not found", cost=cost)


def _debugger(config: Config) -> _Part:
    """Look for gdb, and take one snapshot: where programs may not be traced, a gdb is of no use."""
    cost = "pages have no pictures of memory, or those of recordings"
    debugger = find_debugger()
    if isinstance(debugger, NoDebugger):
        return _Part("debugger", good=False, found="none that works", cost=f"{cost}; {debugger.reason}")
    snippet = read_rust(text=MEMORY_PROBE, file="probe.rs", snippet_id="probe")
    session = evaluate([snippet], replace(config, profiles=(Profile.DEBUG,)), cache=Cache(None))
    taken = session.outcomes[0].snapshots if session.outcomes else None
    found = f"gdb {debugger.version} ({debugger.path})"
    if taken is None or not taken.snapshots:
        why = taken.missing or "; ".join(text for _, text in taken.troubles) if taken is not None else "nothing was run"
        return _Part("debugger", good=False, found=found, cost=f"{cost}; {why}")
    return _Part("debugger", good=True, found=f"{found}, one snapshot taken")


def _renderer() -> _Part:
    renderer = find_renderer()
    if renderer is None:
        return _Part(
            "diagrams", good=False, found="no renderer", cost="pages show their source; install heapledger[diagrams]"
        )
    vectors = "vectors" if renderer.way != "png" else "no vectors (heapledger[diagrams-pdf] makes them)"
    backend = "V8" if renderer.backend == "v8" else "QuickJS (heapledger[diagrams-fast] is about five times faster)"
    return _Part("diagrams", good=True, found=f"mermaidx on {backend}; in PDF {vectors}")


def _typesetting() -> _Part:
    missing = missing_packages()
    cost = f"'heapledger build pdf' needs TeX; Debian: apt-get install --no-install-recommends {' '.join(missing)}"
    return _Part("PDF", good=not missing, found="TeX lacks parts" if missing else "TeX with latexmk", cost=cost)


def _cache(config: Config) -> _Part:
    try:
        info = Cache.from_setting(config.cache).info()
    except HeapledgerError as error:
        return _Part("cache", good=False, found="refused", cost=str(error))
    if info.folder is None:
        return _Part("cache", good=True, found="off")
    return _Part("cache", good=True, found=f"{info.folder} ({info.entries} files, {info.size / 1e6:.1f} MB)")
