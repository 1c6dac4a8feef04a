"""Problems of an author's text, collected while parsing, and the nearest valid name for a wrong one."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


MAX_LISTED = 16
"""Most valid words that a message lists where none is similar."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a snippet's text."""

    line: int
    """Index into the raw lines of the directive's body, from 0; -1 is the directive's own line."""
    text: str


class MarkupProblem(Exception):
    """Raised by the small parsers; the caller adds the line."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the most similar known word, or a list of all where none is similar."""
    candidates = sorted(known)
    close = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    if len(candidates) > MAX_LISTED:
        return f"; there are {len(candidates)}, none of them like it"
    return f"; valid are {', '.join(candidates)}"
