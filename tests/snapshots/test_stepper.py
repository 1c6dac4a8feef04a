"""The stepper in a browser: by mouse, by keyboard, without JavaScript, in print; and outputs that have no script."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.xdist_group("stepper")

PAGE = """# Steps

```{alloc:snippet} steps
:caption: Three steps
let mut v: Vec<u8> = Vec::with_capacity(2); //@ memory: room
v.push(1); //@ memory: one
let w = v;
//@ memory: moved
std::hint::black_box(&w);
```

```{alloc:snippet} single
let b = Box::new(7u32); //@ memory: alone
std::hint::black_box(&b);
```
"""
TITLES = [
    "Step 1 of 3 · Memory at line 1: room",
    "Step 2 of 3 · Memory at line 2: one",
    "Step 3 of 3 · Memory at line 4: moved",
]
"""What stands above the pictures, wherever they stand one after the other."""
CONF = """
project = "steps"
version = "1"
copyright = "nobody"
extensions = ["myst_parser", "heapledger"]
html_theme = "furo"
epub_show_urls = "no"
suppress_warnings = ["epub.unknown_project_files"]
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stepper") / "case"
    folder.mkdir()
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    (folder / "index.md").write_text(PAGE, encoding="utf-8")
    return folder


def build(source: Path, builder: str, cache: Path) -> Path:
    out = source.parent / builder
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", builder, "-D", f"heapledger_cache={cache}"]
    done = subprocess.run(
        [*command, "-d", str(out / "doctrees"), str(source), str(out / "pages")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return out / "pages"


@pytest.fixture(scope="module")
def pages(source: Path, shared_cache: Path) -> Path:
    return build(source, "html", shared_cache)


def open_page(browser: Browser, pages: Path, *, script: bool = True) -> Page:
    page = browser.new_context(java_script_enabled=script, viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"file://{pages}/index.html")
    return page


def shown(page: Page) -> list[str]:
    """Captions of the steps that are visible."""
    steps = page.locator("#snippet-steps .heapledger-step").all()
    return [(one.get_attribute("aria-label") or "").rpartition(": ")[2] for one in steps if one.is_visible()]


def marked(page: Page) -> list[str]:
    rows = page.locator("#snippet-steps .heapledger-current-line:visible").all()
    return [row.get_attribute("data-line") or "" for row in rows]


def test_by_mouse(browser: Browser, pages: Path) -> None:
    page = open_page(browser, pages)
    assert (shown(page), marked(page)) == (["room"], ["1"])
    page.locator("#snippet-steps .heapledger-stepper-next").click()
    assert (shown(page), marked(page)) == (["one"], ["2"])
    page.locator("#snippet-steps .heapledger-stepper-next").click()
    assert (shown(page), marked(page)) == (["moved"], ["4"])
    assert page.locator("#snippet-steps .heapledger-stepper-next").get_attribute("aria-disabled") == "true"
    page.locator("#snippet-steps .heapledger-stepper-previous").click()
    assert shown(page) == ["one"]
    assert page.locator("#snippet-steps .heapledger-stepper-place").inner_text() == "step 2 of 3, line 2"


def test_by_keyboard(browser: Browser, pages: Path) -> None:
    page = open_page(browser, pages)
    page.locator("#snippet-steps .heapledger-stepper-next").focus()
    for key, caption in (
        ("ArrowRight", "one"),
        ("ArrowRight", "moved"),
        ("ArrowRight", "moved"),
        ("ArrowLeft", "one"),
        ("Home", "room"),
        ("End", "moved"),
    ):
        page.keyboard.press(key)
        assert shown(page) == [caption], key
    page.locator("#snippet-steps .heapledger-stepper-previous").focus()
    page.keyboard.press("Enter")
    assert shown(page) == ["one"]


def test_one_snapshot_has_no_bar(browser: Browser, pages: Path) -> None:
    page = open_page(browser, pages)
    assert page.locator("#snippet-single .heapledger-step").count() == 1
    assert page.locator("#snippet-single .heapledger-stepper-bar").count() == 0


def test_what_changed_is_marked_and_said(browser: Browser, pages: Path) -> None:
    page = open_page(browser, pages)
    page.locator("#snippet-steps .heapledger-stepper-next").click()
    page.locator("#snippet-steps .heapledger-stepper-next").click()
    said = page.locator("#snippet-steps .heapledger-step:visible").inner_text()
    assert "Since the snapshot before, new: w; changed: v." in said
    changed = page.locator("#snippet-steps .heapledger-step:visible svg .changed")
    assert changed.count() == 2


def test_without_javascript_all_steps_stand_there(browser: Browser, pages: Path) -> None:
    page = open_page(browser, pages, script=False)
    assert shown(page) == ["room", "one", "moved"]
    titles = [one.inner_text() for one in page.locator("#snippet-steps .heapledger-diagram-title").all()]
    assert titles == TITLES


def test_in_print_all_steps_stand_there(browser: Browser, pages: Path) -> None:
    page = open_page(browser, pages)
    page.emulate_media(media="print")
    assert shown(page) == ["room", "one", "moved"]
    assert not page.locator("#snippet-steps .heapledger-stepper-bar").is_visible()


def test_books_have_a_numbered_sequence_and_no_script(source: Path, shared_cache: Path) -> None:
    book = next(build(source, "epub", shared_cache).glob("*.epub"))
    with zipfile.ZipFile(book) as archive:
        text = archive.read("index.xhtml").decode()
        assert not [name for name in archive.namelist() if name.endswith("heapledger-stepper.js")]
    assert [f"<p>{title}</p>" in text or f">{title}</p>" in text for title in TITLES] == [True] * 3
    assert text.count("<svg") >= 4
    tex = next(build(source, "latex", shared_cache).glob("*.tex")).read_text(encoding="utf-8")
    assert re.findall(r"^(?:\\sphinxAtStartPar\n)?(Step .*)$", tex, re.MULTILINE) == TITLES
    assert tex.count("sphinxincludegraphics") >= 4


def test_text_says_the_same(source: Path, shared_cache: Path, check_expected) -> None:
    text = (build(source, "text", shared_cache) / "index.txt").read_text(encoding="utf-8")
    for words in (
        "[diagram: Step 1 of 3 · Memory at line 1: room]",
        "which owns block 1",
        "v (Vec<u8>, 24 bytes), moved",
    ):
        assert words in " ".join(text.split()), text
