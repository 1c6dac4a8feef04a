"""What a LaTeX document needs beside its nodes: the style file, classes of paragraphs, the text of the title page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.texescape import escape
from sphinxcontrib.mermaid import mermaid

from heapledger.sphinx.fill import verified_text
from heapledger.sphinx.mermaid import drawn_picture
from heapledger.sphinx.nodes import paper_anchor

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from heapledger.sphinx.domain import AllocDomain

PACKAGE = "heapledger"
VERIFIED = "heapledger-verified.def"
"""Defines what the title page says about toolchain, counts and date."""

LONG_TABLE = 8
"""A table of more rows may break over pages, and is left out where it only repeats a picture."""

WIDE = 60
"""Letters of the widest column; longer cells are wrapped."""

LETTERS = 110
"""Letters of a table's line, of which each column takes :data:`GAP`."""

GAP = 3
"""Letters of the white space between two columns."""

HEAD = 8
"""Letters of a head that must stay together: longer words of heads may be hyphenated."""

_BREAKS = re.compile(r"(?:::|->|[(._/<>&;=\-]|,(?!\d))(?=[\w&(<'\"\[.])")
"""Where a long name may be broken."""


class ForPaper(SphinxPostTransform):
    """What LaTeX needs to be told: places that links go to, classes of paragraphs, tables, where names may break."""

    default_priority = 6  # type: ignore[assignment]
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:  # noqa: ARG002 - docutils' signature
        """Change the document."""
        self._leave_out_long_tables()
        self._mark_places()
        for paragraph in list(self.document.findall(nodes.paragraph)):
            names = [name for name in paragraph["classes"] if name.startswith("heapledger-")]
            if names:
                _wrap(paragraph, *names)
        for table in list(self.document.findall(nodes.table)):
            self._table(table)
        for node in self.document.findall(nodes.Text):
            if isinstance(node.parent, nodes.literal) or _within(node, "heapledger-facts", "heapledger-calls"):
                node.parent.replace(node, nodes.Text(_BREAKS.sub("\\g<0>\u200b", node)))

    def _leave_out_long_tables(self) -> None:
        """A long table that repeats a picture would fill pages: the calls stand beside their lines as well."""
        builder = cast("AllocDomain", self.env.get_domain("alloc")).builder
        for picture in list(self.document.findall(mermaid)):
            box = picture.parent.parent
            if drawn_picture(builder, picture.get("heapledger_key", "")) is None or box is None:
                continue
            for table in [one for one in box.children if isinstance(one, nodes.table)]:
                if len(list(table.findall(nodes.row))) > LONG_TABLE:
                    box.remove(table)

    def _mark_places(self) -> None:
        """Sphinx's writer leaves out the ids of containers and rows."""
        for box in list(self.document.findall(nodes.container)):
            if box["ids"] and any(name.startswith("heapledger-") for name in box["classes"]):
                box.insert(0, paper_anchor(names=box["ids"]))
        for row in self.document.findall(nodes.row):
            first = next(iter(row.findall(nodes.paragraph)), None)
            if row["ids"] and first is not None:
                first.insert(0, paper_anchor(names=row["ids"]))

    def _table(self, table: nodes.table) -> None:
        if not _is_ours(table):
            return
        if len(list(table.findall(nodes.row))) > LONG_TABLE and "longtable" not in table["classes"]:
            table["classes"].append("longtable")
        table["classes"].append("colwidths-given")
        for spec, width in zip(table.findall(nodes.colspec), _widths(table), strict=True):
            spec["colwidth"] = width
        _wrap(table, "heapledger-facts")


def _widths(table: nodes.table) -> list[int]:
    """Return the letters that each column gets: its longest word first, then a share of the room by what it wants.

    A column wants the length of all its cells but the longest tenth, which a few outliers do not decide.
    """
    columns = len(list(table.findall(nodes.colspec)))
    needed, lengths = [1] * columns, [[1] for _ in range(columns)]
    for row in table.findall(nodes.row):
        for at, entry in enumerate(list(row.findall(nodes.entry))[:columns]):
            lines = [child.astext() for child in entry.children]
            longest = max((len(piece) for line in lines for piece in _pieces(line)), default=1)
            needed[at] = max(needed[at], min(longest, HEAD) if isinstance(row.parent, nodes.thead) else longest)
            lengths[at].append(min(max(map(len, lines), default=1), WIDE))
    usual = [sorted(column)[(len(column) - 1) * 9 // 10] for column in lengths]
    wanted = [max(pair) for pair in zip(needed, usual, strict=True)]
    room = LETTERS - GAP * columns - sum(needed)
    more = sum(wanted) - sum(needed)
    share = min(1.0, max(room, 0) / more) if more else 0.0
    return [round(need + (want - need) * share) + GAP for need, want in zip(needed, wanted, strict=True)]


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts of a cell that stay on one line."""
    for word in text.replace("\u200b", " ").split():
        yield from _BREAKS.sub("\\g<0> ", word).split()


def _is_ours(table: nodes.table) -> bool:
    return any(name.startswith("heapledger-") for name in table["classes"]) or _within(table, "heapledger-table")


def _within(node: nodes.Node, *names: str) -> bool:
    place: nodes.Element | None = node.parent
    while place is not None:
        if any(name in place.get("classes", ()) for name in names):
            return True
        place = place.parent
    return False


def _wrap(node: nodes.Element, *names: str) -> None:
    box = nodes.container(classes=list(names))
    node.replace_self(box)
    box += node


def write_verified(app: Sphinx, env: BuildEnvironment) -> None:
    """Write what the title page says."""
    if app.builder.name != "latex":
        return
    text = verified_text(cast("AllocDomain", env.get_domain("alloc")))
    path = Path(app.builder.outdir, VERIFIED)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"\\renewcommand\\heapledgerVerified{{{escape(text, app.config.latex_engine)}}}\n", encoding="utf-8"
    )


def setup_latex(app: Sphinx) -> None:
    """Register the package and what prepares pages for it; after the handler that measures."""
    app.add_latex_package(PACKAGE)
    app.add_post_transform(ForPaper)
    app.connect("config-inited", _add_package_file)
    app.connect("env-updated", write_verified)


def _add_package_file(app: Sphinx, config: Any) -> None:  # noqa: ARG001 - Sphinx's signature
    path = Path(__file__).parent / "paper" / f"{PACKAGE}.sty"
    config.latex_additional_files = [*config.latex_additional_files, str(path)]
