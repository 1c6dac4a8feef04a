"""One case one file: what an author writes, and what ``heapledger check`` says about it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.md"))


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> str:
    """All cases in one check, as an author runs it."""
    source = tmp_path_factory.mktemp("below") / "case"
    shutil.copytree(CASES, source, ignore=shutil.ignore_patterns("*.expected"))
    (source / "conf.py").write_text('extensions = ["myst_parser", "heapledger"]\n', encoding="utf-8")
    (source / "index.md").write_text("# Cases\n\n```{toctree}\n:glob:\n*\n```\n", encoding="utf-8")
    command = [sys.executable, "-m", "heapledger", "check", "--verbose", "--cache", str(shared_cache), "--source", "."]
    done = subprocess.run(
        command, cwd=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=500
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


@pytest.mark.xdist_group("below-cases")
@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, said: str, check_expected: Callable[[Path, str], None]) -> None:
    found: list[str] = []
    keep = False
    for line in said.splitlines(keepends=True):
        if re.match(r"\S", line):
            keep = line.startswith((f"{name}.md:", f"{name}: "))
        if keep:
            found.append(re.sub(r"h[0-9a-f]{16}E", "hHASHE", re.sub(r" \(compiled alone: .*\)$", "", line)))
    check_expected(CASES / f"{name}.expected", "".join(found))
