"""Fifty runs of every program agree as section 4.10 of the design says, and so do two builds of a document.

Always: allocations, reallocations, bytes. With every thread joined: frees and live bytes. With one thread: the peak,
and then the very events, in order. The program is compiled once and run by the engine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heapledger.engine import run as engine
from heapledger.engine.compile import compile_program
from heapledger.engine.process import Supervisor
from heapledger.engine.task import Task
from heapledger.measure.attribute import Attributor
from heapledger.measure.ledger import Measured, measure
from heapledger.measure.own import Own
from heapledger.measure.symbols import Binary
from heapledger.model import COUNTED_METRICS, Event, Profile
from heapledger.toolchain.flags import SOURCE_PATH
from heapledger.toolchain.tracer import build_tracer

from .test_totals import THREADED, promised
from .workshop import NAMES, PROFILES, Workshop

Compiled = Callable[[Task], tuple[Path, Path]]
"""Compiles a task: the folder of its source, and the executable."""

RUNS = 50
RANDOM_ORDER = {"hash_map"}
"""Programs that free the strings of a HashMap: in the order of its random seed."""
CASES = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]


@pytest.fixture(scope="session")
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as started:
        yield started


@pytest.fixture(scope="session")
def compiled_once(workshop: Workshop, supervisor: Supervisor, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    tracer = build_tracer(workshop.rustc, workshop.cache, tmp_path_factory.mktemp("tracer"))

    def compiled(task: Task) -> tuple[Path, Path]:
        folder = tmp_path_factory.mktemp("stable")
        folder.chmod(0o755)
        made = compile_program(task, workshop.rustc, tracer, folder, supervisor)
        assert made.binary is not None
        return folder, made.binary

    return compiled


def repeat(task: Task, folder: Path, path: Path, supervisor: Supervisor) -> Iterator[Measured]:
    own = Own.of({folder / SOURCE_PATH, SOURCE_PATH})
    program = engine.Executable(path=path, binary=Binary(path), own=own)
    for _ in range(RUNS):
        trace = engine._start(task, folder, program, supervisor).trace
        assert trace is not None
        yield measure(trace, Attributor(program.binary, own), task.program.source_line)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", CASES)
def test_fifty_runs_agree(
    name: str, profile: Profile, workshop: Workshop, supervisor: Supervisor, compiled_once: Compiled
) -> None:
    task = workshop.task(name, profile)
    folder, binary = compiled_once(task)
    runs = list(repeat(task, folder, binary, supervisor))
    values = {metric: {getattr(run.totals, metric) for run in runs} for metric in COUNTED_METRICS}
    ledger = workshop.ledger(name, profile)
    assert {metric: values[metric] for metric in promised(name)} == {
        metric: {getattr(ledger.totals, metric)} for metric in promised(name)
    }
    if name in RANDOM_ORDER:
        assert {as_bag(run.events) for run in runs} == {as_bag(ledger.events)}
    elif name not in THREADED:
        assert {run.events for run in runs} == {ledger.events}


def as_bag(events: tuple[Event, ...]) -> frozenset[tuple[object, int]]:
    """Forget the order."""
    return frozenset(Counter((event.kind, event.size, event.block, event.line) for event in events).items())


PAGE = """# Two folders

```{alloc:snippet} growth
:caption: Growth
:expect: allocs == 1, reallocs == 4
let mut v: Vec<u8> = Vec::new();
for i in 0..100 {
    v.push(i);
}
std::hint::black_box(&v);
```

```{alloc:snippet} place
:expect: allocs == 2
fn main() {
    println!("{}", format!("{}:{}", file!(), line!()));
}
```

```{alloc:snippet} broken
:fails: E0382
let s = String::from("moved");
drop(s);
println!("{s}");
```

```{alloc:snippet} panics
:panics: gives up
let v = std::hint::black_box(vec![1u8]);
panic!("gives up with {}", v.len());
```

```{alloc:snippet} threads
:expect: allocs == 4
let sum = std::thread::spawn(|| std::hint::black_box(vec![1u8; 9]).len()).join();
assert_eq!(sum.unwrap(), 9);
```

```{alloc:snippet} false-one
:expect: allocs == 3
let b = std::hint::black_box(Box::new(1u8));
```
"""


@pytest.mark.xdist_group("two builds")
@pytest.mark.parametrize("builder", ["html", "text", "latex"])
def test_two_builds_in_different_folders_give_the_same_bytes(builder: str, tmp_path: Path) -> None:
    first = build(tmp_path / "one", builder)
    second = build(tmp_path / "deeper" / "and with a space" / "two", builder)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    page = "index.html" if builder == "html" else "index.txt" if builder == "text" else "case.tex"
    assert b"E0382" in first[page]
    assert b"src/main.rs:2" in first[page]


def build(folder: Path, builder: str) -> dict[str, bytes]:
    """Build a document with a cold cache; return the files of the output but for Sphinx's own pickles."""
    source, out = folder / "docs", folder / "out"
    source.mkdir(parents=True)
    (source / "index.md").write_text(PAGE, encoding="utf-8")
    (source / "conf.py").write_text(
        'project = "case"\nextensions = ["myst_parser", "heapledger"]\nhtml_theme = "alabaster"\n', encoding="utf-8"
    )
    setting = ["-D", f"heapledger_cache={folder / 'cache'}", "-d", str(folder / "doctrees")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", builder, *setting, str(source), str(out)],
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("WARNING") == 1, done.stderr
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in {".buildinfo", "environment.pickle"}
    }
