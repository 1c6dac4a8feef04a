"""The guide's own pages: as wide as the screen, nothing asked of another host, nothing wrong on the console."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
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
    "collections/maps",
    "code/closures",
    "threads/what-a-thread-asks-for",
    "optimizer/what-keeps-an-allocation",
    "reference/when-does-rust-allocate",
    "reference/claims",
    "reference/table-of-std",
    "reference/card",
    "writing-snippets",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_whole_page(guide: Path, browser: Browser, scheme: Literal["light", "dark"]) -> None:
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


ANCHORS = """() => [...document.querySelectorAll('.heapledger-claim')].map(card => {
    const link = card.querySelector(`:scope > .heapledger-claim-head a[href="#${card.id}"]`);
    if (link === null || !link.checkVisibility() || link.getBoundingClientRect().width === 0) {
        return [card.id, 'no visible link to itself'];
    }
    if (`claim-${link.textContent.trim().replace(/^claim-/, '')}` !== card.id) {
        return [card.id, `its link says ${link.textContent}`];
    }
    link.click();
    const top = card.getBoundingClientRect().top;
    return [card.id, location.hash !== `#${card.id}` || top < 0 || top > innerHeight * 0.9 ? `at ${top}` : ''];
})"""
"""Of each claim on a page: its id, and what is wrong with the link that a reader copies."""


@pytest.mark.parametrize("width", WIDTHS)
def test_every_claim_has_a_visible_anchor(guide: Path, browser: Browser, width: int) -> None:
    """Its id stands on the card, and is a link that brings the card on the screen."""
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    found: dict[str, str] = {}
    for path in whole_pages(guide):
        page.goto(path.as_uri())
        found |= page.evaluate(ANCHORS)
    context.close()
    assert len(found) > 300
    assert {claim: problem for claim, problem in found.items() if problem} == {}


def whole_pages(guide: Path) -> list[Path]:
    """All pages but the short addresses of claims, which lead on to another page at once."""
    return sorted(path for path in guide.rglob("*.html") if path.parent != guide / "c")


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
    found = whole_pages(guide)
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


LOOKED_AT_SCROLLERS = ("collections/vec", "code/trait-objects", "threads/what-a-thread-asks-for")


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_a_picture_that_scrolls_says_so_and_obeys_the_keyboard(guide: Path, browser: Browser, width: int) -> None:
    """The line above it is there exactly where the picture is wider than its box, without a script of ours."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    scrolling = 0
    for name in LOOKED_AT_SCROLLERS:
        page.goto((guide / f"{name}.html").as_uri())
        for box in page.locator(".heapledger-diagram-scroll").all():
            if not box.is_visible():
                continue
            over = box.evaluate("box => box.scrollWidth - box.clientWidth")
            hint = box.evaluate(
                """box => box.previousElementSibling?.classList.contains("heapledger-diagram-wider")
                    ? box.previousElementSibling.clientHeight : 0"""
            )
            assert (over > 1) == (hint > 10), (name, box.get_attribute("aria-label"), over, hint)
            if over > 1:
                scrolling += 1
                box.press("ArrowRight")
                page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
    context.close()
    assert (scrolling > 10) == (width < 400)


def questions() -> list[tuple[str, str, tuple[str, ...]]]:
    """Questions of readers as (group, what they type, claims that answer it)."""
    lines = (Path(__file__).parent / "questions.txt").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split(" | ")] for line in lines if not line.startswith("#")]
    return [(group, query, tuple(claims.split(", "))) for group, query, claims in rows]


def test_what_readers_type_finds_a_claim(guide: Path, browser: Browser) -> None:
    """Among the first three hits of the search, opened from a file as well as any page."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    missed = {}
    for _, query, claims in questions():
        page.goto(f"{(guide / 'search.html').as_uri()}?q={quote(query)}")
        page.wait_for_selector("#search-results ul.search li a")
        links = page.eval_on_selector_all("#search-results ul.search li > a", "all => all.map(one => one.href)")[:3]
        found = [urlsplit(link).fragment for link in links]
        if not {f"claim-{claim}" for claim in claims} & set(found):
            missed[query] = found
    context.close()
    assert missed == {}


def test_every_group_of_readers_is_asked() -> None:
    asked = questions()
    assert len({query for _, query, _ in asked}) >= 30
    assert {group for group, _, _ in asked} >= {str(number) for number in range(1, 20)}


def test_links_within_the_guide_lead_somewhere(guide: Path) -> None:
    """Every address of a page and every anchor in it exists."""
    soups = {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in guide.rglob("*.html")}
    anchors = {path: {tag["id"] for tag in soup.find_all(id=True)} for path, soup in soups.items()}
    broken = []
    checked = 0
    for path, soup in soups.items():
        for link in soup.find_all("a", href=True):
            address = urlsplit(str(link["href"]))
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            checked += 1
            if not target.exists() or (address.fragment and unquote(address.fragment) not in anchors.get(target, {""})):
                broken.append(f"{path.relative_to(guide)}: {link['href']}")
    assert broken == []
    assert checked > 2000


def test_no_paragraph_is_over_six_lines(guide: Path, browser: Browser) -> None:
    """Counted as they stand on a screen of 1280; cells of tables are narrow."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    lines = """() => [...document.querySelectorAll('article p')]
        .filter(one => one.checkVisibility() && !one.closest('table'))
        .map(one => [
            Math.round(one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight)),
            one.textContent.slice(0, 60),
        ])
        .filter(([lines]) => lines > 6)"""
    long = {}
    for path in whole_pages(guide):
        page.goto(path.as_uri())
        found = page.evaluate(lines)
        if found:
            long[path.relative_to(guide).as_posix()] = found
    context.close()
    assert long == {}
