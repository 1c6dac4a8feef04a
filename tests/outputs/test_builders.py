"""Every builder works, and those that print carry every measured number of every snippet."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from heapledger.model import Ledger
from heapledger.render.chips import chips
from heapledger.render.facts import ledger_text
from heapledger.render.stable import stable_view
from heapledger.verify.compare import events_by_line

from .conftest import Project


def numbers(project: Project, document: str | None = None) -> Iterator[tuple[str, list[str]]]:
    """Of each ledger: its name, its totals in words, and what stands beside its lines."""
    for outcome in project.outcomes:
        if document is not None and outcome.snippet.document != document:
            continue
        for profile in outcome.profiles:
            ledger = profile.ledger
            if ledger is None or ledger.totals is None:
                continue
            name = f"{outcome.snippet.id} [{profile.profile.value}]"
            yield name, [ledger_text(ledger, ranges_seen=False), *beside_lines(ledger)]


def beside_lines(ledger: Ledger) -> list[str]:
    return [text for events in events_by_line(stable_view(ledger)).values() for _, text in chips(events)]


def plain(text: str) -> str:
    """One space for every run of white space, so that wrapping does not matter."""
    return " ".join(text.split())


def plain_latex(text: str) -> str:
    """Text of LaTeX source: highlighting and escapes taken away."""
    text = re.sub(r"\\PYG\{[^}]*\}\{|\\DUrole\{[^}]*\}\{", "", text)
    for escape, letter in {r"\PYGZus{}": "_", r"\PYGZgt{}": ">", r"\PYGZam{}": "&", r"\sphinxhyphen{}": "-"}.items():
        text = text.replace(escape, letter)
    return plain(re.sub(r"[{}]", "", text.replace(r"\(\times\)", "×").replace(r"\(\rightarrow\)", "→")))


def missing(project: Project, text: str, document: str | None = None) -> list[str]:
    """What of the measured numbers a text does not have."""
    lost = []
    for name, (totals, *facts) in numbers(project, document):
        if plain(totals) not in text:
            lost.append(f"{name}: {totals}")
        lost += [f"{name}: {fact}" for fact in facts if plain(fact) not in text]
    return lost


def test_there_is_much_to_carry(project: Project) -> None:
    assert len(list(numbers(project))) >= 20
    assert len({totals for _, (totals, *_) in numbers(project)}) >= 8


def test_text_carries_every_number(project: Project) -> None:
    built = project.build("text")
    assert built.status == 0
    documents = {outcome.snippet.document for outcome in project.outcomes}
    assert len(documents) == 7
    for document in documents:
        assert missing(project, plain(built.text(f"{document}.txt")), document) == []


def test_latex_carries_every_number(project: Project) -> None:
    built = project.build("latex")
    assert built.status == 0
    (source,) = built.folder.glob("*.tex")
    raw = source.read_text(encoding="utf-8")
    assert missing(project, plain_latex(raw)) == []
    assert r"\input{x}" not in raw, "what a program prints is no LaTeX"


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
def test_html_carries_every_number(project: Project, builder: str) -> None:
    built = project.build(builder)
    assert built.status == 0
    pages = "".join(path.read_text(encoding="utf-8") for path in sorted(built.folder.rglob("*.html")))
    assert missing(project, plain_html(pages)) == []
    assert "<script>alert(1)</script>" not in pages
    assert (built.folder / "_static" / "heapledger.css").is_file()


def plain_html(text: str) -> str:
    return plain(html.unescape(re.sub(r"<[^>]+>", "", text)))


def test_epub_carries_every_number(project: Project) -> None:
    built = project.build("epub")
    assert built.status == 0
    (book,) = built.folder.glob("*.epub")
    with zipfile.ZipFile(book) as archive:
        names = [name for name in archive.namelist() if name.endswith(".xhtml")]
        pages = "".join(archive.read(name).decode() for name in names)
        assert any(name.endswith("heapledger.css") for name in archive.namelist())
    assert missing(project, plain_html(pages)) == []


@pytest.mark.parametrize(("builder", "pattern"), [("man", "*.1"), ("texinfo", "*.texi")])
def test_manuals_carry_every_total(project: Project, builder: str, pattern: str) -> None:
    built = project.build(builder)
    assert built.status == 0
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(built.folder.glob(pattern)))
    bare = plain(text.replace("\\-", "-").replace("\\(bu", "·").replace("\\(pc", "·"))
    assert [totals for _, (totals, *_) in numbers(project) if plain(totals) not in bare] == []


@pytest.mark.parametrize("builder", ["linkcheck", "dummy", "xml", "pseudoxml", "json"])
def test_other_builders_work(project: Project, builder: str) -> None:
    assert project.build(builder).status == 0


def test_gettext_lists_captions_and_no_measurement(project: Project) -> None:
    # gettext keeps other doctrees than the rest: Sphinx wants a folder of its own for them
    built = project.build_with(project.source, project.out / "translations", "gettext")
    assert built.status == 0
    texts = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(built.folder).rglob("*.pot")))
    assert "A vector of bytes doubles" in texts
    assert "still live at the end" not in texts


def test_books_fit_their_page(project: Project) -> None:
    """A reader of books scrolls nothing sideways, and folds nothing: what makes a project is for the web."""
    built = project.build("epub")
    (book,) = built.folder.glob("*.epub")
    with zipfile.ZipFile(book) as archive:
        pages = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".xhtml"))
        assert any(name.endswith("heapledger-book.css") for name in archive.namelist())
    assert "heapledger-book.css" in pages
    assert "heapledger run " in plain_html(pages)
    assert "cargo new" not in pages
    web = "".join(path.read_text(encoding="utf-8") for path in project.build("html").folder.glob("*.html"))
    assert "cargo new" in web
    assert "heapledger-book.css" not in web
