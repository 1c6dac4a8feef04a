"""Hostile pages: one case, one page under ``cases/``, and beside it what the build must say about it.

Every page of a group is built in one project, twice, with ``-W``. Each gets a harmless neighbour, and one page has only
harmless snippets: they must come out byte for byte as in a project without any hostile page.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .arena import NEIGHBOUR, Built, arena

CASES = Path(__file__).parent / "cases"
GROUPS = {"text": "", "run": "", "compile": "heapledger_compile_timeout = 3\n"}
"""Folder under ``cases/`` -> lines for its ``conf.py``."""
COUNTS = re.compile(
    r"\d (allocation|reallocation|free|byte|more event)|^(all freed|no call|peak|rustc|not stable|not promised)"
)
"""Parts of a verdict that are about figures or versions."""
NAMES = sorted(f"{path.parent.name}/{path.stem}" for path in CASES.glob("*/*.md"))


@dataclass(frozen=True)
class Group:
    """A group of cases, built twice."""

    first: Built
    second: Built
    pages: dict[str, str]
    leftovers: list[list[str]]
    """What was left after each build."""


def build_group(name: str) -> Group:
    with arena() as place:
        with (place.docs / "conf.py").open("a", encoding="utf-8") as conf:
            conf.write(GROUPS[name])
        if (CASES / name / "rust_snippets").is_dir():
            shutil.copytree(CASES / name / "rust_snippets", place.docs / "rust_snippets")
        for path in CASES.glob(f"{name}/*.md"):
            page = path.read_bytes() + NEIGHBOUR.format(name=path.stem).encode()
            (place.docs / path.name).write_bytes(page)
        place.page("good.md", "# Good\n" + NEIGHBOUR.format(name="good"))
        first, left = place.build("text"), place.leftovers()
        second, leftovers = place.build("text"), [left, place.leftovers()]
        pages = {path.stem: path.read_text(encoding="utf-8") for path in (place.out / "text").glob("*.txt")}
        return Group(first, second, pages, leftovers)


@pytest.fixture(scope="session")
def groups() -> Callable[[str], Group]:
    made: dict[str, Group] = {}

    def group(name: str) -> Group:
        if name not in made:
            made[name] = build_group(name)
        return made[name]

    return group


@pytest.fixture(scope="session")
def clean() -> Iterator[str]:
    """The page of harmless snippets in a project without any hostile one."""
    with arena() as place:
        place.page("good.md", "# Good\n" + NEIGHBOUR.format(name="good"))
        built = place.build("text")
        assert built.status == 0, built.err
        yield (place.out / "text" / "good.txt").read_text(encoding="utf-8")


def grouped(names: list[str]) -> list[object]:
    """Cases of one group go to one worker, so that each group is built once."""
    return [pytest.param(name, marks=pytest.mark.xdist_group(f"hostile-{name.split('/')[0]}")) for name in names]


@pytest.mark.parametrize("case", grouped(NAMES))
def test_page(
    case: str, groups: Callable[[str], Group], clean: str, check_expected: Callable[[Path, str], None]
) -> None:
    folder, name = case.split("/")
    group = groups(folder)
    warnings = of_page(group.first.warnings, name)
    own, _, neighbour = group.pages[name].partition("A neighbour\n")
    found = warnings + "=" * 40 + "\n" + "".join(verdicts(own))
    # Which of two limits is met first can depend on the machine; the file's name says on what.
    others = [path.read_text(encoding="utf-8") for path in (CASES / folder).glob(f"{name}.or-*.expected")]
    if found not in others:
        check_expected(CASES / folder / f"{name}.expected", found)
    # Names of other lengths wrap elsewhere: words are compared, not lines.
    shown = neighbour.replace(f"{name}-neighbour", "good-neighbour")
    assert shown.split() == clean.partition("A neighbour\n")[2].split()
    assert ("What is written here is not what was measured" in own) == bool(warnings)
    assert of_page(group.second.warnings, name) == warnings, "the second build must say the same"


@pytest.mark.parametrize("folder", grouped(list(GROUPS)))
def test_group(folder: str, groups: Callable[[str], Group], clean: str) -> None:
    group = groups(folder)
    assert group.pages["good"] == clean
    assert group.leftovers == [[], []]
    for built in (group.first, group.second):
        assert built.status == 1, built.err
        assert "Traceback" not in built.err
        assert all("WARNING: snippet falsified" in line for line in built.warnings.splitlines() if line[0] != " ")


def of_page(warnings: str, name: str) -> str:
    """Return the warnings of one page."""
    found, keep = [], False
    for line in warnings.splitlines(keepends=True):
        if not line.startswith(" "):
            keep = line.startswith((f"{name}.md:", f"docs/{name}.md:"))
        if keep:
            found.append(line)
    return "".join(found)


def verdicts(page: str) -> list[str]:
    """Return the verdicts of a page, each once, with what the page says of processes that were left running."""
    found = []
    for paragraph in page.split("\n\n"):
        text = " ".join(paragraph.split())
        match = re.match(r"\*\*(. falsified|. verified|measured|skipped)\*\*(.*)", text)
        if match is not None:
            parts = [part for part in match[2].split(" · ") if "left running" in part]
            found.append(" · ".join([match[1], *parts]) + "\n")
    return list(dict.fromkeys(found))
