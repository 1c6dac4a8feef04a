"""What a program prints is literal text: in every output, on the terminal and in the logs of CI."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from .arena import Arena, Built, arena

pytestmark = pytest.mark.xdist_group("hostile-output")

PAYLOADS = [
    "<script>alert(1)</script>",
    "</code></pre><img src=x onerror=alert(2)>",
    "]]> {{ config }} :raw-html:`x` |sub| *em* `lit` $x^2$ \\end{sphinxVerbatim}",
    "\\input{/etc/passwd}\\write18{id}",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://example.org\x07link\x1b]8;;\x07",
    "\x1b]0;title\x07\x9b2J\u202eback\u2069",
    "over\rwritten\x08\x7f\x00",
    "::error file=page.md,line=1::forged",
    "  ::set-output name=x::forged",
    "text ##vso[task.complete result=Failed]forged",
    "##[error]forged",
    "##teamcity[buildStatus status='FAILURE']",
]
COMMAND = re.compile(r"^\s*::|##\w*\[")
"""What GitHub, Azure and TeamCity take for a command in a log."""
CODE = """fn main() {{
    let payloads = {payloads};
    for payload in payloads {{
        println!("{{payload}}");
        eprintln!("{{payload}}");
    }}
    panic!("{{}}", payloads.join("\\n"));
}}
"""


def rust_escape(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"


def rust_string(text: str) -> str:
    escaped = "".join(
        character
        if character.isascii() and character.isprintable() and character not in '"\\'
        else rust_escape(character)
        for character in text
    )
    return f'"{escaped}"'


PROGRAM = CODE.format(payloads="[" + ", ".join(map(rust_string, PAYLOADS)) + "]")
PAGE = "# Page\n\n```{alloc:snippet} prints\n:stdout: nothing\n:panics: nothing\n" + PROGRAM + "```\n"


@pytest.fixture(scope="module")
def printed() -> Iterator[tuple[Arena, list[Built]]]:
    """The page in three outputs, and what both commands said about the program."""
    with arena() as place:
        place.page("page.md", PAGE)
        (place.root / "prints.rs").write_text(PROGRAM, encoding="utf-8")
        said = [place.build(builder) for builder in ("html", "text", "latex")]
        tool = [sys.executable, "-m", "heapledger"]
        cache = ["--cache", str(place.root / "cache")]
        said.append(place.run([*tool, "check", "--source", ".", *cache]))
        said.append(place.run([*tool, "run", *cache, str(place.root / "prints.rs")]))
        assert [built.status for built in said] == [1] * 5, said[0].err
        yield place, said


def control_characters(text: str) -> set[str]:
    return set(re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text))


def test_html(printed: tuple[Arena, list[Built]]) -> None:
    text = (printed[0].out / "html" / "page.html").read_text(encoding="utf-8")
    assert control_characters(text) == set()
    soup = BeautifulSoup(text, "html.parser")
    assert not any("alert" in script.get_text() for script in soup.find_all("script"))
    assert soup.find(onerror=True) is None
    assert soup.get_text().count("<script>alert(1)</script>") >= 2
    assert "{{ config }} :raw-html:`x` |sub| *em*" in soup.get_text()


def test_text(printed: tuple[Arena, list[Built]]) -> None:
    text = (printed[0].out / "text" / "page.txt").read_text(encoding="utf-8")
    assert control_characters(text) == set()
    assert "\\u{1b}[31mred\\u{1b}[0m" in text


def test_latex(printed: tuple[Arena, list[Built]]) -> None:
    text = (printed[0].out / "latex" / "hostile.tex").read_text(encoding="utf-8")
    assert control_characters(text) == set()
    for command in ("\\input{/etc", "\\write18", "*em* `lit` $x^2$ \\end{sphinxVerbatim}"):
        assert command not in text


@pytest.mark.parametrize("index", range(5), ids=["html", "text", "latex", "check", "run"])
def test_logs(printed: tuple[Arena, list[Built]], index: int) -> None:
    built = printed[1][index]
    for stream in (built.out, built.err):
        assert control_characters(stream.replace("\r", "")) == set()
        assert [line for line in stream.splitlines() if COMMAND.search(line)] == []
    assert "panicked: <script>alert(1)</script>" in built.err
