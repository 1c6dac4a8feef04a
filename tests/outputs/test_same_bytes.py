"""HTML is the same to the byte, however it is built: in another folder, with workers, measured anew."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sphinx.conftest import Built

from .conftest import Project, make_source

ROOT = Path(__file__).resolve().parents[2]


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


def test_the_guide_is_the_same_everywhere(
    guide_copy: Path, tmp_path: Path, shared_cache: Path, sphinx_build: Callable[..., Built]
) -> None:
    dated = {"SOURCE_DATE_EPOCH": "1767225600"}
    here = sphinx_build(ROOT / "docs", tmp_path / "here", "html", "-j", "1", cache=shared_cache, env=dated)
    there = sphinx_build(guide_copy, tmp_path / "there", "html", "-j", "4", cache=tmp_path / "cache", env=dated)
    assert (here.status, there.status) == (0, 0), here.warnings + there.warnings
    assert len(digests(here.folder)) > 20
    assert differing(here.folder, there.folder) == []
