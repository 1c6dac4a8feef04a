"""``{alloc:table}``: one expression a row, each measured alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from heapledger.messages import _
from heapledger.source.tables import Row, Table, read_table
from heapledger.sphinx.body import read_directive
from heapledger.sphinx.claim_nodes import measured_cell, table_note
from heapledger.sphinx.records import Entry

if TYPE_CHECKING:
    from docutils.nodes import Node

    from heapledger.sphinx.domain import AllocDomain


class TableDirective(SphinxDirective):
    """The rows are snippets of the domain, the cells places that the post-transform fills."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, object]] = {}  # type: ignore[assignment, misc]

    def run(self) -> list[Node]:
        """Note every row and leave the table."""
        domain = cast("AllocDomain", self.env.get_domain("alloc"))
        body = read_directive(self)
        table = read_table(
            lines=body.lines,
            places=body.places,
            name=body.argument,
            document=self.env.docname,
            location=body.location,
        )
        domain.note_problems(self.env.docname, table.problems)
        ordinals = [
            domain.note_snippet(
                self.env.docname,
                Entry(row.snippet, f"snippet-{row.snippet.id}", table.options.elide, row, table.options.caption),
            )
            for row in table.rows
        ]
        outer = nodes.container(classes=["heapledger-table", *table.options.classes])
        self.set_source_info(outer)
        outer += self._table(table, ordinals)
        outer += table_note(elide=table.options.elide, docname=self.env.docname, ordinals=tuple(ordinals))
        return [outer]

    def _table(self, table: Table, ordinals: list[int]) -> nodes.table:
        columns = table.options.columns
        built = nodes.table()
        self.set_source_info(built)
        if table.options.caption:
            inline, messages = self.state.inline_text(table.options.caption, self.lineno)
            title = nodes.title(table.options.caption, "", *inline)
            self.set_source_info(title)  # without it, translators would not find the caption
            built += title
            built += messages
        if table.options.name:
            built["names"].append(nodes.fully_normalize_name(table.options.name))
            self.state.document.note_explicit_target(built, built)
        group = nodes.tgroup(cols=len(columns) + 1)
        built += group
        group += nodes.colspec(colwidth=max((24, *(len(row.expression) for row in table.rows))))
        group.extend(nodes.colspec(colwidth=14) for _ in columns)
        group += nodes.thead("", _text_row([_("expression"), *(_heading(column) for column in columns)]))
        rows = nodes.tbody()
        group += rows
        for one, ordinal in zip(table.rows, ordinals, strict=True):
            row = nodes.row(ids=[f"snippet-{one.snippet.id}"])
            row += nodes.entry("", *_expression(one))
            for column in columns:
                cell = measured_cell(docname=self.env.docname, ordinal=ordinal, column=column)
                row += nodes.entry("", cell)
            rows += row
        return built


def _expression(row: Row) -> list[nodes.Node]:
    shown: list[nodes.Node] = [nodes.paragraph("", "", nodes.literal("", row.expression))]
    if row.setup:
        after = nodes.paragraph("", f"{_('after')} ", classes=["heapledger-setup"])
        after += nodes.literal("", row.setup)
        shown.append(after)
    return shown


def _heading(column: str) -> str:
    return {
        "debug": "debug",
        "release": "release",
        "allocs": _("allocations"),
        "reallocs": _("reallocations"),
        "frees": _("frees"),
        "bytes": _("bytes"),
        "peak": _("peak"),
        "live": _("live at the end"),
        "status": _("status"),
        "claim": _("claim"),
    }[column]


def _text_row(texts: list[str]) -> nodes.row:
    row = nodes.row()
    for text in texts:
        row += nodes.entry("", nodes.paragraph("", text))
    return row
