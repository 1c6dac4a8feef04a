"""Section 4.6 of the design: the machine code of every release program is that of the program without the tracer."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.engine.compile import rustc_command
from heapledger.engine.task import Surroundings, Task, make_task
from heapledger.engine.tools import tool_environment
from heapledger.measure.fidelity import Comparison, compare_allocator_calls, compare_code, listings
from heapledger.model import Profile
from heapledger.outcome import Session
from heapledger.source.program import Program, build_program
from heapledger.source.snippet import read_rust
from heapledger.toolchain.find import Rustc, find_rustc
from heapledger.toolchain.tracer import BuiltTracer, build_tracer

CORPUS = Path(__file__).resolve().parents[1] / "truth" / "corpus"


@pytest.fixture(scope="module")
def found(shared_cache: Path) -> Rustc:
    return find_rustc("", Cache(shared_cache))


@pytest.fixture(scope="module")
def tracer(found: Rustc, shared_cache: Path) -> BuiltTracer:
    return build_tracer(found, Cache(shared_cache), shared_cache)


def compile_in(
    folder: Path, task: Task, rustc: Rustc, text: str, tracer: BuiltTracer | None, *, debuginfo: bool = True
) -> Path:
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.rs").write_text(text, encoding="utf-8")
    command = rustc_command(task, rustc, tracer, "snippet")
    if not debuginfo:
        (level,) = [index for index, part in enumerate(command) if part.startswith("debuginfo=")]
        assert command[level - 1] == "-C"
        del command[level - 1 : level + 1]
    done = subprocess.run(command, cwd=folder, env=tool_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "snippet"


def programs(guide: Session) -> list[tuple[str, Program]]:
    found = []
    for outcome in guide.outcomes:
        program = outcome.program
        compiles = all(
            profile.ledger and profile.ledger.exit.kind.value != "compile-error" for profile in outcome.profiles
        )
        if program is not None and program.traced and compiles:
            found.append((outcome.snippet.id, program))
    for path in sorted(CORPUS.glob("*.rs")):
        program, _ = build_program(
            read_rust(text=path.read_text(encoding="utf-8"), file=str(path), snippet_id=path.stem)
        )
        if program.traced:
            found.append((path.stem, program))
    return found


def compare_builds(folder: Path, program: Program, found: Rustc, tracer: BuiltTracer) -> tuple[Comparison, Comparison]:
    """Build with the tracer, without, and without debug info; compare the code, and the calls of the allocator."""
    task = make_task(program, Profile.RELEASE, Surroundings(rustc=found, config=Config()), run=True, timeout=None)
    traced = compile_in(folder / "traced", task, found, program.traced_text, tracer)
    plain = compile_in(folder / "plain", task, found, program.text, None)
    bare = compile_in(folder / "bare", task, found, program.text, None, debuginfo=False)
    code = listings(traced)
    compared = compare_code(code, listings(plain)), compare_allocator_calls(code, bare)
    shutil.rmtree(folder)
    return compared


@pytest.mark.xdist_group("fidelity")
def test_release_code_is_that_of_the_program_without_the_tracer(
    guide: Session, found: Rustc, tracer: BuiltTracer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = programs(guide)

    def one(index: int) -> tuple[Comparison, Comparison]:
        return compare_builds(tmp_path / str(index), checked[index][1], found, tracer)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        compared = list(pool.map(one, range(len(checked))))
    wrong = [
        f"{name}: {difference}"
        for (name, _), comparisons in zip(checked, compared, strict=True)
        for comparison in comparisons
        for difference in comparison.differences
    ]
    with capsys.disabled():
        functions = sum(code.compared for code, _ in compared)
        print(f"\nfidelity: {functions} functions of {len(checked)} release programs compared")
    assert wrong == []
    assert [name for (name, _), (code, _) in zip(checked, compared, strict=True) if not code.compared] == []
    assert len(checked) >= 80


def test_a_tracer_in_the_users_crate_is_noticed(found: Rustc, tmp_path: Path) -> None:
    """The documented set-up of every counting crate: ``#[global_allocator]`` in the program itself."""
    text = 'fn main() {\n    let b = Box::new(41u64);\n    let n = *b;\n    println!("{n}");\n}\n'
    counting = text + (
        "struct Counting;\n"
        "static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);\n"
        "unsafe impl std::alloc::GlobalAlloc for Counting {\n"
        "    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {\n"
        "        CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);\n"
        "        unsafe { std::alloc::System.alloc(layout) }\n"
        "    }\n"
        "    unsafe fn dealloc(&self, ptr: *mut u8, layout: std::alloc::Layout) {\n"
        "        unsafe { std::alloc::System.dealloc(ptr, layout) }\n"
        "    }\n"
        "}\n"
        "#[global_allocator]\n"
        "static GLOBAL: Counting = Counting;\n"
    )
    program, _ = build_program(read_rust(text=text, file="x.rs", snippet_id="x"))
    task = make_task(program, Profile.RELEASE, Surroundings(rustc=found, config=Config()), run=True, timeout=None)
    inside = compile_in(tmp_path / "inside", replace(task), found, counting, None)
    plain = compile_in(tmp_path / "plain", task, found, text, None)
    comparison: Comparison = compare_code(listings(inside), listings(plain))
    assert any(difference == "snippet::main differs" for difference in comparison.differences), comparison
