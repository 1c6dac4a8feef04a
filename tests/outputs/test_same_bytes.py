"""HTML is the same to the byte, and a PDF says the same, however they are built: elsewhere, with workers, anew."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sphinx.conftest import Built

from .conftest import Project, make_source

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = Path(__file__).parent / "translated"
DATED = {"SOURCE_DATE_EPOCH": "1767225600"}


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that a reader gets."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".buildinfo"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def differing(first: Path, second: Path) -> list[str]:
    one, two = digests(first), digests(second)
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def test_workers_change_no_byte(project: Project) -> None:
    one = project.build_with(project.source, project.out / "j1", "html", "-j", "1")
    four = project.build_with(project.source, project.out / "j4", "html", "-j", "4")
    assert (one.status, four.status) == (0, 0)
    assert len(digests(one.folder)) > 20
    assert differing(one.folder, four.folder) == []
    assert sorted(four.warnings.splitlines()) == sorted(one.warnings.splitlines())


def test_another_folder_and_another_measurement_change_no_byte(
    project: Project, tmp_path: Path, sphinx_build: Callable[..., Built]
) -> None:
    here = project.build_with(project.source, project.out / "here", "html")
    source = make_source(tmp_path / "a folder" / "mit Größe")
    there = sphinx_build(source, tmp_path / "out", "html", "-j", "2", cache=tmp_path / "cache")
    assert differing(here.folder, there.folder) == []


@pytest.fixture
def guide_copy(tmp_path: Path) -> Path:
    """The guide's sources in another folder, beside what they include."""
    copy = tmp_path / "elsewhere" / "guide"
    shutil.copytree(ROOT / "docs", copy / "docs", ignore=shutil.ignore_patterns("_build"))
    if (ROOT / "rust_snippets").is_dir():
        shutil.copytree(ROOT / "rust_snippets", copy / "rust_snippets", ignore=shutil.ignore_patterns("target"))
    return copy / "docs"


@pytest.mark.usefixtures("checked_guide")
def test_the_guide_is_the_same_everywhere(
    guide_copy: Path, tmp_path: Path, guide_cache: Path, sphinx_build: Callable[..., Built]
) -> None:
    here = sphinx_build(ROOT / "docs", tmp_path / "here", "html", "-j", "1", cache=guide_cache, env=DATED)
    there = sphinx_build(guide_copy, tmp_path / "there", "html", "-j", "4", cache=tmp_path / "cache", env=DATED)
    assert (here.status, there.status) == (0, 0), here.warnings + there.warnings
    assert len(digests(here.folder)) > 20
    assert differing(here.folder, there.folder) == []


def test_two_books_have_the_same_text(tmp_path: Path, shared_cache: Path) -> None:
    """On paper, wherever the sources lie and whatever the cache knows."""
    texts = []
    for folder, cache, jobs in (("here", shared_cache, "1"), ("there, in Köln", tmp_path / "cache", "4")):
        source = tmp_path / folder
        shutil.copytree(SAMPLE, source)
        with (source / "conf.py").open("a", encoding="utf-8") as conf:
            conf.write(f'version = "1"\nheapledger_cache = {str(cache)!r}\n')
        command = [sys.executable, "-m", "heapledger", "build", "pdf", "-W", "-j", jobs, "--source", str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **DATED})
        assert done.returncode == 0, done.stderr
        pdf = source / "_build" / "pdf" / "sample.pdf"
        text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
        texts.append((text, (source / "_build" / "latex" / "sample.tex").read_text(encoding="utf-8")))
    assert "1 allocation (24 bytes)" in texts[0][0]
    assert texts[0] == texts[1]
