"""What stands in the HTML: one case, one file under ``cases/``, the expected snippets beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from .conftest import CASES, build

pytestmark = pytest.mark.xdist_group("look")  # one build for all

MAX_PAGE = 400_000
"""Bytes of a page with 40 snippets."""


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.md")))
def test_snippets(name: str, themed: dict[str, Path], check_expected: Callable[[Path, str], None]) -> None:
    page = BeautifulSoup((themed["furo"] / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    found = page.select(".heapledger-snippet")
    assert found
    text = "\n".join(one.prettify(formatter="minimal") for one in found)
    check_expected(CASES / f"{name}.html", _without_versions(text))


def _without_versions(text: str) -> str:
    text = re.sub(r"rustc 1\.\d+\.\d+(-\w+)?", "rustc VERSION", text)
    return re.sub(r'(https://godbolt\.org/clientstate/)[^"]+', r"\1STATE", text)


def test_classes_are_ours(themed: dict[str, Path]) -> None:
    """Besides those of docutils, Pygments and sphinx-design, every class begins with our name."""
    foreign = re.compile(
        r"sd-|highlight|docutils|container|notranslate|reference|external|simple|line|literal|pre|[a-z]{1,2}\d?$|std"
    )
    for page in themed["furo"].glob("*.html"):
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        for element in soup.select(".heapledger-snippet, .heapledger-snippet *"):
            for name in element.get("class") or ():
                assert name.startswith("heapledger-") or foreign.match(name), f"{page.name}: {name}"


def test_forty_snippets_weigh_less_than_400_kilobytes(tmp_path: Path, shared_cache: Path) -> None:
    source = tmp_path / "case"
    source.mkdir()
    extensions = '["myst_parser", "sphinx_design", "sphinx_copybutton", "heapledger"]'
    (source / "conf.py").write_text(f'html_theme = "furo"\nextensions = {extensions}\n', encoding="utf-8")
    bodies = [path.read_text(encoding="utf-8").split("\n\n", 1)[1] for path in sorted(CASES.glob("*.md"))]
    snippets = [f"```{{alloc:snippet}}{part}" for body in bodies for part in body.split("```{alloc:snippet}")[1:]]
    forty = [re.sub(r"^(\S+) ([\w-]+)", rf"\1 \2-{number}", snippets[number % len(snippets)]) for number in range(40)]
    (source / "index.md").write_text("# Forty\n\n" + "\n".join(forty), encoding="utf-8")
    build(source, tmp_path / "out", shared_cache)
    page = (tmp_path / "out" / "pages" / "index.html").read_text(encoding="utf-8")
    assert page.count('class="heapledger-head"') == 40
    size = len(page.encode())
    print(f"40 snippets: {size:,} bytes, {size // 40:,} a snippet")
    assert size < MAX_PAGE
