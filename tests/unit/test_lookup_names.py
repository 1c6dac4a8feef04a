"""Which names of functions are meant by what an author writes."""

from __future__ import annotations

import pytest

from heapledger.measure.lookup import same_end

MEANT = [
    ("largest", "snippet::largest<u8>"),
    ("largest<u8>", "snippet::largest<u8>"),
    ("largest<Header>", "snippet::largest<snippet::Header>"),
    ("largest<net::Header>", "snippet::largest<net::Header>"),
    ("pair<Header, Vec<Tea>>", "snippet::pair<snippet::Header, alloc::vec::Vec<snippet::Tea>>"),
    ("Header::new", "snippet::Header::new"),
]
NOT_MEANT = [
    ("largest<u8>", "snippet::largest<u64>"),
    ("largest<Header>", "snippet::largest<snippet::Header2>"),
    ("largest<Header>", "snippet::largest"),
    ("net::largest", "snippet::largest<u8>"),
]


@pytest.mark.parametrize(("wanted", "name"), MEANT)
def test_meant(wanted: str, name: str) -> None:
    assert same_end(wanted, name)


@pytest.mark.parametrize(("wanted", "name"), NOT_MEANT)
def test_not_meant(wanted: str, name: str) -> None:
    assert not same_end(wanted, name)
