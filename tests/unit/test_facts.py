from __future__ import annotations

import pytest

from heapledger.model import Profile
from heapledger.source.facts import ExpectedEvent, parse_events, parse_fact
from heapledger.source.problems import MarkupProblem

ALLOC = ExpectedEvent("alloc", 8)
FREE = ExpectedEvent("free", 8)


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("none", ()),
        ("alloc 8", (ALLOC,)),
        ("alloc 1_024", (ExpectedEvent("alloc", 1024),)),
        ("alloc 8 align 4", (ExpectedEvent("alloc", 8, align=4),)),
        ("zeroed 40", (ExpectedEvent("zeroed", 40),)),
        ("any 8", (ExpectedEvent("any", 8),)),
        ("realloc 8 -> 16", (ExpectedEvent("realloc", 16, old_size=8),)),
        ("alloc 8 x3", (ALLOC,) * 3),
        ("(alloc 8, free 8) x2", (ALLOC, FREE) * 2),
        ("alloc 8, (free 8 x2, alloc 8) x2", (ALLOC, FREE, FREE, ALLOC, FREE, FREE, ALLOC)),
    ],
)
def test_events(text: str, events: tuple[ExpectedEvent, ...]) -> None:
    assert parse_events(text) == events


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alocc 8", "unknown fact 'alocc'; did you mean 'alloc'?"),
        ("none, alloc 8", "'none' stands alone"),
        ("alloc", "alloc takes a number of bytes, found nothing"),
        ("alloc eight", "alloc takes a number of bytes, found 'eight'"),
        ("realloc 8 16", "realloc is written 'realloc A -> B'"),
        ("(alloc 8", "a '(' is not closed"),
        ("alloc 8,", "the fact is empty or ends with ','"),
        ("alloc 8 free 8", "expected ',' or the end of the fact before 'free'"),
        ("alloc 8 x0", "x0 asks for no event at all; write 'none'"),
        ("alloc 8 x999999", "a fact may ask for at most 100,000 events"),
        ("alloc 8; free 8", "unexpected ';' in a fact"),
    ],
)
def test_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(MarkupProblem) as caught:
        parse_events(text)
    assert str(caught.value) == message


def test_profile_and_end() -> None:
    fact = parse_fact("[release] end: free 8", 3)
    assert (fact.profile, fact.at_end, fact.events, fact.line) == (Profile.RELEASE, True, (FREE,), 3)


def test_unknown_profile() -> None:
    with pytest.raises(MarkupProblem, match=r"unknown profile 'realease'; did you mean 'release'\?"):
        parse_fact("[realease] none", 1)
