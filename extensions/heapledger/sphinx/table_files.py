"""``{alloc:table-filter}``: finding rows in the tables of a page, and the page's rows as CSV and JSON to download."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from heapledger.messages import _
from heapledger.model import Profile, VerdictKind
from heapledger.render.table_files import TableRow, as_csv, as_json, measured
from heapledger.source.claims import Claim, Status

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx

    from heapledger.outcome import SnippetOutcome
    from heapledger.sphinx.domain import AllocDomain
    from heapledger.sphinx.records import Entry

SCRIPT = "heapledger-tables.js"
STYLE = "heapledger-tables.css"
_NAME = re.compile(r"[a-z][a-z0-9-]*")


class table_filter(nodes.General, nodes.Element):  # noqa: N801 - docutils names node classes so
    """Stands where the links and the fields of a page's tables go: ``name`` of the files, ``docname``."""


class TableFilterDirective(SphinxDirective):
    """Links to the rows of this page's tables as CSV and JSON, and fields that choose among them."""

    required_arguments = 1

    def run(self) -> list[Node]:
        """Leave the fields, and note the name of the files."""
        name = self.arguments[0]
        if _NAME.fullmatch(name) is None:
            raise self.error(f"a table filter needs a name that matches {_NAME.pattern}, found '{name}'")  # type: ignore[no-untyped-call]
        domain = cast("AllocDomain", self.env.get_domain("alloc"))
        domain.data["downloads"][self.env.docname] = name
        node = table_filter(name=name, docname=self.env.docname)
        self.set_source_info(node)
        return [node]


def statuses_of(claims: Iterable[Claim], *, asks: bool) -> list[str]:
    """Return who stands behind a row: the statuses of its claims; what nobody claims holds for what was measured.

    :param asks: whether the row calls the allocator in any profile: nobody promises that an allocation happens.
    """
    found = dict.fromkeys(claim.options.status for claim in claims if claim.options.status)
    if asks:
        found.pop(Status.DOCUMENTED, None)
    return [status.value for status in found] or [Status.IMPLEMENTATION.value]


def asks(outcome: SnippetOutcome | None, line: int | None) -> bool:
    """Whether a row called the allocator in any profile, or may have."""
    found = [measured(outcome, profile, line) for profile in Profile]
    return any(one is not None and (one.allocs != 0 or one.reallocs != 0) for one in found)


def table_rows(domain: AllocDomain, docname: str) -> list[TableRow]:
    """Collect the rows of all tables of a document, in order."""
    entries = enumerate(domain.entries.get(docname, []))
    return [_table_row(domain, docname, ordinal, entry) for ordinal, entry in entries if entry.row is not None]


def _table_row(domain: AllocDomain, docname: str, ordinal: int, entry: Entry) -> TableRow:
    outcome = domain.outcomes.get((docname, ordinal))
    claims = domain.claims_of(entry)
    line = entry.row.line if entry.row is not None else None
    return TableRow(
        id=entry.snippet.id,
        table=entry.table,
        setup=entry.row.setup if entry.row is not None else "",
        expression=entry.row.expression if entry.row is not None else "",
        debug=measured(outcome, Profile.DEBUG, line),
        release=measured(outcome, Profile.RELEASE, line),
        verdict=(outcome.kind if outcome is not None else VerdictKind.SKIPPED).value,
        status=", ".join(statuses_of(claims, asks=asks(outcome, line))),
        claims=tuple(claim.id for claim in claims),
    )


def write_table_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the files beside the pages."""
    domain = cast("AllocDomain", app.env.get_domain("alloc"))
    if exception is not None or app.builder.format != "html" or app.builder.name == "epub":
        return
    toolchain = domain.session.toolchain if domain.session is not None else None
    for docname, name in sorted(domain.data["downloads"].items()):
        rows = table_rows(domain, docname)
        for ending, text in (("csv", as_csv(rows, toolchain)), ("json", as_json(rows, toolchain))):
            (Path(app.outdir) / f"{name}.{ending}").write_bytes(text)


def _visit(visitor: Any, node: nodes.Element) -> None:
    if visitor.builder.name == "epub":
        raise nodes.SkipNode
    here = visitor.builder.get_target_uri(node["docname"])
    links = [
        f'<a href="{escape(relative_uri(here, node["name"] + "." + ending))}" download>{ending.upper()}</a>'
        for ending in ("csv", "json")
    ]
    calls = (("", _("any")), ("none", _("asks for nothing")), ("some", _("asks")), ("differs", _("differs")))
    status = (("", _("any")), *((one.value, one.value) for one in Status))
    visitor.body.append(
        f'<div class="heapledger-filter"><form hidden role="search" aria-label="{escape(_("Rows of the tables"))}">'
        f'<label><span>{escape(_("Find"))}</span><input type="search" name="words" autocomplete="off"></label>'
        f"{_select('asks', _('Debug and release'), calls)}{_select('status', _('Status'), status)}"
        f'<output data-heapledger-rows="{escape(_("%s of %s rows"))}"></output></form>'
        f"<p>{escape(_('All rows as'))} {' · '.join(links)}</p></div>\n"
    )
    raise nodes.SkipNode


def _select(name: str, label: str, choices: Iterable[tuple[str, str]]) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in choices)
    return f'<label><span>{escape(label)}</span><select name="{name}">{options}</select></label>'


def _skip(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    raise nodes.SkipNode


def _assets(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:  # noqa: ARG001
    if doctree is not None and app.builder.name != "epub" and next(doctree.findall(table_filter), None) is not None:
        app.add_js_file(SCRIPT, loading_method="defer")
        app.add_css_file(STYLE)


def setup_table_files(app: Sphinx) -> None:
    """Register the node, the files and what the page loads."""
    skipped: dict[str, Any] = dict.fromkeys(("latex", "text", "man", "texinfo"), (_skip, None))
    app.add_node(table_filter, html=(_visit, None), **skipped)
    app.connect("html-page-context", _assets)
    app.connect("build-finished", write_table_files)
