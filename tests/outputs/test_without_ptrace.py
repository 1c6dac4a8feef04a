"""Where ``ptrace`` is forbidden, as some containers do: recordings step in for what a debugger would have seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.sphinx.conftest import CONF, Built

REFUSED = (sys.executable, str(Path(__file__).with_name("without_ptrace.py")))
PAGE = """# Page

```{alloc:snippet} grows
:expect: allocs == 1
let mut v = vec![1u8]; //@ memory: one
v.push(2); //@ memory: two
std::hint::black_box(&v);
```
"""
RECORDED = "This memory is recorded, with rustc 1."


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    (folder / "index.md").write_text(PAGE, encoding="utf-8")
    return folder


def heapledger(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "heapledger", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def refused_build(source: Path, tmp_path: Path, sphinx_build: Callable[..., Built]) -> Callable[..., Built]:
    """Build where nothing may trace, with a cache that knows nothing."""

    def build(*arguments: str) -> Built:
        return sphinx_build(source, tmp_path / "out", "html", *arguments, cache=tmp_path / "refused", under=REFUSED)

    return build


def traced(under: tuple[str, ...] = ()) -> str:
    gdb = shutil.which("gdb")
    assert gdb is not None
    command = [*under, gdb, "-nx", "-batch", "-ex", "set startup-with-shell off", "-ex", "run", "--args", "/bin/true"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    return done.stdout + done.stderr


def test_gdb_really_cannot_trace() -> None:
    assert "exited normally" in traced()
    refused = traced(REFUSED)
    assert "exited normally" not in refused
    assert "Operation not permitted" in refused


def test_recordings_step_in_visibly_and_without_a_warning(
    source: Path, tmp_path: Path, refused_build: Callable[..., Built]
) -> None:
    heapledger("record", "--source", source, "--cache", tmp_path / "cache")
    built = refused_build("-W")
    assert built.status == 0, built.warnings
    assert built.warnings == ""
    (told,) = [line for line in built.output.splitlines() if "recorded" in line]
    assert "1 results are recorded, of rustc" in told
    assert "gdb may not trace programs here: " in told

    page = BeautifulSoup(built.text("index.html"), "html.parser")
    assert len(page.select(".heapledger-step svg")) == 2
    notes = [note.get_text() for note in page.select(".heapledger-diagram-note")]
    assert len(notes) == 1
    assert notes[0].startswith(RECORDED)
    verdict = page.select_one(".heapledger-verdict")
    assert verdict is not None
    assert "recorded" not in verdict.get_text(), "the counts are measured by this build"
    assert "1 allocation" in verdict.get_text()


def test_without_recordings_the_page_says_what_is_missing(refused_build: Callable[..., Built]) -> None:
    built = refused_build()
    assert built.status == 0
    assert "no memory snapshots: gdb may not trace programs here" in built.output
    page = BeautifulSoup(built.text("index.html"), "html.parser")
    assert page.select(".heapledger-step") == []
    (note,) = [note.get_text() for note in page.select(".heapledger-diagram-note")]
    assert note.startswith("There is no picture of memory: gdb may not trace programs here")


def test_a_build_that_may_trace_uses_no_recording(
    source: Path, tmp_path: Path, sphinx_build: Callable[..., Built]
) -> None:
    heapledger("record", "--source", source, "--cache", tmp_path / "cache")
    built = sphinx_build(source, tmp_path / "out", "html", "-W", cache=tmp_path / "cache")
    assert built.status == 0
    assert RECORDED not in built.text("index.html")
