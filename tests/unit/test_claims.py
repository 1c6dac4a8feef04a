"""The option block of a claim."""

from __future__ import annotations

import pytest

from heapledger.model import Location
from heapledger.source.claims import read_claim_options
from heapledger.source.snippet import Place

AT = Location("page.md", 1)

SOURCES = {
    "std/vec/struct.Vec.html": True,
    "std/vec/struct.Vec.html#guarantees": True,
    "std/vec/struct.Vec.html#method.from-1": True,
    # rustdoc's own anchor of an implementation
    "std/string/struct.String.html#impl-Add%3C%26str%3E-for-String": True,
    "reference/types/function-item.html#r-type.fn-item.intro": True,
    "std::vec::Vec": False,
    "std/vec/struct.Vec.html#": False,
    "https://doc.rust-lang.org/std/vec/struct.Vec.html": False,
}


@pytest.mark.parametrize(("source", "well_formed"), SOURCES.items())
def test_source(source: str, *, well_formed: bool) -> None:
    lines = [":status: documented", f":source: {source}"]
    options, first, problems = read_claim_options(lines, [Place(AT, 0)] * 2, AT)
    assert options.source == (source if well_formed else "")
    assert first == 2
    told = [] if well_formed else [(AT, f":source: '{source}' is not of the form 'std/page.html#anchor'")]
    assert problems == told
