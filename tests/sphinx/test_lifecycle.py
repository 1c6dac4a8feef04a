"""What a second build does: which compilers start, and that a wrong page stays wrong. Counted by a logging rustc."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import heapledger

from .conftest import Built, LoggingRustc

GROWS = """# Grows

A vector grows.

```{alloc:snippet} grows
:expect: allocs == 1
let mut v: Vec<u8> = Vec::new(); // marker-grows
for i in 0..100 {
    v.push(i);
}
std::hint::black_box(&v); //~ end: free 128
```

```{alloc:snippet} boxed
let b = std::hint::black_box(Box::new(1u8)); // marker-boxed
```
"""
FILE = """# A file

```{alloc:snippet} from-a-file
:file: program.rs
```
"""
PROGRAM = 'fn main() {\n    println!("marker-file");\n}\n'


class Project:
    """A documentation project whose builds go through the logging rustc."""

    def __init__(self, folder: Path, build: Callable[..., Built], rustc: LoggingRustc) -> None:
        self.source, self.out, self.cache = folder / "case", folder / "out", folder / "cache"
        self.build_with, self.rustc = build, rustc
        self.write("index.md", "# Start\n\n```{toctree}\ngrows\nfile\n```\n")
        self.write("grows.md", GROWS)
        self.write("file.md", FILE)
        self.write("rust_snippets/program.rs", PROGRAM)

    def write(self, name: str, text: str) -> None:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.source / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def build(self, builder: str = "text", *arguments: str, **more: dict[str, str]) -> tuple[Built, list[str]]:
        """Build, and return with it what rustc was started for."""
        setting = ["-D", f"heapledger_rustc={self.rustc.path}", *arguments]
        built = self.build_with(self.source, self.out, builder, *setting, cache=self.cache, **more)
        return built, sorted(self.rustc.started())


@pytest.fixture
def project(tmp_path: Path, sphinx_build: Callable[..., Built], logging_rustc: LoggingRustc) -> Project:
    return Project(tmp_path, sphinx_build, logging_rustc)


def batched(started: list[str]) -> tuple[int, int]:
    """Links of batches, and crates of single programs in them, which are compiled up to the linker."""
    return sum("src/batch.rs" in line for line in started), sum("--emit=link" in line for line in started)


def test_what_is_known_starts_no_rustc(project: Project) -> None:
    built, started = project.build()
    assert built.status == 0
    assert batched(started) == (2, 3), "one link for each profile, and in release a crate for each program"
    assert [line for line in started if line.startswith("marker")] == []
    assert any("heapledger_tracer" in line for line in started)

    assert project.build()[1] == [], "nothing changed"
    assert project.build("text", "-E", "-a")[1] == [], "all documents were read anew"
    project.edit("grows.md", "A vector grows.", "A vector doubles.\n\nAnd here is another sentence.")
    assert project.build()[1] == [], "prose changed, and with it every line number below"
    assert "another sentence" in (project.out / "text" / "grows.txt").read_text(encoding="utf-8")
    project.edit("grows.md", ":expect: allocs == 1", ":expect: allocs <= 1\n:caption: Growing")
    project.edit("grows.md", "//~ end: free 128", "//~[debug] end: free 128 //~[release] end: free 128")
    assert project.build()[1] == [], "what is expected is not compiled"
    project.source.rename(project.source.parent / "moved")
    project.source = project.source.parent / "moved"
    assert project.build()[1] == [], "the folder has another name"


def test_an_edited_snippet_starts_its_own_alone(project: Project) -> None:
    project.build()
    project.edit("grows.md", "0..100", "0..101")
    assert project.build()[1] == ["marker-grows"] * 2
    project.edit("rust_snippets/program.rs", "println!", "eprintln!")
    built, started = project.build()
    assert started == ["marker-file"] * 2
    assert "file" in built.output, "the document that includes the file is read again"
    project.edit("grows.md", "let b", "let a = 1;\nlet b")
    assert project.build()[1] == ["marker-boxed"] * 2


def test_outputs_share_the_results(project: Project) -> None:
    _, started = project.build("html")
    assert started
    for builder in ("latex", "text", "dirhtml", "epub"):
        built, started = project.build(builder)
        assert (built.status, started) == (0, []), builder


@pytest.mark.parametrize("builder", ["gettext", "linkcheck", "dummy"])
def test_builders_that_show_nothing_start_nothing(project: Project, builder: str) -> None:
    project.edit("grows.md", "allocs == 1", "allocs == 2")
    built, started = project.build(builder)
    assert (built.status, built.warnings.strip(), started) == (0, "", [])
    assert not project.cache.exists()


def test_a_changed_tracer_makes_every_result_unknown(project: Project, tmp_path: Path) -> None:
    package = tmp_path / "copy" / "heapledger"
    shutil.copytree(Path(heapledger.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    env = {"PYTHONPATH": str(package.parent)}
    _, first = project.build(env=env)
    assert project.build(env=env)[1] == []
    source = package / "tracer" / "src" / "lib.rs"
    source.write_text(source.read_text(encoding="utf-8") + "\n// one more line\n", encoding="utf-8")
    built, again = project.build(env=env)
    assert built.status == 0
    assert batched(again) == batched(first) == (2, 3)
    assert len(again) == 6, "the tracer itself, and three programs in two profiles"


def test_a_wrong_page_stays_wrong(project: Project) -> None:
    project.edit("grows.md", "allocs == 1", "allocs == 2")
    first, started = project.build("html", "-W")
    assert first.status == 1
    assert "expected: allocs == 2" in first.warnings
    assert started
    for arguments in (["-W"], ["-W", "--keep-going"], ["-W", "-j", "2"]):
        again, started = project.build("html", *arguments)
        assert (again.status, again.warnings, started) == (1, first.warnings, [])
    other, _ = project.build("latex", "-W")
    assert (other.status, other.warnings) == (1, first.warnings)
    plain, _ = project.build("html")
    assert (plain.status, plain.warnings) == (0, first.warnings)
    project.edit("grows.md", "allocs == 2", "allocs == 1")
    fixed, _ = project.build("html", "-W")
    assert (fixed.status, fixed.warnings) == (0, "")
    assert "falsified" not in fixed.text("grows.html")


def test_a_wrong_rust_file_is_reported_again_too(project: Project) -> None:
    project.edit("rust_snippets/program.rs", "println!", 'let n: u8 = "";\n    println!')
    first, started = project.build("text", "-W")
    assert first.status == 1
    assert "program.rs:2: WARNING: snippet falsified: from-a-file" in first.warnings
    assert "marker-file" in started
    again, started = project.build("text", "-W")
    assert (again.status, again.warnings, started) == (1, first.warnings, [])


def test_a_page_follows_its_results(project: Project) -> None:
    """A page is written again when what it shows changed, though its own text did not."""
    project.build("text")
    before = (project.out / "text" / "grows.txt").read_text(encoding="utf-8")
    built, _ = project.build("text", "-D", "heapledger_profiles=release")
    assert built.status == 0
    assert (project.out / "text" / "grows.txt").read_text(encoding="utf-8") != before


def test_without_a_rustc_pages_say_so_once(project: Project) -> None:
    env = {"PATH": os.defpath, "HOME": str(project.out)}
    built = project.build_with(
        project.source, project.out, "text", "-D", "heapledger_rustc=/nowhere/rustc", cache=project.cache, env=env
    )
    assert built.status == 0
    assert built.warnings.count("WARNING") == 1
    assert "no rustc was found" in built.warnings
    assert built.text("grows.txt").count("skipped") == 2


def test_a_rustc_outside_the_range_warns_once(project: Project) -> None:
    built, _ = project.build("text", "-D", "heapledger_toolchain=>=1.20,<1.60")
    assert built.status == 0
    assert built.warnings.count("WARNING") == 1
    assert "is outside heapledger_toolchain = '>=1.20,<1.60'" in built.warnings
    assert "1 allocation (8 bytes)" in built.text("grows.txt")
    again, started = project.build("text", "-W", "-D", "heapledger_toolchain=>=1.20,<1.60")
    assert (again.status, again.warnings, started) == (1, built.warnings, [])
    assert project.build("text", "-W", "-D", "heapledger_toolchain=>=1.20")[0].status == 0
