"""Snippets that loop, hoard, flood, daemonize: one clear warning each, and nothing else on the page is touched."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HOSTILE = {
    "endless": (":timeout: 1\nloop {}", "it took too long and was stopped; ':timeout:' may ask for more seconds"),
    "hog": (
        "let mut all: Vec<Vec<u8>> = Vec::new();\nloop {\n    all.push(vec![1; 16 << 20]);\n}",
        "it asked for more memory than a snippet may take: memory allocation of 16777216 bytes failed",
    ),
    "flood": (':timeout: 30\nloop {\n    println!("{}", "flood ".repeat(1000));\n}', "it printed more than 1 MiB"),
    "overflow": (
        'fn deep(n: u64) -> u64 {\n    let big = std::hint::black_box([n; 512]);\n    deep(n + 1) + big[3]\n}\nprintln!("{}", deep(0));',
        "ended by SIGABRT",
    ),
    "exit": ("std::process::exit(3);", "measured: exit(3)"),
    "abort": ("std::process::abort();", "ended by SIGABRT"),
    "kills-itself": (
        'unsafe extern "C" {\n    fn kill(pid: i32, signal: i32) -> i32;\n    fn getpid() -> i32;\n}\nunsafe { kill(getpid(), 9) };',
        "ended by SIGKILL",
    ),
    "tracer-closed": (
        'unsafe extern "C" {\n    fn close(fd: i32) -> i32;\n}\nfor fd in 3..300 {\n    unsafe { close(fd) };\n}\n'
        "let b = std::hint::black_box(Box::new(1u8)); //~ alloc 2",
        "expected: alloc 2",
    ),
    "panic": ('panic!("no reason");', "measured: panicked: no reason"),
    "compile-loop": (
        "#![allow(long_running_const_eval)]\nconst X: u64 = {\n    let mut i = 0u64;\n    while i < u64::MAX {\n        i += 1;\n    }\n    i\n};\n"
        'println!("{X}");',
        "compiling",
    ),
}

GOOD = """
```{alloc:snippet} good
:expect: allocs == 1, bytes == 1
let b = Box::new(1u8); //~ alloc 1
std::hint::black_box(&b); //~ end: free 1
```
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_snippet(name: str, tmp_path: Path) -> None:
    code, message = HOSTILE[name]
    (tmp_path / "conf.py").write_text('extensions = ["myst_parser", "heapledger"]\n', encoding="utf-8")
    page = f"# Page\n{GOOD}\n```{{alloc:snippet}} {name}\n{code}\n```\n"
    (tmp_path / "index.md").write_text(page, encoding="utf-8")
    before = leftovers()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-b",
            "text",
            "-W",
            "-D",
            f"heapledger_cache={tmp_path / 'cache'}",
            ".",
            "out",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 1, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert len(warnings) == (2 if name == "compile-loop" else 1) or "[debug]" in done.stderr, done.stderr
    assert all(f"snippet falsified: {name}" in line for line in warnings), done.stderr
    assert message in done.stderr
    text = (tmp_path / "out" / "index.txt").read_text(encoding="utf-8")
    assert "1 allocation (1 byte)" in text
    assert "This snippet is falsified" in text
    assert leftovers() == before


def leftovers() -> set[str]:
    """Folders and processes of ours that are still there."""
    folders = {path.name for path in Path(tempfile.gettempdir()).glob("heapledger-*")}
    running = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"target/debug/snippet" in command or b"target/release/snippet" in command:
            running.add(process.name)
    return folders | running
