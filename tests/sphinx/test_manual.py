"""The authors' manual and the README show sources and what they come to: both are compared with the real thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from heapledger.source import options, questions

from .conftest import Built

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs" / "writing-snippets.md"
README = ROOT / "README.md"

_SOURCE = re.compile(r"^````md\n(?P<body>.*?)^````\n", re.MULTILINE | re.DOTALL)
_MISTAKE = re.compile(
    r"(?P<fence>^````md\n(?P<body>(?:(?!````).*\n)*)````\n\n)```text\n(?:(?!```).*\n)*```\n", re.MULTILINE
)


def test_every_source_that_is_shown_stands_below_it_as_a_snippet() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    mistakes = {match["body"] for match in _MISTAKE.finditer(text)}
    shown = [match for match in _SOURCE.finditer(text) if match["body"] not in mistakes]
    assert len(shown) >= 8
    for match in shown:
        assert text[match.end() :].lstrip("\n").startswith(match["body"]), match["body"]


def test_every_mistake_gets_the_message_that_is_shown(
    sphinx_build: Callable[..., Built], tmp_path: Path, check_expected: Callable[[Path, str], None]
) -> None:
    text = MANUAL.read_text(encoding="utf-8")
    mistakes = list(_MISTAKE.finditer(text))
    assert len(mistakes) >= 8
    source = tmp_path / "case"
    for number, match in enumerate(mistakes):
        page = source / f"m{number}" / "page.md"
        page.parent.mkdir(parents=True)
        page.write_text(match["body"], encoding="utf-8")
    (source / "index.md").write_text("# Mistakes\n\n```{toctree}\n:glob:\n*/page\n```\n", encoding="utf-8")
    built = sphinx_build(source, tmp_path / "out")
    said = re.split(r"^(?=\S)", built.warnings, flags=re.MULTILINE)
    for number, match in reversed(list(enumerate(mistakes))):
        own = "".join(warning.removeprefix(f"m{number}/") for warning in said if warning.startswith(f"m{number}/"))
        text = f"{text[: match.start()]}{match['fence']}```text\n{own}```\n{text[match.end() :]}"
    check_expected(MANUAL, text)


def test_the_readme_shows_the_message_of_its_snippet(sphinx_build: Callable[..., Built], tmp_path: Path) -> None:
    readme = README.read_text(encoding="utf-8")
    source, message = (
        re.search(rf"^(`+){kind}\n(.*?)^\1\n", readme, re.MULTILINE | re.DOTALL) for kind in ("md", "text")
    )
    assert source is not None
    assert message is not None
    false_line = re.search(r"^ *(\d+) \| (.*)$", message[2], re.MULTILINE)
    assert false_line is not None
    lines = source[2].split("\n")
    lines[int(false_line[1]) - 1] = false_line[2]
    case = tmp_path / "case"
    case.mkdir()
    (case / "page.md").write_text("\n".join(lines), encoding="utf-8")
    (case / "index.md").write_text("# Case\n\n```{toctree}\npage\n```\n", encoding="utf-8")
    assert message[2] in sphinx_build(case, tmp_path / "out").warnings


def test_every_option_and_question_is_in_the_manual() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    named = {f"`:{name}:`" for name in (*options._SETTERS, *options.LATER)}
    named |= {f"`{word}`" for word in (*options.SHOWN, *options.SHOWN_OF.values())}
    asked = {f"`{form}`" for form in questions._FORMS.values()}
    assert {name for name in named | asked if name not in text} == set()
