"""The page that a claim names: rustdoc writes anchors of impls with percent signs, commas and plus signs."""

from __future__ import annotations

import pytest

from heapledger.model import Location
from heapledger.source.claims import read_claim_options
from heapledger.source.snippet import Place

HERE = Location("page.md", 1)


def read(source: str) -> tuple[str, list[str]]:
    options, _, problems = read_claim_options([f":source: {source}"], [Place(HERE, 0)], HERE)
    return options.source, [text for _, text in problems if text.startswith(":source:")]


@pytest.mark.parametrize(
    "source",
    [
        "std/boxed/index.html",
        "std/vec/struct.Vec.html#method.new",
        "std/collections/struct.VecDeque.html#impl-From%3CVec%3CT,+A%3E%3E-for-VecDeque%3CT,+A%3E",
        "reference/types/closure.html#r-type.closure.intro",
    ],
)
def test_a_page_with_or_without_an_anchor(source: str) -> None:
    assert read(source) == (source, [])


@pytest.mark.parametrize("source", ["the Reference", "std/vec/struct.Vec.html#", "https://a.org/b.html", "a.html#b c"])
def test_anything_else_is_refused(source: str) -> None:
    assert read(source) == ("", [f":source: '{source}' is not of the form 'std/page.html#anchor'"])
