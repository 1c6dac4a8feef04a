"""Machines without a usable compiler, linker or cache: one warning for the build, never one for each snippet."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .arena import NEIGHBOUR, Arena, Built

PAGE = "# Page\n" + NEIGHBOUR.format(name="first") + NEIGHBOUR.format(name="second")
OLD_RUSTC = """#!/bin/sh
case "$*" in
"--print sysroot") echo "$(dirname "$0")" ;;
"-vV")
    echo 'rustc 1.62.1 (e092d0b6b 2022-07-16)'
    echo 'host: x86_64-unknown-linux-gnu'
    echo 'release: 1.62.1'
    echo 'LLVM version: 14.0.5'
    ;;
*) echo "this rustc must not be asked to compile" >&2; exit 9 ;;
esac
"""


def build_twice(place: Arena, *arguments: str, **changes: str) -> Built:
    """Build two pages, twice: the second build must be as red as the first."""
    place.page("page.md", PAGE)
    place.page("other.md", PAGE.replace("first", "third").replace("second", "fourth"))
    first = place.build("text", *arguments, **changes)
    second = place.build("text", *arguments, **changes)
    assert (first.status, second.status) == (1, 1), first.err
    assert second.warnings == first.warnings
    assert "Traceback" not in first.err
    return first


def text(place: Arena) -> str:
    return (place.out / "text" / "page.txt").read_text(encoding="utf-8")


def test_no_rustc(place: Arena) -> None:
    empty = place.root / "empty"
    empty.mkdir()
    built = build_twice(place, PATH=str(empty))
    assert built.warnings.count("WARNING") == 1
    assert "no rustc was found (PATH); install Rust with rustup" in built.warnings
    assert text(place).count("no rustc was found") == 2
    assert "v.push(std::hint::black_box(7));" in text(place)
    assert "verified" not in text(place)


def test_a_rustc_that_is_too_old(place: Arena) -> None:
    script = place.root / "rustc"
    script.write_text(OLD_RUSTC, encoding="utf-8")
    script.chmod(0o755)
    built = build_twice(place, "-D", f"heapledger_rustc={script}")
    assert built.warnings.count("WARNING") == 1
    assert f"({script}) is too old: heapledger needs 1.63 or newer" in built.warnings
    assert "skipped" in text(place)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("#!/bin/sh\nexit 3\n", "failed: no answer"),
        ("#!/bin/sh\necho broken >&2\nexit 1\n", "failed: broken"),
        ("#!/bin/sh\necho 'no facts at all'\n", "-vV"),
        ("not a program", "failed: "),
    ],
    ids=["silent", "broken", "chatty", "no-program"],
)
def test_something_else_that_is_called_rustc(place: Arena, script: str, message: str) -> None:
    path = place.root / "rustc"
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    built = build_twice(place, "-D", f"heapledger_rustc={path}")
    assert built.warnings.count("WARNING") == 1
    assert message in built.warnings


def test_no_linker(place: Arena, rustc: str) -> None:
    empty = place.root / "empty"
    empty.mkdir()
    built = build_twice(place, "-D", f"heapledger_rustc={rustc}", PATH=str(empty))
    assert built.warnings.count("WARNING") == 1
    assert "cannot link an empty program: linker `cc` not found; install a C toolchain" in built.warnings
    assert "skipped" in text(place)


def test_a_page_that_is_not_utf8(place: Arena) -> None:
    place.page("good.md", PAGE)
    (place.docs / "bad.md").write_bytes(b"# Caf\xe9\n\nText.\n")
    built = place.build("text")
    assert built.status != 0
    assert "bad.md" in built.err
    assert "not UTF-8" in built.err
    assert "Traceback" not in built.err
    assert "verified" in (place.out / "text" / "good.txt").read_text(encoding="utf-8")


def not_a_folder(cache: Path) -> None:
    cache.write_text("a file, where the cache should be", encoding="utf-8")


def full_of_garbage(cache: Path) -> None:
    """Every entry becomes something that no cache should hold."""
    spoil: list[Callable[[Path], object]] = [
        lambda path: path.write_bytes(os.urandom(5_000)),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-7]),
        lambda path: (path.unlink(), path.mkdir(), (path / "inside").write_text("x")),  # type: ignore[func-returns-value]
        lambda path: (path.unlink(), os.mkfifo(path)),  # type: ignore[func-returns-value]
        lambda path: (path.unlink(), path.symlink_to("/dev/zero")),  # type: ignore[func-returns-value]
    ]
    files = sorted(path for path in cache.rglob("*") if path.is_file())
    assert len(files) >= 6
    for index, path in enumerate(files):
        spoil[index % len(spoil)](path)


def garbage_in_place_of_folders(cache: Path) -> None:
    shutil.rmtree(cache)
    cache.mkdir()
    for name in ("v1", "documents", "memo", "files"):
        (cache / name).write_text("a file, where a folder should be", encoding="utf-8")


@pytest.mark.parametrize("spoil", [not_a_folder, full_of_garbage, garbage_in_place_of_folders])
def test_a_cache_that_is_of_no_use(place: Arena, spoil: Callable[[Path], None]) -> None:
    """It costs speed, never a result: nothing red, the same page."""
    place.page("page.md", PAGE)
    if spoil is not not_a_folder:
        assert place.build("text").status == 0
        before = text(place)
    spoil(place.root / "cache")
    shutil.rmtree(place.out, ignore_errors=True)
    built = place.build("text")
    assert built.status == 0, built.err
    assert built.err == ""
    assert text(place).count("✓ verified") == 2
    if spoil is not not_a_folder:
        assert text(place) == before
    if spoil is not full_of_garbage:
        assert "cannot be written" in built.out


def test_a_cache_that_everyone_can_write(place: Arena) -> None:
    cache = place.root / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    built = build_twice(place)
    assert built.warnings.count("WARNING") == 1
    assert "is writable by everyone, so its results cannot be trusted" in built.warnings
    assert "not verified" in text(place)


def test_a_snippet_longer_than_64_kibibytes(place: Arena) -> None:
    lines = "\n".join(f"let line{n} = {n};" for n in range(4_000))
    place.page("long.md", f"# Long\n\n```{{alloc:snippet}} long\n{lines}\n```\n{NEIGHBOUR.format(name='long')}")
    built = place.build("text")
    assert built.status == 1
    assert built.warnings.count("WARNING") == 1
    assert built.warnings.startswith("long.md:3: WARNING: snippet falsified: long\n")
    assert "longer than 65,536 bytes" in built.warnings


def test_secrets_of_the_environment_stay_outside(place: Arena) -> None:
    """Neither the compiler nor a program sees a variable that we did not choose."""
    page = """# Page

