"""Page in, text and warnings out: one case, one file under ``cases/``, the expected output beside it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Built, without_versions

CASES = Path(__file__).parent / "cases"
INCLUDED = {
    "include-part.md": ("_inc-part.md",),
    "include-deep.md": ("_inc-deep.md", "_inc-part-two.md"),
    "include-lines.rst": ("_inc-lines.rst",),
}
"""Files that a case includes, whose warnings are its own."""
NAMES = sorted(
    path.name for path in CASES.iterdir() if path.suffix in {".md", ".rst"} and not path.name.startswith("_")
)


@pytest.fixture(scope="session")
def built(sphinx_build: Callable[..., Built], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All cases as documents of one project, in one build: a wrong one must not touch the others."""
    root = tmp_path_factory.mktemp("pages")
    source = root / "case"
    shutil.copytree(CASES, source, ignore=shutil.ignore_patterns("*.expected"))
    (source / "index.md").write_text("# Cases\n\n```{toctree}\n:glob:\n*\n```\n", encoding="utf-8")
    return sphinx_build(source, root / "out")


def test_the_build_ends_normally(built: Built) -> None:
    assert built.status == 0
    assert "Traceback" not in built.warnings


@pytest.mark.parametrize("name", NAMES)
def test_page(name: str, built: Built, check_expected: Callable[[Path, str], None]) -> None:
    page = without_versions(built.text(Path(name).with_suffix(".txt").name))
    warnings = "".join(own_warnings(built.warnings, name))
    check_expected(CASES / f"{Path(name).stem}.expected", f"{warnings}{'=' * 40}\n{page}")


def own_warnings(stderr: str, name: str) -> list[str]:
    """Return the warnings of one document, each with its further lines."""
    found: list[str] = []
    keep = False
    for line in stderr.splitlines(keepends=True):
        place = re.match(r"([\w./-]+):(\d+)?:? ?(<\w+>:\d+:)? ?.*(WARNING|ERROR|CRITICAL)", line)
        if place is not None:
            file = Path(place[1]).name
            keep = file == name or (name.startswith("include-") and file.startswith(INCLUDED[name]))
        if keep:
            found.append(line)
    return found
