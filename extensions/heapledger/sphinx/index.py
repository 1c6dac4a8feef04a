"""The page that lists all claims, by chapter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from sphinx.domains import Index, IndexEntry

if TYPE_CHECKING:
    from heapledger.sphinx.domain import AllocDomain


class ClaimIndex(Index):
    """``alloc-claims``: every claim under the folder of its document, with its status."""

    name = "claims"
    localname = "Claims"
    shortname = "claims"

    def generate(self, docnames: Iterable[str] | None = None) -> tuple[list[tuple[str, list[IndexEntry]]], bool]:
        """Return the entries by chapter."""
        domain = cast("AllocDomain", self.domain)
        wanted = None if docnames is None else set(docnames)
        chapters: dict[str, list[IndexEntry]] = defaultdict(list)
        for docname, entry in domain.all_claims():
            if wanted is not None and docname not in wanted:
                continue
            claim = entry.claim
            status = claim.options.status.value if claim.options.status else ""
            chapters[chapter_of(docname)].append(
                IndexEntry(claim.id, 0, docname, entry.anchor, status, "", claim.sentence)
            )
        return [
            (chapter, sorted(entries, key=lambda entry: entry.name)) for chapter, entries in sorted(chapters.items())
        ], False


def chapter_of(docname: str) -> str:
    """Return the chapter of a document: its folder."""
    folder, _, _ = docname.rpartition("/")
    return folder or docname
