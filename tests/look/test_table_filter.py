"""The fields that choose rows of measured tables, by keyboard; without a script the tables are whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import CONF, build

pytestmark = pytest.mark.xdist_group("look")

PAGE = """# Tables

```{alloc:table-filter} rows
```

## Boxes

```{alloc:table} boxes
:columns: debug, release, bytes, status, claim
:caption: Boxes
Box::new(7u32) //~ alloc 4
Box::new(()) //~ none //@ claim: zero-sized-box-is-free
let b = std::hint::black_box(Box::new(7u32)); ==> b.clone() //~ alloc 4
```

## Text

```{alloc:table} text
:columns: debug, release, bytes, status
:caption: Text
"tea".to_string() //~ alloc 3
"tea".len() //~ none
```

```{alloc:claim} zero-sized-box-is-free
:status: documented
:source: std/boxed/index.html#memory-layout
:evidence: boxes-box-new-2

A box of nothing asks for nothing.
```
"""
SHOWN = ".heapledger-table tbody tr:visible"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    source = tmp_path_factory.mktemp("tables") / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF + 'html_theme = "furo"\n', encoding="utf-8")
    (source / "index.md").write_text(PAGE, encoding="utf-8")
    build(source, source.parent / "out", shared_cache)
    return source.parent / "out" / "pages"


def test_words_and_choices_narrow_the_tables_by_keyboard(pages: Path, open_page: Callable) -> None:
    page, asked = open_page(pages / "index.html")
    rows = page.locator(SHOWN)
    assert rows.count() == 5
    field = page.get_by_label("Find")
    field.focus()
    page.keyboard.type("box clone")
    assert rows.all_inner_texts()[0].startswith("b.clone()")
    assert rows.count() == 1
    assert page.locator("output").inner_text() == "1 of 5 rows"
    assert not page.get_by_role("heading", name="Text").is_visible()
    page.keyboard.press("Escape")
    assert rows.count() == 5
    page.keyboard.press("Tab")
    page.keyboard.type("asks for nothing")
    assert rows.count() == 2
    page.get_by_label("Status").select_option("documented")
    assert "Box::new(())" in rows.all_inner_texts()[0]
    assert rows.count() == 1
    assert [url for url in asked if not url.startswith("file:")] == []


def test_the_address_may_bring_the_words(pages: Path, open_page: Callable) -> None:
    page, _ = open_page(pages / "index.html")
    page.goto(page.url + "?find=to_string")
    assert page.locator(SHOWN).count() == 1


def test_without_a_script_the_tables_are_whole(pages: Path, open_page: Callable) -> None:
    page, _ = open_page(pages / "index.html", script=False)
    assert page.locator(SHOWN).count() == 5
    assert not page.get_by_label("Find").is_visible()
    assert page.get_by_role("link", name="CSV").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(pages: Path, open_page: Callable, scheme: str) -> None:
    page, _ = open_page(pages / "index.html", scheme=scheme)
    context = {"include": [[".heapledger-filter"], [".heapledger-table"]], "exclude": [["code"]]}
    assert [one["id"] for one in Axe().run(page, context=context).response["violations"]] == []


def test_the_files_hold_the_rows_that_the_page_shows(pages: Path) -> None:
    rows = json.loads((pages / "rows.json").read_bytes())["rows"]
    assert [row["expression"] for row in rows][:3] == ["Box::new(7u32)", "Box::new(())", "b.clone()"]
    assert [row["debug"]["bytes"] for row in rows] == [4, 0, 4, 3, 0]
    assert rows[1]["claims"] == ["zero-sized-box-is-free"]
    assert {row["verdict"] for row in rows} == {"verified"}
    with (pages / "rows.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["id"] for row in read] == [row["id"] for row in rows]
    assert [row["release_bytes"] for row in read] == ["4", "0", "4", "3", "0"]
