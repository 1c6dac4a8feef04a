"""``heapledger run``: what it prints, its JSON, its exit status."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from heapledger.verify.json_report import Report

from .conftest import Run

CASES = Path(__file__).parent / "cases"
GROWTH = """fn main() {
    let mut v: Vec<u8> = Vec::new(); //~ none
    for i in 0..100 {
        v.push(i); //~ alloc 8, realloc 8 -> 16, realloc 16 -> 32, realloc 32 -> 64, realloc 64 -> 128
    }
    std::hint::black_box(&v);
} //~ free 128
"""
WRONG = GROWTH.replace(
    "//~ alloc 8, realloc 8 -> 16, ", "//~[release] alloc 8, realloc 8 -> 16 //~[debug] alloc 8, "
).replace("//~[debug] alloc 8, realloc 16", "//~[debug] alloc 8, realloc 8 -> 16, realloc 16")
UNTRACED = """use std::alloc::{GlobalAlloc, Layout, System};
struct Own;
unsafe impl GlobalAlloc for Own {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}
#[global_allocator]
static OWN: Own = Own;
fn main() {
    println!("own");
}
"""


def write(tmp_path: Path, **files: str) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.rs").write_text(text, encoding="utf-8")


def test_annotated_source(tmp_path: Path, command: Run, check_expected: Callable[[Path, str], None]) -> None:
    write(tmp_path, vec_growth=GROWTH)
    done = command("run", "vec_growth.rs")
    assert (done.returncode, done.stderr) == (0, "")
    check_expected(CASES / "annotated.expected", done.stdout)


def test_failure_text(tmp_path: Path, command: Run, check_expected: Callable[[Path, str], None]) -> None:
    write(tmp_path, vec_growth=WRONG)
    done = command("run", "vec_growth.rs")
    assert done.returncode == 1
    check_expected(CASES / "failure.expected", done.stderr)


def test_standard_input_and_several_files(tmp_path: Path, command: Run) -> None:
    write(tmp_path, one="fn main() {}\n", two="fn main() { drop(Box::new(1u8)); }\n")
    done = command("run", "one.rs", "-", "two.rs", "--json", given="fn main() { loop { break; } }\n")
    assert done.returncode == 0, done.stderr
    named = [(ledger["snippet"], ledger["profile"]) for ledger in json.loads(done.stdout)["ledgers"]]
    assert named == [(name, profile) for name in ("one", "stdin", "two") for profile in ("debug", "release")]


def shape(value: object) -> object:
    """Names in order, all the way down; of a list, the shapes of its members without repeats."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [json.loads(text) for text in dict.fromkeys(json.dumps(shape(inner)) for inner in value)]
    return type(value).__name__


COUNTS = dict.fromkeys(("allocs", "reallocs", "frees", "bytes", "peak", "live"), "int")
OUTSIDE = {"startup": {"allocs": "int", "bytes": "int"}, "shutdown": {"allocs": "int", "bytes": "int"}}
FIRST = {"seq": "int", "kind": "str", "size": "int"}
REST = {"align": "int", "block": "int", "line": "int", "thread": "int", "runtime": "bool", "path": ["str"]}
DOCUMENTED = {
    "schema": "int",
    "toolchain": {"rustc": "str", "commit": "str", "host": "str", "llvm": "str"},
    "ledgers": [
        {
            "snippet": "str",
            "profile": "str",
            "verdict": "str",
            "traced": "bool",
            "events_left_out": "int",
            "unstable": {},
            "totals": COUNTS,
            "events": [{**FIRST, **REST}, {**FIRST, "old_size": "int", **REST}],
            "outside": OUTSIDE,
            "snapshots": [],
            "stdout": "str",
            "stderr": "str",
            "exit": {"kind": "str", "code": "int", "diagnostics": []},
            "failures": [],
        }
    ],
}


def test_json_has_the_documented_shape(tmp_path: Path, command: Run) -> None:
    write(tmp_path, vec_growth=GROWTH)
    done = command("run", "--json", "--profile", "release", "vec_growth.rs")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert list_names(shape(report)) == list_names(DOCUMENTED)
    ledger = report["ledgers"][0]
    assert (report["schema"], ledger["snippet"], ledger["profile"]) == (1, "vec_growth", "release")
    assert (ledger["verdict"], ledger["exit"]["kind"]) == ("verified", "returned")
    assert ledger["totals"] == {"allocs": 1, "reallocs": 4, "frees": 1, "bytes": 8, "peak": 128, "live": 0}
    assert [event["seq"] for event in ledger["events"]] == [0, 1, 2, 3, 4, 5]
    assert [event["line"] for event in ledger["events"]] == [4, 4, 4, 4, 4, 7]
    assert [event["kind"] for event in ledger["events"]] == ["alloc", *["realloc"] * 4, "dealloc"]
    jsonschema.validate(report, msgspec.json.schema(Report))


def list_names(value: Any) -> Any:
    """Turn objects into lists of pairs, so that order counts in a comparison."""
    if isinstance(value, dict):
        return [(name, list_names(inner)) for name, inner in value.items()]
    return [list_names(inner) for inner in value] if isinstance(value, list) else value


