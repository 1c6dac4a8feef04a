"""Bad input: what cannot be shown is explained, at the marker's line; nothing crashes, nothing is invented."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from heapledger.engine import debugger
from heapledger.model_snapshot import Snapshot
from heapledger.outcome import SnippetOutcome
from heapledger.render.memory import describe, view_of
from heapledger.source.options import Options

Take = Callable[..., SnippetOutcome]


def only(outcome: SnippetOutcome) -> Snapshot:
    assert outcome.findings == (), [finding.text for finding in outcome.findings]
    assert outcome.snapshots is not None
    (snapshot,) = outcome.snapshots.snapshots
    return snapshot


def told(outcome: SnippetOutcome) -> list[tuple[int | None, str]]:
    """Line and text of each finding about memory."""
    return [(one.location.line, one.text) for one in outcome.findings if one.kind.value == "memory"]


def test_a_line_that_never_runs(take: Take) -> None:
    outcome = take('let n = std::env::args().count();\nif n > 5 {\n    println!("{n}"); //@ memory: never\n}\n')
    assert told(outcome) == [(3, "no snapshot: the program never comes here")]


def test_a_line_after_the_end(take: Take) -> None:
    outcome = take(
        "let v = vec![1u8];\nif v.len() == 1 {\n    std::process::abort();\n}\n//@ memory: too late\ndrop(v);\n"
    )
    assert (5, "no snapshot: the program never came here: it ended with SIGABRT before") in told(outcome)


def test_a_loop_of_a_million(take: Take) -> None:
    """The program itself counts, so a million passes cost no million stops."""
    code = """let mut sum = 0u64;
for i in 0..1_000_000u64 {
    sum += i;
    //@ memory: last
}
println!("{sum}");
"""
    snapshot = only(take(code))
    values = {one.name: one.value for one in snapshot.frames[0].variables}
    assert (snapshot.hit, values) == (1_000_000, {"sum": "499999500000", "i": "999999"})


def test_a_time_that_never_comes(take: Take) -> None:
    outcome = take("for i in 0..3 {\n    std::hint::black_box(i); //@ memory[7]: seventh\n}\n")
    assert told(outcome) == [(2, "no snapshot: the program comes here 3 times, not 7")]


def test_ten_thousand_blocks(take: Take) -> None:
    code = """let v: Vec<Box<u64>> = (0..10_000).map(Box::new).collect();
let b = Box::new(1u8);
//@ memory
println!("{} {b}", v.len());
"""
    snapshot = only(take(code))
    assert len(snapshot.blocks) == 64
    assert snapshot.blocks_left_out == 10_002 - 64
    kept = {block.block for block in snapshot.blocks}
    owned = {pointer.block for one in snapshot.frames[0].variables for pointer in one.points_to}
    assert owned <= kept


def test_a_cycle_of_counted_pointers_ends(take: Take) -> None:
    code = """use std::cell::RefCell;
use std::rc::Rc;
struct Node { next: RefCell<Option<Rc<Node>>> }
let a = Rc::new(Node { next: RefCell::new(None) });
*a.next.borrow_mut() = Some(a.clone());
//@ memory
println!("{}", Rc::strong_count(&a));
"""
    snapshot = only(take(code))
    (block,) = [block for block in snapshot.blocks if block.type == "RcInner<Node>"]
    assert block.points_to[0].block == block.block
    assert "… (itself)" in (block.value or "")


def test_pointers_into_the_middle_and_past_the_end(take: Take) -> None:
    code = """let v = vec![1u32, 2, 3];
let middle: *const u32 = &v[2];
let end: *const u32 = v.as_ptr().wrapping_add(3);
//@ memory
println!("{:?} {:?}", middle.is_null(), end.is_null());
"""
    middle, end = (one for one in only(take(code)).frames[0].variables if one.name != "v")
    assert (middle.points_to[0].block, middle.points_to[0].offset) == (1, 8)
    assert end.points_to[0].unknown is not None
    assert "block 1" not in (end.value or "") or "end of block 1" in (end.value or "")


def test_dangling_pointers_are_not_followed(take: Take) -> None:
    code = """let wild = 0x1234_5678_9abc_usize as *const [u64; 100];
