"""``heapledger doctor`` and ``cache``: what is on this machine."""

from __future__ import annotations

from pathlib import Path

from .conftest import Run


def test_doctor_of_a_whole_machine(command: Run) -> None:
    done = command("doctor")
    assert done.returncode == 0, done.stdout
    for part in ("heapledger", "python", "system", "rustc", "a measured program", "linker", "cache"):
        assert f"✓ {part}: " in done.stdout
    assert "\x1b" not in done.stdout


def test_doctor_without_a_compiler(command: Run, tmp_path: Path) -> None:
    done = command("doctor", env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "✗ rustc: not usable" in done.stdout
    assert "install Rust with rustup" in done.stdout
    assert "✗ linker: not found" in done.stdout
    assert "apt-get install gcc" in done.stdout
    assert "✗ PDF: TeX lacks parts" in done.stdout


def test_doctor_without_a_linker(command: Run, rustc: str, tmp_path: Path) -> None:
    done = command("doctor", "--toolchain", rustc, env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "✓ rustc: " in done.stdout
    assert "✗ a measured program: " in done.stdout


def test_the_cache(command: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.rs").write_text("fn main() {}\n", encoding="utf-8")
    assert command("run", "empty.rs", "--cache", "own").returncode == 0
    info = command("cache", "info", "--cache", "own")
    assert info.returncode == 0
    files = sum(path.is_file() for path in (tmp_path / "own").rglob("*"))
    assert info.stdout.startswith(f"{tmp_path / 'own'}: {files} files, ")
    cleared = command("cache", "clear", "--cache", "own")
    assert (cleared.returncode, cleared.stdout.split(",")[0]) == (0, f"{tmp_path / 'own'}: removed {files} files")
    assert command("cache", "info", "--cache", "own").stdout.startswith(f"{tmp_path / 'own'}: 0 files")
    assert "there is no cache" in command("cache", "info", "--cache", "off").stdout
    assert command("run", "empty.rs", "--cache", "own").returncode == 0


def test_clearing_leaves_what_is_not_ours(command: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "empty.rs").write_text("fn main() {}\n", encoding="utf-8")
    command("run", "empty.rs", "--cache", "mixed")
    assert len(list(folder.iterdir())) > 1
    command("cache", "clear", "--cache", "mixed")
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    assert (folder / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_help_names_the_statuses(command: Run) -> None:
    done = command("-h")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: heapledger ")
    text = " ".join(done.stdout.split())
    assert "0 all verified, 1 something falsified, 2 the tool or the machine is at fault" in text
