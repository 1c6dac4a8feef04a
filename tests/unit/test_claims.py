"""The option block of a claim, and what makes evidence."""

from __future__ import annotations

import pytest

from heapledger.model import Location, Profile
from heapledger.source.claims import can_fail, read_claim_options
from heapledger.source.snippet import Place, read_body

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


EVIDENCE = {
    "": (False, False),
    ":expect: allocs == 0": (True, True),
    ":expect: allocs >= 0": (False, False),
    ":expect-release: frame(main) == 0": (False, True),
    ":exit: SIGABRT": (True, True),
    ":no-run:": (False, False),
    ":no-run:\n:expect: size(u8) == 1": (True, True),
    ":no-run:\n:expect-debug: section(TABLE) == .rodata": (True, False),
    ":no-run:\n:expect: frame(main) >= 0": (False, False),
}
"""Options of a snippet, and whether they can fail in debug and in release."""


@pytest.mark.parametrize(("options", "fails"), EVIDENCE.items())
def test_what_can_fail(options: str, fails: tuple[bool, bool]) -> None:
    body = [*options.splitlines(), "fn main() {}"]
    snippet = read_body(body=body, places=[Place(AT, 0)] * len(body), snippet_id="case", document="page", location=AT)
    assert not snippet.problems
    assert (can_fail(snippet, Profile.DEBUG), can_fail(snippet, Profile.RELEASE)) == fails
