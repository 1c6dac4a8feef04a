"""Layouts and machine code on pages: tabs, pictures and tables in HTML; one after the other, and wrapped, elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

PAGE = """# Page

```{alloc:layout} shape
enum Shape { Circle(f32), Square { side: f64, name: u8 }, Nothing }
Option<Box<u8>>
[u8; 1000]
```

```{alloc:snippet} code
:expect: size(Header) == 4, section(HEADERS) == .rodata
:expect-debug: calls(shown_in_debug, memcpy) == 0
:show: lines, layout=Header, asm=square, asm=cube, asm=shown_in_debug
struct Header {
    number: u32,
}
static HEADERS: [Header; 1] = [Header { number: 1 }];
fn square(n: u32) -> u32 {
    n * n
}
#[inline(never)]
fn shown_in_debug(n: u32) -> u32 {
    n + 1
}
#[inline(never)]
fn cube(n: u32) -> String {
    format!("{}", n * square(n))
}
fn main() {
    let number = &HEADERS[std::env::args().count() - 1].number;
    println!("{} {} {}", shown_in_debug(1), number, cube(std::hint::black_box(3)));
}
```

```{alloc:snippet} bare
:no-run:
:expect: symbol(__rust_alloc) == absent
#![no_std]
#![no_main]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    loop {}
}
```
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    source = tmp_path_factory.mktemp("pages")
    (source / "conf.py").write_text('extensions = ["myst_parser", "heapledger"]\n', encoding="utf-8")
    (source / "index.md").write_text(PAGE, encoding="utf-8")
    for builder in ("html", "text", "latex"):
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", builder, "-D", f"heapledger_cache={shared_cache}"]
        done = subprocess.run(
            [*command, ".", str(source / "out" / builder)], cwd=source, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return source / "out"


@pytest.fixture(scope="module")
def html(built: Path) -> BeautifulSoup:
    return BeautifulSoup((built / "html" / "index.html").read_text(encoding="utf-8"), "html.parser")


def test_a_layout_has_pictures_sentences_and_one_table(html: BeautifulSoup) -> None:
    shape, option, array = html.select("#snippet-shape .heapledger-layout")
    assert len(shape.select("svg")) == 2
    assert [caption.text for caption in shape.select(".heapledger-diagram-title")] == [
        "Shape, variant Circle, byte by byte",
        "Shape, variant Square, byte by byte",
    ]
    assert len(shape.select("svg rect.packetEmpty")) == 3
    cells = [[cell.text.strip() for cell in row.select("td")] for row in shape.select("table tbody tr")]
    assert ["", "", "Circle (tag holds 0)", ""] in cells
    assert ["8 to 15", "8", "side", "f64"] in cells
    assert "Option of it takes 8 bytes too" not in option.text
    assert "Option of it takes 16 bytes: no niche is left for None." in option.text
    assert array.select("svg") == []
    assert array.select_one("table") is not None


def test_both_profiles_are_tabs(html: BeautifulSoup) -> None:
    square, cube, in_debug = html.select("#snippet-code .heapledger-machine-code")
    assert [label.text.strip() for label in cube.select(".sd-tab-label")] == ["debug", "release"]
    opened = [box.select_one("input[checked] + label") for box in (cube, in_debug)]
    assert [label and label.text.strip() for label in opened] == ["release", "debug"]
    assert "it was inlined into snippet::cube" in square.text
    code = cube.select("pre")[1].text
    assert "; line 14" in code
    assert "call alloc::fmt::format" in code or "jmp alloc::fmt::format" in code
    assert "nop" not in code


def test_what_was_asked_is_shown(html: BeautifulSoup) -> None:
    asked = html.select_one("#snippet-code .heapledger-answers")
    assert asked is not None
    assert asked.text == (
        "Measured: size(Header): 4 bytes; section(HEADERS): .rodata; "
        "calls(shown_in_debug, memcpy): 0 call sites (debug)"
    )
    bare = html.select_one("#snippet-bare")
    assert bare is not None
    assert "Compiled with -C panic=abort: without std, nothing unwinds." in bare.text
    assert "Linked with -C link-arg=-nostartfiles: the program brings its own _start." in bare.text
    assert "symbol(__rust_alloc): absent" in bare.text


def test_no_line_of_code_is_wider_than_paper(built: Path) -> None:
    text = (built / "text" / "index.txt").read_text(encoding="utf-8")
    code = text[text.index("Machine code of") : text.index("Compiled with")]
    assert "**debug**" in code
    assert "**release**" in code
    listed = [line for line in code.splitlines() if line.startswith("       ")]
    assert listed
    assert max(map(len, listed)) <= 100
    latex = next((built / "latex").glob("*.tex")).read_text(encoding="utf-8")
    assert "Machine code of" in latex