let freed: *const u64 = { let b = Box::new(1u64); &*b };
let stack: *const u8 = { let x = 5u8; &x };
//@ memory
println!("{:?} {:?} {:?}", wild.is_null(), freed.is_null(), stack.is_null());
"""
    variables = {one.name: one for one in only(take(code)).frames[0].variables}
    assert variables["wild"].points_to[0].unknown == "dangling or not ours: no block, static or variable is there"
    assert variables["freed"].points_to[0].unknown == "dangling: block 1 was freed on line 2"
    assert isinstance(variables["stack"].points_to[0].unknown, str)
    assert all("1234" not in (one.value or "") for one in variables.values())


def test_a_value_that_is_none_of_its_type(take: Take) -> None:
    """Undefined behaviour of the program must not become a guess of ours."""
    code = """#[repr(u8)]
#[derive(Clone, Copy)]
enum Level { Low = 1, High = 2 }
let mut bits = [1u8, 7];
let levels: *mut [u8; 2] = &mut bits;
let level: *const Level = levels.cast::<Level>().wrapping_add(1);
let b: Box<std::mem::MaybeUninit<Level>> = Box::new(unsafe { *level.cast() });
//@ memory
println!("{} {}", b.as_ptr().is_null(), level.is_null());
std::hint::black_box((Level::Low, Level::High));
"""
    variables = {one.name: one for one in only(take(code)).frames[0].variables}
    assert variables["b"].value == "MaybeUninit<Level> (1 bytes: 07)"


def test_a_snippet_that_dies_while_stopped(take: Take) -> None:
    """A child of the program kills it while the debugger holds it."""
    code = """unsafe extern "C" {
    fn fork() -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
    fn getppid() -> i32;
    fn usleep(us: u32) -> i32;
}
let b = Box::new(1u8);
if unsafe { fork() } == 0 {
    for _ in 0..2000 { unsafe { kill(getppid(), 9); usleep(100); } }
    std::process::exit(0);
}
let mut n = 0u64;
while n < u64::MAX {
    n += 1; //@ memory: soon dead
}
println!("{b}");
"""
    outcome = take(code, timeout=3.0)
    explained = told(outcome)
    assert outcome.snapshots is not None or explained, "what was not taken must be explained"
    assert all(line == 14 and text.startswith("no snapshot: ") and len(text) > 20 for line, text in explained), (
        explained
    )


def test_a_program_that_waits_for_ever(take: Take) -> None:
    code = "let b = Box::new(3u8);\n//@ memory: before the wait\nloop { std::hint::black_box(&b); }\n"
    outcome = take(code, timeout=1.0)
    assert outcome.snapshots is not None
    assert [one.value for one in outcome.snapshots.snapshots[0].frames[0].variables] == ["3"]
    assert all(block.state.value == "live" for block in outcome.snapshots.snapshots[0].blocks)


@pytest.mark.parametrize(
    ("code", "line", "text"),
    [
        ('let n = {\n    5 //@ memory: x\n};\nprintln!("{n}");\n', 2, "the marker stands after the value of its block"),
        ("const N: u8 = 3; //@ memory: x\nfn main() {}\n", 1, "it stands in no function"),
    ],
)
def test_a_marker_where_no_statement_can_stand(take: Take, code: str, line: int, text: str) -> None:
    ((where, said),) = told(take(code))
    assert where == line
    assert text in said


def test_a_program_that_does_not_compile_is_told_once(take: Take) -> None:
    outcome = take('let a: u8 = "x";\n//@ memory: x\n')
    assert told(outcome) == []
    assert [finding.kind.value for finding in outcome.findings] == ["compile"]


def test_a_program_without_the_tracer(take: Take) -> None:
    """Its own allocator is not ours: variables are shown, blocks are not known."""
    code = """use std::alloc::System;