```{alloc:snippet} environment
:stdout: [("RUST_BACKTRACE", "0")] None
println!("{:?} {:?}", std::env::vars().collect::<Vec<_>>(), option_env!("HEAPLEDGER_SECRET"));
```
"""
    place.page("page.md", page)
    built = place.build("text", HEAPLEDGER_SECRET="hunter2", RUSTC_BOOTSTRAP="1", RUST_BACKTRACE="full")
    assert built.status == 0, built.err
    assert "hunter2" not in text(place)


def test_a_proxy_of_the_documents_is_not_called(place: Arena) -> None:
    """A ``rust-toolchain.toml`` in the documents could make rustup run any program as rustc."""
    evil = place.root / "evil" / "bin"
    evil.mkdir(parents=True)
    for name in ("rustc", "cargo"):
        (evil / name).write_text(f"#!/bin/sh\ntouch {place.root}/called\nexit 1\n", encoding="utf-8")
        (evil / name).chmod(0o755)
    (place.docs / "rust-toolchain.toml").write_text(f'[toolchain]\npath = "{evil.parent}"\n', encoding="utf-8")
    place.page("page.md", PAGE)
    built = place.build("text")
    assert built.status == 0, built.err
    assert not (place.root / "called").exists()


if sys.platform != "linux":
    pytest.skip("programs are measured on Linux only", allow_module_level=True)
