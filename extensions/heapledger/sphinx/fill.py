"""The post-transform of claims, tables and quotes: their places become text and links, from the domain's results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from heapledger.messages import _
from heapledger.model import Profile, VerdictKind
from heapledger.render.facts import count_text
from heapledger.render.table import cell_text
from heapledger.render.view import verdict_mark
from heapledger.sphinx.claim_nodes import (
    claim_head,
    claim_list,
    evidence,
    measured_cell,
    quoted_value,
    table_note,
    verified_with,
)
from heapledger.sphinx.index import chapter_of
from heapledger.sphinx.parts import badge, verdict_badge
from heapledger.sphinx.table_files import asks, statuses_of

if TYPE_CHECKING:
    from heapledger.outcome import SnippetOutcome
    from heapledger.source.claims import Claim
    from heapledger.sphinx.domain import AllocDomain
    from heapledger.sphinx.records import Entry
    from heapledger.verify.claims import ClaimOutcome


class FillClaims(SphinxPostTransform):
    """Runs with that of the snippets, before references are resolved (priority 10)."""

    default_priority = 4  # type: ignore[assignment]

    def run(self, **kwargs: Any) -> None:  # noqa: ARG002 - docutils' signature
        """Replace every placeholder of the document."""
        self.domain = cast("AllocDomain", self.env.get_domain("alloc"))
        fillers = (
            (claim_head, self._head),
            (claim_list, self._list),
            (verified_with, self._verified),
            (measured_cell, self._cell),
            (table_note, self._note),
            (quoted_value, self._quote),
        )
        for kind, fill in fillers:
            for node in list(self.document.findall(kind)):
                node.replace_self(fill(node))
        for node in self.document.findall(evidence):
            self._evidence(node)

    def _head(self, node: nodes.Element) -> list[nodes.Node]:
        outcome = self.domain.claim_outcome(node["docname"], node["ordinal"])
        if outcome is None:
            return []
        claim = outcome.claim
        kind = outcome.kind
        if node.parent is not None:
            node.parent["classes"].append(f"heapledger-claim-{kind.value}")
        line = nodes.paragraph(classes=["heapledger-claim-head"])
        status = claim.options.status.value if claim.options.status else _("no status")
        line += verdict_badge(kind)
        line += nodes.Text(" · ")
        line += badge(_(status), status.replace(" ", "-"))
        if claim.options.source:
            line += nodes.Text(" · ")
            line += self._source(claim)
        line += nodes.Text(" · ")
        line += self._link(claim.id, nodes.literal("", claim.id, classes=["heapledger-claim-id"]))
        line += self._proofs(outcome)
        wrong = [nodes.paragraph("", finding.text, classes=["heapledger-falsified"]) for finding in outcome.findings]
        return [line, *wrong]

    def _proofs(self, outcome: ClaimOutcome) -> list[nodes.Node]:
        """Links to the snippets that prove the claim and stand elsewhere."""
        elsewhere = [name for name in outcome.claim.options.evidence if self.domain.place_of("snippet", name)]
        found: list[nodes.Node] = [nodes.Text(f" · {_('proof')}: ")] if elsewhere else []
        for index, name in enumerate(elsewhere):
            place = self.domain.place_of("snippet", name)
            if place is not None:
                found += [nodes.Text(", ")] if index else []
                found.append(make_refnode(self.domain.builder, self.env.docname, *place, nodes.literal("", name)))
        return found

    def _source(self, claim: Claim) -> nodes.Node:
        source = claim.options.source
        label = source.partition("#")[0].removesuffix(".html").removesuffix("/index")
        if self.domain.docs is None:
            return nodes.Text(source)
        text = f"{_('source')}: {label.replace('/', '::').replace('struct.', '').replace('fn.', '')}"
        return nodes.reference("", text, refuri=self.domain.docs.url(source), classes=["heapledger-source"])

    def _link(self, claim: str, content: nodes.Element) -> nodes.Node:
        place = self.domain.place_of("claim", claim)
        if place is None:
            return content
        return make_refnode(self.domain.builder, self.env.docname, *place, content, self.domain.sentence_of(claim))

    def _evidence(self, node: nodes.Element) -> None:
        outcome = self.domain.claim_outcome(node["docname"], node["ordinal"])
        if outcome is not None:
            node["title"] = f"{_('Evidence')}: {count_text(len(outcome.evidence), 'program')}"
            node["open"] = outcome.kind is VerdictKind.FALSIFIED

    def _list(self, node: nodes.Element) -> list[nodes.Node]:
        chosen = [
            outcome
            for docname, entry in self.domain.all_claims()
            if (outcome := self.domain.claim_outcome(docname, entry.ordinal)) is not None
            and node["chapter"] in {"", chapter_of(docname), docname}
            and node["status"] in {"", outcome.claim.options.status}
        ]
        if not chosen:
            return [nodes.paragraph("", _("There is no such claim."))]
        session = self.domain.session
        told = session.toolchain if session is not None else None
        version = f"rustc {told.rustc}" if told is not None else "verdict"
        rows = [
            (
                self._link(outcome.claim.id, nodes.literal("", outcome.claim.id)),
                nodes.Text(outcome.claim.sentence),
                nodes.Text(outcome.claim.options.status.value if outcome.claim.options.status else ""),
                nodes.Text(verdict_mark(outcome.kind)),
            )
            for outcome in chosen
        ]
        built = _table((_("claim"), _("sentence"), _("status"), version), (22, 50, 16, 12), rows)
        return [nodes.container("", built, classes=["heapledger-claims-box"])]

    def _verified(self, node: nodes.Element) -> list[nodes.Node]:  # noqa: ARG002
        return [nodes.paragraph("", verified_text(self.domain), classes=["heapledger-verified-with"])]

    def _cell(self, node: nodes.Element) -> list[nodes.Node]:
        entry = self.domain.entries[node["docname"]][node["ordinal"]]
        outcome = self.domain.outcomes.get((node["docname"], node["ordinal"]))
        column = node["column"]
        if column in {"claim", "status"}:
            return self._claims_of(entry, outcome, column)
        line = entry.row.line if entry.row is not None else None
        text = _("not measured") if outcome is None else cell_text(outcome, column, line) or _("not measured")
        if outcome is not None and column == "debug":
            self._mark_row(node, outcome, entry)
        falsified = outcome is not None and outcome.kind is VerdictKind.FALSIFIED
        shown = f"{verdict_mark(VerdictKind.FALSIFIED)}: {text}" if falsified else text
        return [nodes.paragraph("", shown, classes=["heapledger-falsified"] if falsified else [])]

    def _mark_row(self, node: nodes.Element, outcome: SnippetOutcome, entry: Entry) -> None:
        """Give the row the classes that a filter looks for."""
        row = cast("nodes.Element", cast("nodes.Element", node.parent).parent)
        line = entry.row.line if entry.row is not None else None
        texts = {cell_text(outcome, profile, line) for profile in Profile} - {""}
        calls = asks(outcome, line)
        kinds = ["some"] if calls else ["none"] if texts == {_("none")} else []
        kinds += ["differs"] if len(texts) > 1 else []
        kinds += statuses_of(self.domain.claims_of(entry), asks=calls)
        row["classes"] += [f"heapledger-row-{kind}" for kind in kinds]

    def _claims_of(self, entry: Entry, outcome: SnippetOutcome | None, column: str) -> list[nodes.Node]:
        about = self.domain.claims_of(entry)
        if column == "status":
            calls = asks(outcome, entry.row.line if entry.row is not None else None)
            return [nodes.paragraph("", ", ".join(statuses_of(about, asks=calls)))]
        line = nodes.paragraph()
        for index, claim in enumerate(about):
            line += nodes.Text(", " if index else "")
            line += self._link(claim.id, nodes.literal("", claim.id))
        return [line]

    def _note(self, node: nodes.Element) -> list[nodes.Node]:
        outcomes = [self.domain.outcomes.get((node["docname"], ordinal)) for ordinal in node["ordinals"]]
        told = next((one.toolchain for one in outcomes if one is not None and one.toolchain), None)
        alone = _("Each expression is measured alone, as 'let value = EXPRESSION;', and kept alive by black_box.")
        unseen = _("Each expression is measured alone, and nothing looks at its value: the optimizer may remove it.")
        text = unseen if node["elide"] else alone
        entries = [self.domain.entries[node["docname"]][ordinal] for ordinal in node["ordinals"]]
        if any(entry.row is not None and entry.row.setup for entry in entries):
            text += " " + _("What stands after 'after' prepares it on a line of its own, and is not counted.")
        text += f" rustc {told.rustc}, {told.host}." if told is not None else ""
        return [nodes.paragraph("", text, classes=["heapledger-table-note"])]

    def _quote(self, node: nodes.Element) -> list[nodes.Node]:
        text = self.domain.quoted.get(node["path"])
        if text is None:
            return [nodes.emphasis("", f"[{_('not measured')}: {node['path']}]")]
        shown = nodes.inline("", text, classes=["heapledger-value"])
        place = self.domain.place_of("snippet", node["path"].partition(".")[0])
        if place is None:
            return [shown]
        return [make_refnode(self.domain.builder, self.env.docname, *place, shown, f"measured: {node['path']}")]


def verified_text(domain: AllocDomain) -> str:
    """Say what was verified, with which toolchain, and when."""
    session = domain.session
    if session is None or session.toolchain is None:
        return _("These pages were not verified on the machine that built them.")
    told = session.toolchain
    ledgers = sum(profile.ledger is not None for one in session.outcomes for profile in one.profiles)
    claims = domain.claim_outcomes.values()
    verified = sum(outcome.kind is VerdictKind.VERIFIED for outcome in claims)
    return _("%(claims)s verified by %(programs)s in %(runs)s, with %(toolchain)s, on %(date)s.") % {
        "claims": f"{count_text(verified, 'claim')} / {len(claims):,}",
        "programs": count_text(len(session.outcomes), "program"),
        "runs": count_text(ledgers, "run"),
        "toolchain": f"rustc {told.rustc} ({told.commit}), LLVM {told.llvm}, {told.host}",
        "date": domain.date,
    }


def _table(heads: Iterable[str], widths: Iterable[int], rows: Iterable[Iterable[nodes.Node]]) -> nodes.table:
    heads = list(heads)
    built = nodes.table(classes=["heapledger-claims"])
    group = nodes.tgroup(cols=len(heads))
    built += group
    group.extend(nodes.colspec(colwidth=width) for width in widths)
    head = nodes.row()
    head.extend(nodes.entry("", nodes.paragraph("", text)) for text in heads)
    group += nodes.thead("", head)
    body = nodes.tbody()
    for cells in rows:
        row = nodes.row()
        row.extend(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells)
        body += row
    group += body
    return built
