"""The tracer's rlib lends nothing to the programs that link it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from heapledger.engine.cache import Cache
from heapledger.toolchain.find import find_rustc
from heapledger.toolchain.flags import tracer_flags
from heapledger.toolchain.tracer import SOURCES, build_tracer

GENERIC = """
pub fn largest<T: PartialOrd + Copy>(all: &[T]) -> T { *all.iter().reduce(|a, b| if a > b { a } else { b }).unwrap() }
pub fn seven() -> u64 { let v: Vec<u64> = vec![largest(&[1, 7, 3])]; v[0] }
"""


OWN = re.compile(
    r"^(<heapledger_tracer::Tracer as core::alloc::global::GlobalAlloc>::\w+|heapledger_tracer::[\w:]+"
    r"|(__rustc::)?__rust?\w*|DW\.ref\.rust_eh_personality)(::h[0-9a-f]{16})?$"
)
"""Names of the allocator and of the crate's own functions and statics, none of which is generic."""


def exported(rlib: Path) -> list[str]:
    """Names that other crates can link; an instantiation of a generic would be among them, whoever wrote it."""
    listed = subprocess.run(
        ["nm", "--defined-only", "--extern-only", "--demangle", str(rlib)], capture_output=True, text=True, check=True
    ).stdout
    return [match[1] for match in re.finditer(r"(?m)^[0-9a-f]+ [A-Za-z] (.+)$", listed)]


def test_the_rlib_exports_no_generics(tmp_path: Path) -> None:
    rustc = find_rustc("", Cache(None))
    names = exported(build_tracer(rustc, Cache(None), tmp_path).rlib)
    assert any("__rust_alloc" in name for name in names), names
    assert [name for name in names if not OWN.search(name)] == []


def test_the_same_look_finds_generics_in_a_crate_that_lends_them(tmp_path: Path) -> None:
    (tmp_path / "lib.rs").write_text(GENERIC, encoding="utf-8")
    rustc = find_rustc("", Cache(None))
    flags = [flag.replace("opt-level=3", "opt-level=0") for flag in tracer_flags()]
    named = ["--crate-name", "heapledger_tracer", "--crate-type", "rlib"]
    subprocess.run([rustc.path, *named, *flags, "-o", "lib.rlib", "lib.rs"], cwd=tmp_path, check=True)
    assert any(not OWN.search(name) for name in exported(tmp_path / "lib.rlib"))


def test_the_tracer_has_no_warnings(tmp_path: Path) -> None:
    """Built with warnings shown: ``tracer_flags`` hides them from authors, not from us."""
    rustc = find_rustc("", Cache(None))
    flags = tracer_flags()
    assert flags[-2:] == ["-A", "warnings"]
    flags = ["--crate-type", "rlib", *flags[:-2], "-D", "warnings", "-o", str(tmp_path / "lib.rlib")]
    done = subprocess.run([rustc.path, *flags, "src/lib.rs"], cwd=SOURCES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
