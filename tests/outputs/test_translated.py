"""A page in another language: its words are translated, what was measured is the same, and no rustc is started for it.

The catalogue under ``translated/`` is that of Sphinx's gettext builder, filled in.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup

from tests.sphinx.conftest import Built, LoggingRustc

SAMPLE = Path(__file__).parent / "translated"
CATALOGUE = "locales/de/LC_MESSAGES/index.po"


@dataclass(frozen=True)
class Pages:
    """The sample in two languages, and what rustc was started for by the second."""

    english: Built
    german: Built
    catalogue: Built
    started: list[str]


@pytest.fixture
def pages(tmp_path: Path, sphinx_build: Callable[..., Built], logging_rustc: LoggingRustc) -> Pages:
    source = tmp_path / "sample"
    shutil.copytree(SAMPLE, source)

    def build(language: str, builder: str = "html") -> Built:
        setting = ["-W", "-D", f"language={language}", "-D", f"heapledger_rustc={logging_rustc.path}"]
        built = sphinx_build(source, tmp_path / f"{language}-{builder}", builder, *setting, cache=tmp_path / "cache")
        assert built.status == 0, built.warnings
        return built

    catalogue = build("en", "gettext")
    assert logging_rustc.started() == [], "a catalogue shows no result"
    english = build("en")
    assert logging_rustc.started() != []
    return Pages(english, build("de"), catalogue, logging_rustc.started())


def messages(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id}


def shown(built: Built) -> str:
    """Text of the page without its code, which has one language."""
    page = BeautifulSoup(built.text("index.html"), "html.parser")
    assert page.html is not None
    assert page.html["lang"] == built.folder.parent.name.partition("-")[0]
    for code in page.select("pre, .heapledger-listing"):
        code.decompose()
    return " ".join(page.get_text().split())


def pieces(message: str) -> list[str]:
    """Text of a message between its roles."""
    return [piece.strip() for piece in re.split(r"\{[^}]*\}`[^`]*`", message) if piece.strip(" .")]


def test_a_page_in_german(pages: Pages) -> None:
    known = messages(SAMPLE / CATALOGUE)
    assert known.keys() == messages(pages.catalogue.folder / "index.pot").keys(), "renew it with the gettext builder"
    assert all(known.values())

    german, english = shown(pages.german), shown(pages.english)
    for message, translation in known.items():
        assert [piece for piece in pieces(translation) if piece not in german] == [], message
        assert [piece for piece in pieces(message) if piece not in english] == [], message
        assert pieces(message)[0] not in german

    # what was measured, in the words of the language, on the card, beside the code, in prose and in the list of claims
    assert german.count("Ein Vektor aus drei Zahlen verlangt einen Block.") == 2
    for words in ("bestätigt", "1 Allokation (24 Bytes)", "belegen 24 Bytes", "keine"):
        assert words in german, words
    assert "allocation" not in german

    assert pages.started == [], "every result was known"
    assert results(pages.german) == results(pages.english)
    assert [claim["verdict"] for claim in results(pages.german)] == ["verified"]


def results(built: Built) -> list[dict[str, object]]:
    claims = json.loads(built.text("claims.json"))["claims"]
    return [{name: value for name, value in claim.items() if name != "sentence"} for claim in claims]
