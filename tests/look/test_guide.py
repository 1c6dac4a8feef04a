"""The guide's own pages in Chromium: phones, files, no foreign host, screen readers, light and dark."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.xdist_group("guide-pages")  # one build for all


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, common: Path) -> Path:
    """Folder of the guide's HTML, built once."""
    out = tmp_path_factory.mktemp("guide")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-D", f"heapledger_cache={common / 'guide-cache'}"]
    done = subprocess.run([*command, str(ROOT / "docs"), str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def names(pages: Path) -> list[str]:
    generated = {"genindex.html", "search.html"}
    return sorted(str(path.relative_to(pages)) for path in pages.rglob("*.html") if path.name not in generated)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_no_page_scrolls_sideways_on_a_phone_and_nothing_foreign_is_asked_for(
    script: bool, pages: Path, open_page: Callable
) -> None:
    wrong = []
    for name in names(pages):
        page, asked = open_page(pages / name, width=390, script=script)
        foreign = [address for address in asked if not address.startswith(("file:", "data:"))]
        if script:
            width = page.evaluate("document.scrollingElement.scrollWidth")
        else:
            width = max(box["width"] for box in (page.locator("article").first.bounding_box(),) if box)
        if width > 390 or foreign:
            wrong.append((name, width, foreign))
        page.close()
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_article(scheme: str, pages: Path, open_page: Callable) -> None:
    found = {}
    for name in names(pages):
        page, _ = open_page(pages / name, scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        result = Axe().run(page, context={"include": [["article"]]})
        problems = [
            f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
            for one in result.response["violations"]
            for node in one["nodes"]
        ]
        if problems:
            found[name] = problems
        page.close()
    assert found == {}
