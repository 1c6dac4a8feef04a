"""``heapledger why``: what changed since a snippet ran, told from the parts of its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

PAGE = """# Page

```{alloc:snippet} first
:expect: size(Head) == 4
# struct Head(u32);
let v = vec![1u8];
std::hint::black_box(&v);
```

```{alloc:snippet} second
:profiles: debug
let b = Box::new(2u8);
std::hint::black_box(&b);
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "conf.py").write_text('extensions = ["myst_parser", "heapledger"]\n', encoding="utf-8")
    (folder / "index.md").write_text(PAGE, encoding="utf-8")
    return folder / "index.md"


def edit(page: Path, old: str, new: str) -> None:
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new), encoding="utf-8")


def test_why(page: Path, command: Run) -> None:
    own = ["--cache", str(page.parents[1] / "cache")]

    def why(place: str) -> list[str]:
        done = command("why", place, *own)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    unknown = why("docs/index.md:12")
    assert unknown[1:] == ["  ledger [debug]: has to run: it was never measured with this cache"]
    assert command("check", *own).returncode == 0
    assert why("docs/index.md:12") == [unknown[0], "  ledger [debug]: known"]
    first = why("docs/index.md:6")
    assert first[0].endswith("docs/index.md:3: first")
    assert first[1:] == [f"  {kind} [{p}]: known" for p in ("debug", "release") for kind in ("ledger", "probe")]

    edit(page, "# Page\n", "# Page\n\nMore prose.\n")
    assert why("docs/index.md:14")[1:] == ["  ledger [debug]: known"], "prose is no part of a key"
    edit(page, "Box::new(2u8)", "Box::new(3u8)")
    assert why("docs/index.md:14")[1:] == [
        "  ledger [debug]: has to run",
        "    program changed (the program's text)",
    ]
    assert why("docs/index.md:8")[1:] == first[1:], "its neighbour is as it was"
    edit(page, "size(Head) == 4", "size(Head) == 4, align(Head) == 4")
    assert why("docs/index.md:8")[1:4] == [
        "  ledger [debug]: known",
        "  probe [debug]: has to run",
        "    asked changed (what the snippet asks about machine code or types)",
    ]


def test_why_after_a_change_of_limits(page: Path, command: Run) -> None:
    own = ["--cache", str(page.parents[1] / "cache")]
    assert command("check", *own).returncode == 0
    conf = page.with_name("conf.py")
    conf.write_text(conf.read_text(encoding="utf-8") + "heapledger_timeout = 20\n", encoding="utf-8")
    done = command("why", "docs/index.md:12", *own)
    assert done.stdout.splitlines()[1:] == [
        "  ledger [debug]: has to run",
        "    limits changed (seconds and bytes that the program may take)",
        "      was: 10.0 2147483648",
        "      is:  20.0 2147483648",
    ]


def test_why_of_a_rust_file_whose_run_was_ended_by_a_limit(tmp_path: Path, command: Run) -> None:
    own = ["--cache", str(tmp_path / "cache")]
    text = 'fn main() {\n    println!("{}", "x".repeat(3 << 20));\n}\n'
    (tmp_path / "long.rs").write_text(text, encoding="utf-8")
    command("run", "--profile", "debug", "long.rs", *own)
    done = command("why", "long.rs:2", *own)
    assert (
        "ledger [debug]: has to run: its result was not kept: what a limit ended is tried on every build" in done.stdout
    )
    assert "ledger [release]: has to run: it was never measured with this cache" in done.stdout


def test_a_place_without_a_snippet(page: Path, command: Run) -> None:
    for place, status, told in (
        ("docs/index.md:1", 2, "there is no snippet at line 1"),
        ("docs/nowhere.md:1", 2, "there is no file"),
        ("docs/index.md", 2, "is not FILE:LINE"),
    ):
        done = command("why", place)
        assert (done.returncode, told in done.stderr) == (status, True), done.stderr
