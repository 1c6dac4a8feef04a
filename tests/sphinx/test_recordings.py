"""Recordings: what a build shows where no rustc is, or no debugger, and when a recording is stale."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Built

PAGE = """# Page

```{alloc:snippet} grows
:expect: allocs == 1, reallocs == 1
let mut v = vec![1u8];
v.push(2); //~ realloc 1 -> 8
std::hint::black_box(&v);
```

It takes {alloc:value}`grows.bytes`.

:::{alloc:claim} sizes
:status: implementation

A word has eight bytes here.

```{alloc:snippet}
:expect: allocs == 0, size(usize) == 8
let word = 7usize;
std::hint::black_box(word);
```
:::
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    source = tmp_path / "docs"
    (source / "deep").mkdir(parents=True)
    conf = 'extensions = ["myst_parser", "heapledger"]\nmyst_enable_extensions = ["colon_fence"]\n'
    (source / "conf.py").write_text(conf, encoding="utf-8")
    (source / "index.md").write_text("# Index\n\n```{toctree}\ndeep/page\n```\n", encoding="utf-8")
    (source / "deep" / "page.md").write_text(PAGE, encoding="utf-8")
    return source


def command(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NO_COLOR": "1", **({"PATH": path} if path is not None else {})}
    return subprocess.run(
        [sys.executable, "-m", "heapledger", *arguments], capture_output=True, text=True, check=False, env=env
    )


def without_rustc(tmp_path: Path) -> str:
    """A PATH with what a build needs, but no rustc, no cc and no gdb."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    for name in ("env", "sh"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


@pytest.fixture
def recorded(project: Path, shared_cache: Path) -> Path:
    done = command("record", "--source", str(project), "--cache", str(shared_cache))
    assert done.returncode == 0, done.stderr
    return project


def test_a_recording_is_readable_and_stable(recorded: Path, shared_cache: Path) -> None:
    path = recorded / "ledgers" / "deep" / "page.json"
    text = path.read_text(encoding="utf-8")
    file = json.loads(text)
    assert file["schema"] == 1
    assert list(file["results"]) == sorted(file["results"])
    assert {"grows debug ledger", "grows release ledger", "sizes debug probe"} <= set(file["results"])
    assert file["results"]["grows debug ledger"]["value"]["totals"]["reallocs"] == 1
    assert max(map(len, text.splitlines())) < 400
    again = command("record", "--source", str(recorded), "--cache", str(shared_cache))
    assert again.stdout == "0 of 1 recordings changed\n"
    assert path.read_text(encoding="utf-8") == text


def test_pages_are_built_without_rustc_and_say_so(
    recorded: Path, tmp_path: Path, sphinx_build: Callable[..., Built], shared_cache: Path
) -> None:
    measured = sphinx_build(recorded, tmp_path / "measured", cache=shared_cache).text("deep/page.txt")
    built = sphinx_build(recorded, tmp_path / "out", "text", "-W", cache=None, env={"PATH": without_rustc(tmp_path)})
    assert built.status == 0, built.warnings
    assert "results are recorded, of rustc" in built.output
    page = built.text("deep/page.txt")
    assert page.count("recorded") >= 2
    assert "1 allocation (1 byte)" in page
    assert "It takes 1 byte." in page
    assert "recorded" not in measured


def test_an_edited_snippet_has_no_recording(recorded: Path, tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    page = recorded / "deep" / "page.md"
    page.write_text(PAGE.replace("v.push(2);", "v.push(3);"), encoding="utf-8")
    built = sphinx_build(recorded, tmp_path / "out", cache=None, env={"PATH": without_rustc(tmp_path)})
    told = [line for line in built.warnings.splitlines() if "WARNING" in line]
    assert len(told) == 1, built.warnings
    assert "page.md:3: WARNING: snippet falsified: grows" in told[0] or "page.md:3" in told[0]
    assert "it has no recording, or was edited since" in built.warnings


def test_recorded_results_are_an_error_where_verified_ones_are_required(
    recorded: Path, tmp_path: Path, sphinx_build: Callable[..., Built]
) -> None:
    path = without_rustc(tmp_path)
    built = sphinx_build(
        recorded, tmp_path / "out", "text", "-W", "-D", "heapledger_require=verified", cache=None, env={"PATH": path}
    )
    assert built.status == 1
    assert "but its results are recorded" in built.warnings


def test_check_tells_a_stale_recording(recorded: Path, shared_cache: Path) -> None:
    arguments = ("check", "--recorded", "--source", str(recorded), "--cache", str(shared_cache))
    assert command(*arguments).returncode == 0
    page = recorded / "deep" / "page.md"
    page.write_text(PAGE.replace("v.push(2);", "v.push(3);"), encoding="utf-8")
    done = command(*arguments)
    assert done.returncode == 1
    assert "deep/page: the recording is stale" in done.stderr


def test_a_damaged_recording_is_told(recorded: Path, shared_cache: Path) -> None:
    (recorded / "ledgers" / "deep" / "page.json").write_text("{}", encoding="utf-8")
    done = command("check", "--source", str(recorded), "--cache", str(shared_cache))
    assert "is no recording" in done.stderr
    assert "heapledger record" in done.stderr


def test_nothing_false_is_recorded(project: Path, shared_cache: Path) -> None:
    page = project / "deep" / "page.md"
    page.write_text(PAGE.replace("allocs == 1, ", "allocs == 2, "), encoding="utf-8")
    done = command("record", "--source", str(project), "--cache", str(shared_cache))
    assert done.returncode == 1
    assert not (project / "ledgers").exists()


THREADS = """# Threads

```{alloc:snippet} two-threads
let handles: Vec<_> = (0..2)
    .map(|n| {
        std::thread::spawn(move || {
            std::hint::black_box(vec![n as u8 + 1; 100]); //~ (alloc 100, free 100) x2
        })
    })
    .collect();
for handle in handles {
    handle.join().unwrap();
}
```

```{alloc:snippet} a-thread-and-none
let x = std::hint::black_box(1u8); //~ none
std::thread::spawn(|| drop(std::hint::black_box(Box::new(1u64)))).join().unwrap();
std::hint::black_box(x);
```

```{alloc:snippet} old
:toolchain: <1.80
let x = 1; //~ none
```
"""


def test_threads_and_other_toolchains(project: Path, tmp_path: Path) -> None:
    """What timing decides is not recorded, so it is not judged; recording does not help what is for another rustc."""
    (project / "deep" / "page.md").write_text(THREADS, encoding="utf-8")
    cache = ["--source", str(project), "--cache", str(tmp_path / "cache")]
    assert command("record", *cache).returncode == 0
    without = without_rustc(tmp_path)
    done = command("check", *cache, path=without)
    assert "2 verified, 0 falsified, 0 measured, 1 skipped" in done.stdout
    assert done.stderr == ""
    wrong = THREADS.replace("x2", "x3")
    (project / "deep" / "page.md").write_text(wrong, encoding="utf-8")
    done = command("check", *cache, path=without)
    assert done.returncode == 1
    assert "measured: alloc 100 x2" in done.stderr + done.stdout
