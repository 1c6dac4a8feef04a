"""How a page's bytes are written changes nothing: line ends, a byte order mark. What is not text is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Built

PAGE = """# A page

1. In a list:

   ```{alloc:snippet} listed
   :expect: allocs == 2

   let v = vec![1u8];  //~ alloc 3
   std::hint::black_box(&v);
   ```

```{alloc:snippet} printing
:stdout: a
# use std::fmt::Write as _;
let mut s = String::new();
writeln!(s, "größe").unwrap();
println!("{s}");
let broken = 1;
```
"""

WRITTEN = {
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "bom-and-crlf": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "no-last-newline": lambda text: text.rstrip("\n").encode(),
}


def page(tmp_path: Path, sphinx_build: Callable[..., Built], data: bytes, name: str) -> Built:
    source = tmp_path / name / "case"
    source.mkdir(parents=True, exist_ok=True)
    (source / "index.md").write_bytes(data)
    return sphinx_build(source, tmp_path / name / "out")


@pytest.mark.parametrize("way", WRITTEN)
def test_the_same_page(way: str, tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    plain = page(tmp_path, sphinx_build, PAGE.encode(), "plain")
    other = page(tmp_path, sphinx_build, WRITTEN[way](PAGE), "other")
    assert plain.warnings.count("WARNING") == 3
    for line in (6, 8, 13):
        assert f"index.md:{line}: WARNING: snippet falsified" in plain.warnings
    assert other.warnings == plain.warnings
    assert other.text("index.txt") == plain.text("index.txt")


def test_tabs_of_markdown_reach_the_program(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    code = 'if true {\n\tprintln!("{} {}", "a\tb".len(), "\t".as_bytes()[0]);\n}'
    text = f"# Tabs\n\n```{{alloc:snippet}} tabs\n:stdout: 3 9\n{code}\n```\n"
    built = page(tmp_path, sphinx_build, text.encode(), "tabs")
    assert (built.status, built.warnings) == (0, "")


def test_tabs_before_an_option_and_a_fact(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    code = "if true {\n\tstd::hint::black_box(vec![1u8]);\t//~ alloc 2\n}"
    text = f"# Tabs\n\n```{{alloc:snippet}} tabs\n:expect:\tallocs == 2\n{code}\n```\n"
    built = page(tmp_path, sphinx_build, text.encode(), "tabs")
    assert "index.md:4: WARNING" in built.warnings
    assert "index.md:6: WARNING" in built.warnings


def test_a_lone_carriage_return_is_refused(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    text = '# Hidden\n\n```{alloc:snippet} hidden\n// a note\rprintln!("x");\nlet a = 1;\n```\n'
    built = page(tmp_path, sphinx_build, text.encode(), "cr")
    assert "index.md:4: WARNING: snippet falsified: hidden" in built.warnings
    assert "a lone carriage return" in built.warnings


def test_a_page_that_is_not_utf8_is_named(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    built = page(tmp_path, sphinx_build, b"# Page\n\nGr\xf6sse\n", "latin1")
    assert built.status == 2
    assert "index.md:3: ERROR: not UTF-8 (byte 0xf6 at column 3); save the file as UTF-8" in built.warnings


def test_an_unclosed_fence_is_reported(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    listed = "- In a list:\n\n  ```{alloc:snippet} listed\n  let a = 1;\n\n"
    text = f"# Open\n\n{listed}```{{alloc:snippet}} open\nlet a = 1;\n\n# Another section\n\nSome prose.\n"
    built = page(tmp_path, sphinx_build, text.encode(), "open")
    assert "index.md:5: WARNING: snippet falsified: listed" in built.warnings
    assert "index.md:8: WARNING: snippet falsified: open" in built.warnings
    assert "the fence is not closed" in built.warnings


def test_an_unclosed_fence_before_another(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    text = (
        "# Open\n\n```{alloc:snippet} open\nlet a = 1;\n\n```{alloc:snippet} swallowed\nlet b = 1; //~ alloc 9\n```\n"
    )
    built = page(tmp_path, sphinx_build, text.encode(), "open")
    assert "index.md:3: WARNING: snippet falsified: open" in built.warnings
    assert "the fence is not closed" in built.warnings


def test_a_directive_that_became_text_is_reported(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    """Without colon_fence, and behind the fence that a claim around a snippet left over; examples are no mistake."""
    claim = (
        "```{alloc:claim} outer\n:status: implementation\n\nA.\n\n```{alloc:snippet}\nlet a = 1; //~ none\n```\n```\n"
    )
    lost = "```{alloc:snippet} lost\nlet a = 1; //~ alloc 9\n```\n"
    example = "````md\n```{alloc:snippet} example\n```\n````\n"
    text = f"# Text\n\n:::{{alloc:claim}} colons\n:status: implementation\nA fact.\n:::\n\n{example}\n{claim}{lost}"
    conf = tmp_path / "text" / "case" / "conf.py"
    conf.parent.mkdir(parents=True)
    conf.write_text('extensions = ["myst_parser", "heapledger"]\n', encoding="utf-8")
    built = page(tmp_path, sphinx_build, text.encode(), "text")
    warnings = [line for line in built.warnings.splitlines() if "was taken for text" in line]
    assert [line.partition(": WARNING")[0] for line in warnings] == ["index.md:3", "index.md:22"]
    assert 'add "colon_fence" to myst_enable_extensions' in warnings[0]
    assert "give the outer one more characters" in warnings[1]


def test_names_that_a_picture_shows_must_be_there(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    options = ":show: memory\n:frames: mian\n:variables: first, secnd\n"
    text = f"# Memory\n\n```{{alloc:snippet}} names\n{options}let first = 1u8; //@ memory: one\n```\n"
    built = page(tmp_path, sphinx_build, text.encode(), "names")
    assert "index.md:5: WARNING" in built.warnings
    assert ":frames: names 'mian', but the program has no function of that name" in built.warnings
    assert "index.md:6: WARNING" in built.warnings
    assert ":variables: names 'secnd', but the program has no variable of that name" in built.warnings


def test_an_unclosed_bracket_is_reported_where_it_opens(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    text = "# Bracket\n\n```{alloc:snippet} bracket\nlet v = vec![1u8, 2;\nstd::hint::black_box(&v);\n```\n"
    built = page(tmp_path, sphinx_build, text.encode(), "bracket")
    assert "index.md:4: WARNING: snippet falsified: bracket" in built.warnings
    assert "unclosed delimiter (line 4, column 13)" in built.warnings


def test_a_reference_shows_the_text_of_a_caption(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    named = "```{alloc:snippet} named\n:name: here\n:caption: A *first* `String`\nlet a = 1;\n```\n"
    built = page(tmp_path, sphinx_build, f"# Page\n\nSee {{ref}}`here`.\n\n{named}".encode(), "ref")
    assert built.warnings == ""
    assert "See A first String." in built.text("index.txt")
