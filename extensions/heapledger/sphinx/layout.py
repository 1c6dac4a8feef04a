"""``{alloc:layout}``: how types lie in memory, as pictures and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapledger.source.layouts import read_layouts
from heapledger.sphinx.body import read_directive
from heapledger.sphinx.directive import CURRENT_CLAIM, SnippetDirective

if TYPE_CHECKING:
    from heapledger.source.snippet import Snippet
    from heapledger.sphinx.domain import AllocDomain


class LayoutDirective(SnippetDirective):
    """A snippet of types: nothing is run, and the page shows layouts where others show code."""

    def _read(self, domain: AllocDomain) -> Snippet:
        body = read_directive(self)
        return read_layouts(
            body=body.lines,
            places=body.places,
            snippet_id=body.argument or domain.default_id(self.env.docname, self.env.temp_data.get(CURRENT_CLAIM)),
            document=self.env.docname,
            location=body.location,
        )
