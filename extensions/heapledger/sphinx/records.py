"""What the domain keeps of each document: snippets, claims, quotes of measured numbers, typed numbers."""

from __future__ import annotations

from dataclasses import dataclass

from heapledger.model import Location
from heapledger.source.claims import Claim
from heapledger.source.snippet import Snippet
from heapledger.source.tables import Row


@dataclass(frozen=True, slots=True)
class Entry:
    """A snippet at its place in a document."""

    snippet: Snippet
    anchor: str
    """Id of the element on the page."""
    elide: bool = False
    """A row of a table that leaves ``black_box`` out."""
    row: Row | None = None
    """The row of a table that the snippet measures."""
    table: str = ""
    """Caption of that table."""
    title: str = ""
    """The caption's text, without markup."""


@dataclass(frozen=True, slots=True)
class ClaimEntry:
    """A claim at its place in a document."""

    claim: Claim
    ordinal: int
    """Position among the claims of its document, from 0."""
    anchor: str
    """Id of the card on the page."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A measured number quoted in prose."""

    path: str
    location: Location


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A number in prose that somebody typed."""

    text: str
    location: Location