#[global_allocator]
static GLOBAL: System = System;
fn main() {
    let v = vec![1u8, 2];
    //@ memory
    println!("{v:?}");
}
"""
    snapshot = only(take(code))
    (variable,) = snapshot.frames[0].variables
    assert (variable.type, variable.value) == ("Vec<u8>", "[1, 2]")
    assert snapshot.blocks == ()
    assert variable.points_to[0].unknown == "memory that was not traced"
    sentence = describe(view_of(snapshot, Options()))
    assert "v (Vec<u8>, 24 bytes), which owns memory that was not traced" in sentence
    assert "The program brings its own allocator: its heap was not traced." in sentence


def run_memory(folder: Path, path: str, cache: Path) -> tuple[int, str]:
    """Run the real command with another PATH."""
    program = folder / "boxed.rs"
    program.write_text(
        'fn main() {\n    let b = Box::new(7u8); //@ memory: here\n    println!("{b}");\n}\n', encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "heapledger", "run", "--memory", "--cache", str(cache), str(program)],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def without_gdb(folder: Path, gdb: str | None) -> str:
    """Return a PATH with all that compiling needs, and a gdb of ours or none."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    for name in ("rustc", "cc", "ld", "as", "ar", "gcc", "collect2", "rustup"):
        found = shutil.which(name)
        if found is not None:
            (bin_folder / name).symlink_to(found)
    if gdb is not None:
        script = bin_folder / "gdb"
        script.write_text(gdb, encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return str(bin_folder)


def test_without_gdb_on_path_that_of_pypi_is_used(tmp_path: Path) -> None:
    status, said = run_memory(tmp_path, without_gdb(tmp_path, None), tmp_path / "cache")
    assert status == 0, said
    assert "b: Box<u8>  8 B  7  ━━▶ block 1" in said, said


def test_a_gdb_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on PATH nor from PyPI: said once, with what to do; the exit status is that of the rest."""
    monkeypatch.setattr(debugger, "_PACKAGE", "gdb_that_nobody_has")
    debugger._find.cache_clear()
    found = debugger._find(without_gdb(tmp_path, None))
    assert isinstance(found, debugger.NoDebugger)
    assert found.reason == f"no gdb was found; {debugger.HOW_TO_GET_ONE}"
    debugger._find.cache_clear()


def test_ptrace_is_forbidden(take: Take, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A filter of system calls refuses ptrace, as some containers do."""
    gdb = shutil.which("gdb")
    assert gdb is not None
    wrapper = tmp_path / "refused.py"
    wrapper.write_text(REFUSE_PTRACE.format(gdb=gdb), encoding="utf-8")
    real = debugger.find_debugger()
    assert isinstance(real, debugger.Debugger)
    refused = debugger.Debugger(path=sys.executable, version="refused", arguments=("-I", str(wrapper)), env=real.env)
    tmp_path.chmod(0o755)
    monkeypatch.setattr("heapledger.engine.snapshot.find_debugger", lambda: refused)
    monkeypatch.setattr("heapledger.engine.snapshot.debugger_identity", lambda: "refused")
    outcome = take('let b = Box::new(1u8);\n//@ memory\nprintln!("{b}");\n')
    assert outcome.findings == ()
    assert outcome.snapshots is not None
    assert outcome.snapshots.snapshots == ()
    assert outcome.snapshots.missing.startswith("gdb may not trace programs here: ")


REFUSE_PTRACE = """
import ctypes, os, struct, sys
# A filter of system calls (seccomp): ptrace (101) gives EPERM, all others are allowed.
code = struct.pack("HBBI", 0x20, 0, 0, 0) + struct.pack("HBBI", 0x15, 0, 1, 101)
code += struct.pack("HBBI", 0x06, 0, 0, 0x00050001) + struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
buffer = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.create_string_buffer(program), 0, 0) == 0, ctypes.get_errno()
os.execv("{gdb}", ["gdb", *sys.argv[1:]])
"""
