"""A claim's short address, the fold that cites it, and its names in the general index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import CONF, build

pytestmark = pytest.mark.xdist_group("look")

CLAIM = """# Claims

```{{alloc:claim}} {name}
:status: implementation
:evidence: boxed

`Box::new` of a number asks for the number, and `vec![1]` isn't needed.
```

```{{alloc:snippet}} boxed
let boxed = Box::new(7u32); //~ alloc 4
std::hint::black_box(&boxed);
```
"""
MORE = """
html_theme = "furo"
heapledger_claim_ids = "ids.txt"
heapledger_repository = "https://code.example/tea/guide"
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    source = tmp_path_factory.mktemp("cite") / "source"
    (source / "heap").mkdir(parents=True)
    (source / "conf.py").write_text(CONF + MORE, encoding="utf-8")
    (source / "ids.txt").write_text("box-asks\nboxes-ask -> box-asks\n", encoding="utf-8")
    (source / "index.md").write_text("# Start\n\n```{toctree}\nheap/page\n```\n", encoding="utf-8")
    (source / "heap" / "page.md").write_text(CLAIM.format(name="box-asks"), encoding="utf-8")
    build(source, source.parent / "out", shared_cache, "html", "-W")
    return source.parent / "out" / "pages"


@pytest.mark.parametrize("name", ["box-asks", "boxes-ask"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_short_addresses_lead_to_the_claim(pages: Path, open_page: Callable, name: str, script: bool) -> None:
    page, _ = open_page(pages / "c" / f"{name}.html", script=script)
    page.wait_for_url("**/heap/page.html#claim-box-asks")
    assert page.locator("#claim-box-asks").is_visible()


def test_the_fold_cites_without_a_script(pages: Path, open_page: Callable) -> None:
    page, _ = open_page(pages / "heap" / "page.html", script=False)
    fold = page.locator(".heapledger-cite")
    assert not fold.locator("pre").first.is_visible()
    fold.locator("summary").click()
    assert "claim box-asks (implementation). Verified with rustc" in fold.locator("pre").first.inner_text()
    assert fold.locator("pre").last.inner_text().startswith("@misc{case-box-asks,")
    assert fold.get_by_role("link", name="Permanent link").get_attribute("href") == "../c/box-asks.html"
    report = fold.get_by_role("link", name="Report an error").get_attribute("href")
    assert report.startswith("https://code.example/tea/guide/issues/new?title=Claim+box-asks")
    assert "rustc" in report
    assert not fold.locator("button").first.is_visible()


def test_a_button_copies_the_entry_with_the_address_of_the_page(pages: Path, open_page: Callable) -> None:
    page, _ = open_page(pages / "heap" / "page.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".heapledger-cite summary").click()
    button = page.get_by_role("button", name="Copy BibTeX")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.heapledger-cite button')[1].textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"url = {{{(pages / 'c' / 'box-asks.html').as_uri()}}}" in copied
    button = page.get_by_role("button", name="Copy BibTeX")
    button.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(pages: Path, open_page: Callable, scheme: str) -> None:
    page, _ = open_page(pages / "heap" / "page.html", scheme=scheme)
    page.locator(".heapledger-cite summary").click()
    found = Axe().run(page, context={"include": [[".heapledger-cite"]]}).response["violations"]
    assert [one["id"] for one in found] == []


def test_the_general_index_has_types_functions_and_macros(pages: Path) -> None:
    text = (pages / "genindex.html").read_text(encoding="utf-8")
    for name in ("Box", "new", "vec!"):
        assert f">{name}<" in text or f"\n      {name}\n" in text, name
    assert "heap/page.html#claim-box-asks" in text


def test_a_published_claim_that_vanished_fails_the_build(tmp_path: Path, shared_cache: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF + 'heapledger_claim_ids = "ids.txt"\n', encoding="utf-8")
    (source / "ids.txt").write_text("# published\nbox-asks\n", encoding="utf-8")
    (source / "index.md").write_text(CLAIM.format(name="box-wants"), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"ids\.txt:2: WARNING: the published claim 'box-asks' is gone"):
        build(source, tmp_path / "out", shared_cache, "html", "-W")
