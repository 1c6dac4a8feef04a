"""What a LaTeX document needs beside its nodes: the style file, classes of paragraphs, the text of the title page."""

from __future__ import annotations

import re
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

WIDE = 40
"""Letters of the widest column; longer cells are wrapped."""

LETTERS = 160
"""Letters of all columns together, where there are many."""

NARROW = 0.085
"""Part of a table's width that the narrowest column gets: room for a word of its head."""

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
        for picture in list(self.document.findall(mermaid)):
            box = picture.parent.parent
            if drawn_picture(self.app.builder, picture.get("heapledger_key", "")) is None or box is None:
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
        cells = [[len(entry.astext()) for entry in row.findall(nodes.entry)] for row in table.findall(nodes.row)]
        specs = list(table.findall(nodes.colspec))
        widest = min(WIDE, LETTERS // max(len(specs), 1))
        widths = [min(max((row[at] for row in cells if at < len(row)), default=1), widest) for at in range(len(specs))]
        for spec, width in zip(specs, widths, strict=True):
            spec["colwidth"] = max(width, round(sum(widths) * NARROW))
        _wrap(table, "heapledger-facts")


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
