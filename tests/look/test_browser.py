"""Pages in Chromium: at the width of a phone, from a file, without JavaScript, by keyboard, for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import CASES, THEMES

pytestmark = pytest.mark.xdist_group("look")  # one build for all

PAGES = sorted(path.stem for path in CASES.glob("*.md"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_no_page_scrolls_sideways_and_nothing_foreign_is_asked_for(
    theme: str, script: bool, themed: dict[str, Path], open_page: Callable
) -> None:
    for name in PAGES:
        page, asked = open_page(themed[theme] / f"{name}.html", width=390, script=script)
        wide = page.evaluate("document.scrollingElement.scrollWidth") if script else _width_without_script(page)
        assert wide <= 390, f"{name} is {wide} pixels wide"
        assert asked
        assert [address for address in asked if not address.startswith(("file:", "data:"))] == []


def _width_without_script(page) -> float:
    """Right edge of the widest snippet: evaluating in the page needs a script."""
    boxes = [one.bounding_box() for one in page.locator(".heapledger-snippet").all()]
    assert boxes
    return max(box["x"] + box["width"] for box in boxes)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(theme: str, scheme: str, themed: dict[str, Path], open_page: Callable) -> None:
    """Our parts of the page. Colours of code belong to the theme: furo's are looked at, it is the guide's theme."""
    found = {}
    for name in PAGES:
        page, _ = open_page(themed[theme] / f"{name}.html", scheme=scheme)
        page.evaluate("document.querySelectorAll('.heapledger-snippet details').forEach(one => one.open = true)")
        context: dict[str, list[list[str]]] = {"include": [[".heapledger-snippet"]]}
        if theme != "furo":
            context["exclude"] = [[".heapledger-listing code"], [".heapledger-fold pre"]]
        result = Axe().run(page, context=context)
        found[name] = [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in result.response["violations"]
            for node in one["nodes"]
        ]
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_the_button_copies_the_whole_program(themed: dict[str, Path], open_page: Callable) -> None:
    page, _ = open_page(themed["furo"] / "hidden.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator(".heapledger-copy")
    assert button.inner_text() == "Copy program"
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.heapledger-copy').textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    lines = (
        (CASES / "hidden.md").read_text(encoding="utf-8").split("\n\n", 2)[2].split("```")[0].rstrip("\n").split("\n")
    )
    wanted = [line.removeprefix("# ").partition(" //~")[0] for line in lines]
    assert copied == "\n".join(["fn main() {", *wanted, "}", ""])


def test_without_a_script_there_is_no_button_and_everything_unfolds(
    themed: dict[str, Path], open_page: Callable
) -> None:
    page, _ = open_page(themed["furo"] / "hidden.html", script=False)
    assert not page.locator(".heapledger-copy").is_visible()
    declared = page.get_by_text("use std::collections::BTreeMap;").first
    assert not declared.is_visible()
    page.locator(".heapledger-declared summary").first.click()
    assert declared.is_visible()
    program = page.locator(".heapledger-program pre")
    assert not program.is_visible()
    page.get_by_text("Run it yourself").click()
    assert program.is_visible()
    assert "BTreeMap" in program.inner_text()


def test_tabs_move_together_by_keyboard(themed: dict[str, Path], open_page: Callable) -> None:
    page, _ = open_page(themed["furo"] / "differs.html")
    shown = page.locator(".heapledger-listing:visible")
    assert shown.count() == 2
    assert "+ 8 B" in shown.first.inner_text()
    page.locator(".heapledger-tabs input").first.focus()
    page.keyboard.press("ArrowRight")
    assert shown.count() == 2
    assert "+ 8 B" not in shown.first.inner_text()
    checked = page.evaluate(
        "[...document.querySelectorAll('.heapledger-tabs input:checked + label')].map(one => one.textContent.trim())"
    )
    assert checked == ["release", "release"]


def test_print_has_every_profile_and_every_fold(themed: dict[str, Path], open_page: Callable) -> None:
    page, _ = open_page(themed["furo"] / "differs.html")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".heapledger-listing:visible").count() == 4
    assert page.locator(".heapledger-program pre:visible").count() == 2
    assert not page.locator(".heapledger-copy").first.is_visible()


def test_a_phone_reads_facts_under_their_line(themed: dict[str, Path], open_page: Callable) -> None:
    for width, under in ((1280, False), (390, True)):
        page, _ = open_page(themed["furo"] / "agrees.html", width=width)
        line = page.locator(".heapledger-listing li", has_text="v.push(i)")
        code, facts = line.locator("code").bounding_box(), line.locator("span[aria-hidden]").bounding_box()
        assert (facts["y"] >= code["y"] + code["height"] - 1) is under
        assert "allocates 8 bytes, reallocates 8 to 16 to 32 to 64 to 128 bytes; 128 bytes live" in line.text_content()
