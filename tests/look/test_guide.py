"""The guide's own pages: as wide as the screen, nothing asked of another host, nothing wrong on the console."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (1280, 390)


@pytest.fixture(scope="session")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the guide's pages; results that an earlier build left in the user's cache are used."""
    out = tmp_path_factory.mktemp("guide")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "-d", str(out / "doctrees")]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(out / "pages")], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr
    return out / "pages"


LOOKED_AT = (
    "index",
    "foreword/who-needs-this",
    "stack/arrays",
    "heap/vec-new",
    "collections/where",
    "code/closures",
    "threads/what-a-thread-asks-for",
    "optimizer/what-keeps-an-allocation",
    "reference/when-does-rust-allocate",
    "writing-snippets",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_whole_page(guide: Path, browser: Browser, scheme: str) -> None:
    """The theme's own parts of the page included."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    found = {}
    for name in LOOKED_AT:
        page.goto((guide / f"{name}.html").as_uri())
        violations = Axe().run(page).response["violations"]
        found[name] = [f"{one['id']}: {node['html'][:200]}" for one in violations for node in one["nodes"]]
    context.close()
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_the_screen(guide: Path, browser: Browser, width: int) -> None:
    """Wide code and pictures scroll in boxes of their own."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    found = sorted(guide.rglob("*.html"))
    assert len(found) > 30
    wide = []
    for path in found:
        page.goto(path.as_uri())
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path.relative_to(guide).as_posix())
    context.close()
    assert wide == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert told == []
