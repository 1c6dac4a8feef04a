"""EPUB: the same pages, and what the format asks for beyond them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.builders.epub3 import Epub3Builder

if TYPE_CHECKING:
    from sphinx.application import Sphinx

CSS = "heapledger-book.css"
_ITEM = re.compile(r'<item id="[^"]*" href="([^"]+)" media-type="application/xhtml\+xml" (?=/>)')


class Book(Epub3Builder):
    """Sphinx's builder, and a list of contents that says which pages hold pictures: readers refuse others."""

    def build_epub(self) -> None:
        """Complete the list of contents and pack the book."""
        path = Path(self.outdir, "content.opf")
        content = path.read_text(encoding="utf-8")
        path.write_text(_ITEM.sub(self._with_properties, content), encoding="utf-8")
        super().build_epub()

    def _with_properties(self, item: re.Match[str]) -> str:
        page = Path(self.outdir, item[1])
        drawn = page.is_file() and "<svg" in page.read_text(encoding="utf-8")
        return f'{item[0]}properties="svg" ' if drawn else item[0]


def setup_epub(app: Sphinx) -> None:
    """Take the place of Sphinx's builder; after the other style sheets, for the book's own changes them."""
    app.add_builder(Book, override=True)
    app.connect("builder-inited", _add_style, priority=900)


def _add_style(app: Sphinx) -> None:
    if app.builder.name == "epub":
        app.add_css_file(CSS, priority=900)