def test_json_of_failures_and_of_untraced_programs(tmp_path: Path, command: Run) -> None:
    write(
        tmp_path,
        wrong=WRONG,
        own=UNTRACED,
        broken='fn main() { let a: u8 = ""; }\n',
        exits="fn main() { std::process::exit(3) }\n",
    )
    done = command("run", "--json", "--profile", "release", "wrong.rs", "own.rs", "broken.rs", "exits.rs")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    jsonschema.validate(report, msgspec.json.schema(Report))
    wrong, own, broken, exits = report["ledgers"]
    assert list_names(wrong["failures"]) == list_names(
        [
            {
                "subtype": "expect",
                "file": "wrong.rs",
                "line": 4,
                "expected": "alloc 8, realloc 8 -> 16",
                "measured": "alloc 8, realloc 8 -> 16, realloc 16 -> 32, realloc 32 -> 64, realloc 64 -> 128",
            }
        ]
    )
    assert (own["traced"], own["totals"], own["events"], own["stdout"]) == (False, None, [], "own\n")
    assert broken["exit"]["kind"] == "compile-error"
    assert broken["exit"]["diagnostics"][0]["code"] == "E0308"
    assert (exits["exit"]["kind"], exits["exit"]["code"]) == ("exited", 3)


def test_one_profile(tmp_path: Path, command: Run) -> None:
    write(tmp_path, boxed="fn main() {\n    drop(Box::new(1u8)); //~[debug] alloc 1, free 1 //~[release] none\n}\n")
    assert command("run", "boxed.rs").returncode == 0
    release = command("run", "boxed.rs", "--profile", "release").stdout
    assert "boxed [release]" in release
    assert "no call of the allocator" in release
    assert "1 allocation (1 byte)" in command("run", "boxed.rs", "--profile", "debug").stdout


def test_a_toolchain_by_path_and_by_name(tmp_path: Path, command: Run, rustc: str) -> None:
    write(tmp_path, empty="fn main() {}\n")
    by_path = command("run", "--json", "--toolchain", rustc, "empty.rs")
    assert by_path.returncode == 0, by_path.stderr
    missing = command("run", "--toolchain", "/nowhere/rustc", "empty.rs")
    assert missing.returncode == 2
    assert "no rustc was found" in missing.stderr


def test_a_rustc_that_cannot_link(tmp_path: Path, command: Run, rustc: str) -> None:
    write(tmp_path, empty="fn main() {}\n")
    done = command("run", "--toolchain", rustc, "--cache", "off", "empty.rs", env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr.count("WARNING") == 1
    assert "cannot link an empty program" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.rs",), "nowhere.rs: cannot be read: No such file or directory"),
        (("latin1.rs",), "latin1.rs:2: is not UTF-8 (byte 0xf6)"),
        ((), "Missing argument"),
        (("--profile", "relase", "good.rs"), "relase"),
        (("--cache", "open", "good.rs"), "is writable by everyone"),
    ],
)
def test_the_tool_is_at_fault(arguments: tuple[str, ...], message: str, tmp_path: Path, command: Run) -> None:
    write(tmp_path, good="fn main() {}\n")
    (tmp_path / "latin1.rs").write_bytes(b"fn main() {\n    // gr\xf6sse\n}\n")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    done = command("run", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def on_a_terminal(arguments: list[str], cwd: Path, env: dict[str, str]) -> str:
    """Run a command whose three streams are a terminal, and return what it wrote there."""
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        arguments, cwd=cwd, stdin=follower, stdout=follower, stderr=follower, env={**os.environ, "TERM": "xterm", **env}
    )
    os.close(follower)
    written = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:
            break
        if not part:
            break
        written += part
    running.wait(timeout=60)
    os.close(leader)
    return written.decode()


def test_colours_and_progress_belong_to_terminals(tmp_path: Path, command: Run) -> None:
    write(tmp_path, vec_growth=GROWTH)
    piped = command("run", "vec_growth.rs", "--cache", "fresh1")
    assert piped.returncode == 0
    assert "\x1b" not in piped.stdout + piped.stderr
    assert "measuring" not in piped.stderr
    arguments = [sys.executable, "-m", "heapledger", "run", "vec_growth.rs", "--cache"]
    shown = on_a_terminal([*arguments, "fresh2"], tmp_path, {})
    assert "\x1b[" in shown
    assert "measuring" in shown
    plain = on_a_terminal([*arguments, "fresh2"], tmp_path, {"NO_COLOR": "1"})
    assert "\x1b[3" not in plain
    assert "+ 8 B, 8 → 16 → 32 → 64 → 128 B" in plain


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("fn main() { let v = vec![1u8]; std::hint::black_box(&v); }\n", "v: Vec<u8>"),
        ("fn main() {}\n", "no variables"),
        (
            'fn main() {\n    let b = Box::new(7u8);\n    println!("{b}");\n    std::process::exit(0);\n}\n',
            "b: Box<u8>",
        ),
    ],
    ids=["one-line", "empty", "exits"],
)
def test_memory_at_the_end_of_main(code: str, shown: str, tmp_path: Path, command: Run) -> None:
    """Where no marker says when: the end of main, or the last place that it comes to."""
    write(tmp_path, ends=code)
    done = command("run", "--memory", "ends.rs")
    assert (done.returncode, done.stderr) == (0, "")
    assert shown in done.stdout
