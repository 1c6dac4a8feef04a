"""Rules of section 3 of the design: who may import what, and who may start processes or write files."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import heapledger

ROOT = Path(heapledger.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py"))
PURE = ("source", "measure", "verify", "render")
PROCESS_MODULES = {"subprocess", "multiprocessing", "pty"}
PROCESS_CALLS = {"fork", "execve", "execv", "posix_spawn", "system", "popen"}
WRITING_CALLS = {"write_text", "write_bytes", "mkdir", "unlink", "rename", "touch", "rmdir", "makedirs"}


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def attributes_called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = {name.partition(".")[0] for name in imports(tree)}
    where = room(path)
    type_checking_only = path == ROOT / "__init__.py"
    if where != "sphinx" and not type_checking_only:
        assert not names & {"sphinx", "docutils", "myst_parser"}, "only sphinx/ imports Sphinx or docutils"
    if where not in {"cli", "__main__.py"}:
        assert not names & {"click", "rich"}, "only cli/ imports the CLI library"
    if where != "engine":
        assert not names & PROCESS_MODULES, "only engine/ starts processes"
        assert not set(attributes_called(tree)) & PROCESS_CALLS, "only engine/ starts processes"
    if where in PURE:
        assert not set(attributes_called(tree)) & WRITING_CALLS, f"{where}/ writes no files"
    assert text.count("\n") <= 400, "a module is one room"


def test_the_library_imports_without_sphinx() -> None:
    code = (
        "import sys, heapledger.session, heapledger.cli\n"
        "assert 'sphinx' not in sys.modules and 'docutils' not in sys.modules, 'Sphinx was imported'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
