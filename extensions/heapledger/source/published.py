"""Ids of claims that were published: a file with ``id`` or ``old -> new`` a line. None may vanish."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from heapledger.source.claims import ID
from heapledger.source.problems import MarkupProblem, nearest

ARROW = "->"


@dataclass(frozen=True, slots=True)
class Published:
    """The file as it stands."""

    ids: Mapping[str, int]
    """Ids that are claims, with the line (from 1) of each."""
    renamed: Mapping[str, tuple[str, int]]
    """Old id -> new id, and the line."""


def read_published(text: str) -> Published:
    """Read the file; blank lines and those that begin with ``#`` say nothing.

    :raises MarkupProblem: with the line that has another form.
    """
    ids: dict[str, int] = {}
    renamed: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        old, arrow, new = (part.strip() for part in line.partition(ARROW))
        if ID.fullmatch(old) is None or (arrow and ID.fullmatch(new) is None):
            raise MarkupProblem(f"line {number}: '{line.strip()}' is neither 'id' nor 'old {ARROW} new'")
        if old in ids or old in renamed:
            raise MarkupProblem(f"line {number}: '{old}' stands there twice")
        if arrow:
            renamed[old] = new, number
        else:
            ids[old] = number
    return Published(ids, renamed)


def lead_to(published: Published, claims: Collection[str]) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Follow every renamed id to a claim.

    :return: old id -> claim, and what is wrong as (line, text): an id that vanished, a redirect to nothing.
    """
    found: dict[str, str] = {}
    wrong = [
        (line, f"the published claim '{name}' is gone; write '{name} {ARROW} NEW'{nearest(name, claims)}")
        for name, line in published.ids.items()
        if name not in claims
    ]
    for old, (new, line) in published.renamed.items():
        seen = {old}
        target = new
        while target in published.renamed and target not in seen:
            seen.add(target)
            target = published.renamed[target][0]
        if target in claims:
            found[old] = target
        else:
            wrong.append((line, f"'{old}' leads to '{target}', which is no claim{nearest(target, claims)}"))
    return found, sorted(wrong)
