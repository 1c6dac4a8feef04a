"""The tracer's own walk of the stack finds the frames that libgcc finds, in frames of all kinds.

``walks/lib.rs`` is an allocator with the tracer's modules that walks in both ways at each call.
"""

from __future__ import annotations

import os
import platform
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heapledger.measure.trace import TRACE_FD, new_header
from heapledger.source.program import TRACER_CRATE
from heapledger.toolchain.flags import tracer_flags

WALKS = Path(__file__).parent / "walks"
CORPUS = Path(__file__).resolve().parents[1] / "truth" / "corpus"
HEADER = 4096
WALKED_AT = 48
"""Byte of the header where ``used`` stands, and ``events`` after it: walks by libgcc, and walks by rules."""

PLAIN = (
    "plain",
    "thread",
    "tls_destructor",
    "atexit",
    "qsort",
    "recursion",
    "aligned",
    "panic",
    "panic_in_thread",
    "dyn",
    "remembering",
    "below_rbp",
)
LEFT = {"far_rbp": 3, "below_rbx": 3, "expression": 3, "untold": 3, "signal": 3, "plugins": 6}
"""What the rules cannot say, or must not remember: libgcc does so many walks."""
EITHER = ("large", "context", "storm")
"""A frame of 100 MB by rsp is more than a rule can say, one by rbp is not; what makecontext builds is libc's affair.
How often a timer comes is nobody's."""
VARIANTS = {
    "debug": [],
    "release": ["-C", "opt-level=3"],
    "frame pointers": ["-C", "opt-level=2", "-C", "force-frame-pointers=yes"],
}
PROGRAMS = ("channel_between_threads", "format_many", "hash_map", "panic_twice", "recursion_tree", "trait_objects")

pytestmark = [
    pytest.mark.xdist_group("tracer"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="there libgcc walks"),
]


@pytest.fixture(scope="module")
def comparing(rustc: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The allocator that compares."""
    built = tmp_path_factory.mktemp("walks") / f"lib{TRACER_CRATE}.rlib"
    named = ["--crate-name", TRACER_CRATE, "--crate-type", "rlib", *tracer_flags()]
    subprocess.run([rustc, *named, "-o", str(built), str(WALKS / "lib.rs")], check=True)
    return built


def compile_program(rustc: str, comparing: Path, source: Path, flags: list[str], folder: Path) -> Path:
    text = source.read_text(encoding="utf-8") + f"\nextern crate {TRACER_CRATE} as _;\n"
    (folder / source.name).write_text(text, encoding="utf-8")
    command = [rustc, "--edition", "2024", "-A", "warnings", *flags, f"--extern={TRACER_CRATE}={comparing}"]
    subprocess.run([*command, "-o", source.stem, source.name], cwd=folder, check=True)
    return folder / source.stem


@contextmanager
def trace() -> Iterator[int]:
    """A trace's memory, under the number that the program expects."""
    descriptor = os.memfd_create("trace")
    try:
        os.ftruncate(descriptor, HEADER)
        os.pwrite(descriptor, new_header(HEADER), 0)
        os.dup2(descriptor, TRACE_FD, inheritable=True)
        yield descriptor
    finally:
        os.close(descriptor)
        os.close(TRACE_FD)


def walks(program: Path, *arguments: str) -> tuple[int, int]:
    """Run a program; return how many walks the rules did, and how many libgcc."""
    with trace() as descriptor:
        env = {"RUST_BACKTRACE": "1"}  # it allocates a lot, far down
        command = [str(program), *arguments]
        done = subprocess.run(
            command, pass_fds=[TRACE_FD], timeout=60, check=False, capture_output=True, text=True, env=env
        )
        assert "walks differ" not in done.stderr, (arguments, done.stderr)
        libgcc, rules = struct.unpack("<QQ", os.pread(descriptor, 16, WALKED_AT))
    return rules, libgcc


@pytest.mark.parametrize("flags", VARIANTS.values(), ids=VARIANTS)
def test_both_walks_agree(rustc: str, comparing: Path, tmp_path: Path, flags: list[str]) -> None:
    program = compile_program(rustc, comparing, WALKS / "program.rs", flags, tmp_path)
    plugins = [str(tmp_path / f"{size}.so") for size in (64, 640)]
    for path in plugins:
        size = Path(path).stem
        command = ["cc", "-O1", "-fno-stack-protector", "-shared", "-fPIC", f"-DLOCALS={size}"]
        subprocess.run([*command, "-o", path, WALKS / "plugin.c"], check=True)
    found = {name: walks(program, name, *plugins) for name in (*PLAIN, *LEFT, *EITHER)}
    assert min(rules for rules, _ in found.values()) > 10, found
    left = {name: libgcc for name, (_, libgcc) in found.items() if name not in EITHER and libgcc}
    assert left == LEFT, found


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_walks_agree_in_a_program_of_the_corpus(rustc: str, comparing: Path, tmp_path: Path, name: str) -> None:
    for flags in (VARIANTS["debug"], VARIANTS["release"]):
        rules, libgcc = walks(compile_program(rustc, comparing, CORPUS / f"{name}.rs", flags, tmp_path))
        assert rules > 3
        assert libgcc == 0
