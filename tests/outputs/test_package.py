"""The wheel works from outside the repository, the sdist has what it should, and the package imports everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str | Path, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command without what this session's own environment adds."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VIRTUAL_ENV", "PYTHON", "UV_PROJECT"))
    }
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **(env or {})},
        timeout=600,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    done = run("uv", "build", "--quiet", "--out-dir", folder, cwd=ROOT, env={"PATH": path_with_uv()})
    assert done.returncode == 0, done.stderr
    return folder


def path_with_uv() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of programs of a fresh environment that has the wheel and what it requires, and nothing else."""
    place = tmp_path_factory.mktemp("fresh")
    (wheel,) = built.glob("*.whl")
    env = {"PATH": path_with_uv()}
    assert run("uv", "venv", "--quiet", "--python", sys.executable, place / "venv", cwd=place, env=env).returncode == 0
    python = place / "venv" / "bin" / "python"
    done = run("uv", "pip", "install", "--quiet", "--python", python, wheel, cwd=place, env=env)
    assert done.returncode == 0, done.stderr
    return python.parent


def test_the_wheel_has_the_tracer_and_no_tests(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {
        f"heapledger/tracer/src/{path.name}" for path in (ROOT / "extensions/heapledger/tracer/src").glob("*.rs")
    }
    assert sources
    assert sources <= names
    for needed in ("heapledger/tracer/Cargo.toml", "heapledger/py.typed", "heapledger/sphinx/static/heapledger.css"):
        assert needed in names
    assert all(name.startswith(("heapledger/", "heapledger-")) for name in names)
    assert not any("__pycache__" in name or "/target/" in name for name in names)
    assert len([name for name in names if "LICENSE" in name]) == 2


def test_the_sdist_builds_the_same_wheel(built: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    top = {path.name for path in folder.iterdir()}
    assert {"extensions", "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "pyproject.toml"} <= top
    assert top <= {
        *("extensions", "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "pyproject.toml"),
        *("CITATION.cff", "PKG-INFO", ".gitignore"),
    }
    done = run(
        "uv",
        "build",
        "--quiet",
        "--wheel",
        "--out-dir",
        tmp_path / "again",
        folder,
        cwd=tmp_path,
        env={"PATH": path_with_uv()},
    )
    assert done.returncode == 0, done.stderr
    (again,) = (tmp_path / "again").glob("*.whl")
    (first,) = built.glob("*.whl")
    assert contents(again) == contents(first)


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_installed_command(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "boxed.rs").write_text(
        "fn main() {\n    std::hint::black_box(Box::new(1u8)); //~ alloc 1, free 1\n}\n", encoding="utf-8"
    )
    done = run(installed / "heapledger", "run", "--json", "boxed.rs", "--cache", "cache", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [ledger["verdict"] for ledger in json.loads(done.stdout)["ledgers"]] == ["verified", "verified"]
    doctor = run(installed / "heapledger", "doctor", "--cache", "cache", cwd=tmp_path)
    assert doctor.returncode == 0, doctor.stdout
    assert "✓ a measured program" in doctor.stdout


def test_the_installed_extension(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text('extensions = ["myst_parser", "heapledger"]\nheapledger_cache = "cache"\n')
    page = "# Page\n\n```{alloc:snippet} one\n:expect: allocs == 1\nstd::hint::black_box(vec![1u8]);\n```\n"
    (tmp_path / "index.md").write_text(page, encoding="utf-8")
    done = run(installed / "sphinx-build", "-W", "-b", "html", ".", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 allocation (1 byte)" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "_static" / "heapledger.css").is_file()


ELSEWHERE = """
import builtins, importlib, os, pkgutil, sys

real = builtins.__import__
missing = {modules!r}

def refuse(name, *rest, **more):
    if name.split(".")[0] in missing and name not in sys.modules:
        raise ModuleNotFoundError(name)
    return real(name, *rest, **more)

def every():
    import heapledger
    yield heapledger.__name__
    for module in pkgutil.walk_packages(heapledger.__path__, "heapledger."):
        # what another process runs: the supervisor's side, gdb's side, the command
        if not module.name.rpartition(".")[2].startswith(("supervisor", "snapshot_gdb", "__main__")):
            importlib.import_module(module.name)
            yield module.name

expected = list(every())  # loads the libraries, which are not what is tried here
for name in [name for name in sys.modules if name.partition(".")[0] == "heapledger"]:
    del sys.modules[name]
for name in missing:
    sys.modules.pop(name, None)
builtins.__import__ = refuse
sys.platform = {platform!r}
for name in {attributes!r}:
    if hasattr(os, name):
        delattr(os, name)
found = list(every())
assert found == expected
print(len(found))
"""
POSIX_ONLY = ["fcntl", "resource", "pwd", "grp", "termios", "pty", "tty"]
LINUX_ONLY = ["memfd_create", "sched_getaffinity", "pidfd_open", "sysconf", "confstr", "getuid", "fork", "MFD_CLOEXEC"]


@pytest.mark.parametrize(
    ("platform", "modules", "attributes"),
    [
        ("win32", POSIX_ONLY, LINUX_ONLY),
        ("darwin", [], ["memfd_create", "sched_getaffinity", "pidfd_open", "MFD_CLOEXEC"]),
    ],
)
def test_every_module_imports_elsewhere(
    platform: str, modules: list[str], attributes: list[str], tmp_path: Path
) -> None:
    """Another system cannot be had here: its missing modules and functions are taken away instead."""
    code = ELSEWHERE.format(platform=platform, modules=modules, attributes=attributes)
    done = run(sys.executable, "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


def test_what_is_not_linux_is_told_in_one_line(tmp_path: Path) -> None:
    code = (
        "from heapledger.cli import main; import sys; sys.platform = 'darwin'; sys.argv[1:] = ['run', 'a.rs']; main()"
    )
    (tmp_path / "a.rs").write_text("fn main() {}\n", encoding="utf-8")
    done = run(sys.executable, "-c", code, cwd=tmp_path)
    assert done.returncode == 2
    assert "programs are measured on x86-64 Linux only" in done.stderr
    assert "Traceback" not in done.stderr
