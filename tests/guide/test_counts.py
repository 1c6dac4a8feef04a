"""What the guide must have: the questions that it began with, claims, pictures, and facts that were found before."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from heapledger.outcome import SnippetOutcome
from heapledger.source.published import lead_to, read_published
from heapledger.sphinx.drive import Checked
from heapledger.verify.claims import ClaimOutcome

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
CATALOGUE = frozenset((HERE / "catalogue.txt").read_text(encoding="utf-8").split())
"""Ids of the facts that were found and checked before the guide was written."""
ANCHORS = [tuple(line.rsplit(" ", 1)) for line in (HERE / "anchors.txt").read_text(encoding="utf-8").splitlines()]
"""The seventeen questions of the article that the guide began with, and where each has its answer."""

FOR_AUTHORS = {"writing-snippets", "internals", "how-fast-is-it"}
WITHOUT_PICTURES = {
    *("reference/claims", "reference/further-reading", "reference/glossary", "reference/corrections"),
    *("reference/table-of-std", "reference/card"),
}
"""Pages that only list; an index of a chapter lists as well, and the card has a chart of its own."""

FENCE = re.compile(r"^\s*(`{3,}|:{3,})(.*)$")
CLAIM = re.compile(r"^:{3,}\{alloc:claim\} (\S+)$|^`{3,}\{alloc:claim\} (\S+)$")
LINK = re.compile(r"\{alloc:claim\}`([^`]+)`")
HEADING = re.compile(r"^(#+) ")
PRIMITIVE = r"(?:[iu](?:8|16|32|64|128|size)|f32|f64|bool|char|str)"


def pages() -> dict[str, str]:
    """Text of each page by its document's name."""
    return {
        path.relative_to(DOCS).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(DOCS.rglob("*.md"))
        if "_build" not in path.parts
    }


def section(anchor: str) -> list[str]:
    """Lines from the heading under an anchor to the next one that is not below it."""
    for text in pages().values():
        lines = text.split("\n")
        if f"({anchor})=" not in lines:
            continue
        rest = lines[lines.index(f"({anchor})=") + 1 :]
        rest = rest[1:] if rest[0] == "" else rest
        first = HEADING.match(rest[0])
        assert first, f"({anchor})= stands before no heading"
        return rest[: end_of_section(rest, len(first[1]))]
    raise AssertionError(f"no page has the anchor ({anchor})=")


def end_of_section(lines: list[str], level: int) -> int:
    fence = ""
    for number, line in enumerate(lines[1:], start=1):
        found = FENCE.match(line)
        if found and found[1][0] == "`" and (not fence or (line.strip() == fence)):
            fence = "" if fence else found[1]
        heading = None if fence else HEADING.match(line)
        if heading and len(heading[1]) <= level:
            return number
    return len(lines)


def claims_in(lines: list[str]) -> list[str]:
    """Claims that are made in a section; a summary links to those of other pages."""
    made = [found[1] or found[2] for line in lines if (found := CLAIM.match(line))]
    return made or LINK.findall("\n".join(lines))


@pytest.fixture(scope="session")
def claims(checked_guide: Checked) -> dict[str, ClaimOutcome]:
    """Claims of the guide's chapters; the examples of the manual are none."""
    examples = {
        found[1] or found[2]
        for name in FOR_AUTHORS
        for line in pages()[name].split("\n")
        if (found := CLAIM.match(line))
    }
    return {one.claim.id: one for one in checked_guide.claims if one.claim.id not in examples}


@pytest.fixture(scope="session")
def snippets(checked_guide: Checked) -> dict[str, list[SnippetOutcome]]:
    """Snippets by page; those of the manual are left out."""
    found = defaultdict(list)
    for one in checked_guide.session.outcomes:
        if one.snippet.document not in FOR_AUTHORS:
            found[one.snippet.document].append(one)
    return found


@pytest.mark.parametrize(("question", "anchor"), ANCHORS, ids=[anchor for _, anchor in ANCHORS])
def test_the_questions_it_began_with(claims: dict[str, ClaimOutcome], question: str, anchor: str) -> None:
    under = claims_in(section(anchor))
    assert under, f"no claim stands under ({anchor})=, which answers: {question}"
    assert {name: claims[name].kind.value for name in under} == dict.fromkeys(under, "verified")


def test_seventeen_questions() -> None:
    assert {int(question.split()[0]) for question, _ in ANCHORS} == set(range(1, 18))


def test_claims(claims: dict[str, ClaimOutcome]) -> None:
    wrong = {name: one.kind.value for name, one in claims.items() if one.kind.value != "verified"}
    assert wrong == {}
    assert len(claims) >= 200
    assert len(CATALOGUE) >= 500
    assert len(CATALOGUE & set(claims)) >= 180


def test_the_table_of_the_standard_library(checked_guide: Checked) -> None:
    rows = [one for one in checked_guide.session.outcomes if one.snippet.document == "reference/table-of-std"]
    assert {one.snippet.id: one.kind.value for one in rows if one.kind.value != "verified"} == {}
    assert len(rows) >= 200


def test_published_ids_lead_to_claims(claims: dict[str, ClaimOutcome]) -> None:
    """Ids of claims are for good; write 'old -> new' into docs/claim-ids.txt where one was renamed."""
    published = read_published((DOCS / "claim-ids.txt").read_text(encoding="utf-8"))
    _leads, wrong = lead_to(published, claims)
    assert wrong == []
    assert len(published.ids) >= 200


def test_claims_differ_in_more_than_a_type_or_a_number(claims: dict[str, ClaimOutcome]) -> None:
    shapes = Counter(shape(one.claim.sentence) for one in claims.values())
    again = {text: count for text, count in shapes.items() if count > 1}
    assert sum(again.values()) - len(again) <= len(claims) / 10, again


def shape(sentence: str) -> str:
    """Return a sentence with its types and numbers taken out."""
    text = re.sub(rf"`[^`]*\b(?:[A-Z]\w*|{PRIMITIVE})\b[^`]*`", "TYPE", sentence)
    text = re.sub(
        r"\b(?:\d[\d_]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|hundred|thousand)\b", "N", text
    )
    return re.sub(r"TYPE(?:(?:,| and| or|, and|, or) TYPE)+", "TYPE", text)


def test_shapes() -> None:
    assert shape("`Vec::new` takes 3 words.") == shape("`String::new` takes two words.")
    assert shape("`Vec::new` never calls the allocator.") != shape("`Vec::new` calls the allocator once.")


def test_memory_diagrams(snippets: dict[str, list[SnippetOutcome]]) -> None:
    """One for each snapshot that is drawn; the steps of a stepper are as many."""
    drawn = [one for found in snippets.values() for one in found if "memory" in one.snippet.options.show]
    assert len(drawn) >= 35
    assert [one.snippet.id for one in drawn if not (one.snippet.memory and one.snapshots)] == []


def test_every_page_has_a_picture(snippets: dict[str, list[SnippetOutcome]]) -> None:
    without = []
    for name, text in pages().items():
        shown = {word.partition("=")[0] for one in snippets.get(name, []) for word in one.snippet.options.show}
        pictured = shown & {"memory", "timeline", "blocks", "layout"} or "{alloc:layout}" in text
        lists = name in FOR_AUTHORS | WITHOUT_PICTURES or name.endswith("/index")
        if not (lists or pictured or name == "index"):
            without.append(name)
    assert without == []
    assert len(pages()) >= 35
