"""The domain ``alloc``: what the documents hold, kept in Sphinx's environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from heapledger.model import Finding, Location
from heapledger.outcome import Session, SnippetOutcome
from heapledger.source.claims import Claim
from heapledger.sphinx.claims import ClaimDirective, ClaimsDirective, VerifiedWithDirective, translated_sentences
from heapledger.sphinx.directive import SnippetDirective
from heapledger.sphinx.index import ClaimIndex
from heapledger.sphinx.layout import LayoutDirective
from heapledger.sphinx.records import ClaimEntry, Entry, Quote, TypedNumber
from heapledger.sphinx.table_files import TableFilterDirective
from heapledger.sphinx.tables import TableDirective
from heapledger.sphinx.values import ValueRole
from heapledger.verify.claims import ClaimOutcome

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from heapledger.toolchain.docs import Docs

BY_DOCUMENT = ("entries", "claims", "quotes", "numbers", "problems", "globals", "downloads")
"""Names of the data that each document adds to."""


class AllocDomain(Domain):
    """Snippets, claims and quotes by document; what they came to while a build runs."""

    name = "alloc"
    label = "heapledger"
    object_types: ClassVar[dict[str, ObjType]] = {
        "snippet": ObjType("snippet", "snippet"),
        "claim": ObjType("claim", "claim"),
    }
    directives: ClassVar[dict[str, Any]] = {
        "snippet": SnippetDirective,
        "claim": ClaimDirective,
        "claims": ClaimsDirective,
        "layout": LayoutDirective,
        "table": TableDirective,
        "table-filter": TableFilterDirective,
        "verified-with": VerifiedWithDirective,
    }
    roles: ClassVar[dict[str, Any]] = {
        "snippet": XRefRole(warn_dangling=True),
        "claim": XRefRole(innernodeclass=nodes.literal, warn_dangling=True),
        "value": ValueRole(),
    }
    indices: ClassVar[list[Any]] = [ClaimIndex]
    initial_data: ClassVar[dict[str, Any]] = {name: {} for name in (*BY_DOCUMENT, "signatures")}
    data_version = 2
    dangling_warnings: ClassVar[dict[str, str]] = {
        "claim": "there is no claim %(target)r",
        "snippet": "there is no snippet %(target)r",
    }

    def __init__(self, env: BuildEnvironment) -> None:
        """Make it; what follows is of one build, set once reading is done, and inherited by write workers."""
        super().__init__(env)
        self.builder: Builder
        """What writes; set when Sphinx has made it."""
        self.session: Session | None = None
        self.outcomes: dict[tuple[str, int], SnippetOutcome] = {}
        """By document and ordinal."""
        self.by_id: dict[str, SnippetOutcome] = {}
        self.claim_outcomes: dict[tuple[str, int], ClaimOutcome] = {}
        """By document and position among its claims."""
        self.quoted: dict[str, str] = {}
        """Text of each quoted path that could be resolved."""
        self.findings: list[Finding] = []
        """What is wrong with claims, quotes, tables and typed numbers."""
        self.docs: Docs | None = None
        self.date = ""

    @property
    def entries(self) -> dict[str, list[Entry]]:
        """Snippets of each document, in order."""
        entries: dict[str, list[Entry]] = self.data["entries"]
        return entries

    @property
    def claims(self) -> dict[str, list[ClaimEntry]]:
        """Claims of each document, in order."""
        claims: dict[str, list[ClaimEntry]] = self.data["claims"]
        return claims

    @property
    def quotes(self) -> dict[str, list[Quote]]:
        """Measured numbers that each document quotes."""
        quotes: dict[str, list[Quote]] = self.data["quotes"]
        return quotes

    @property
    def numbers(self) -> dict[str, list[TypedNumber]]:
        """Numbers that somebody typed into each document."""
        numbers: dict[str, list[TypedNumber]] = self.data["numbers"]
        return numbers

    @property
    def problems(self) -> dict[str, list[tuple[Location, str]]]:
        """What is wrong with tables of each document."""
        problems: dict[str, list[tuple[Location, str]]] = self.data["problems"]
        return problems

    @property
    def signatures(self) -> dict[str, str]:
        """What each document showed when it was last built: keys and verdicts, hashed."""
        signatures: dict[str, str] = self.data["signatures"]
        return signatures

    def note_snippet(self, docname: str, entry: Entry) -> int:
        """Add a snippet and return its ordinal in the document, from 0."""
        entries = self.entries.setdefault(docname, [])
        entries.append(entry)
        return len(entries) - 1

    def note_claim(self, docname: str, claim: Claim) -> ClaimEntry:
        """Add a claim and return it with its place on the page."""
        entries = self.claims.setdefault(docname, [])
        taken = {entry.anchor for entry in entries}
        anchor = f"claim-{claim.id.removeprefix('claim-')}"
        ordinal = len(entries)
        entry = ClaimEntry(claim, ordinal, anchor if anchor not in taken else f"{anchor}-{ordinal + 1}")
        entries.append(entry)
        return entry

    def note_quote(self, docname: str, quote: Quote) -> None:
        """Add a number that a document quotes."""
        self.quotes.setdefault(docname, []).append(quote)

    def note_number(self, docname: str, number: TypedNumber) -> None:
        """Add a number that somebody typed."""
        self.numbers.setdefault(docname, []).append(number)

    def note_problems(self, docname: str, problems: Iterable[tuple[Location, str]]) -> None:
        """Add what is wrong with a table."""
        self.problems.setdefault(docname, []).extend(problems)

    def note_global(self, docname: str) -> None:
        """Remember that a document shows results of the whole project."""
        self.data["globals"][docname] = True

    def next_ordinal(self, docname: str) -> int:
        """Ordinal, from 1, that the next snippet of a document will have."""
        return len(self.entries.get(docname, [])) + 1

    def default_id(self, docname: str, claim: str | None) -> str:
        """Id of a snippet without one: its claim's (then ``-2``, ``-3``), elsewhere the document's and its ordinal."""
        if claim:
            taken = {entry.snippet.id for entry in self.entries.get(docname, [])}
            names = (claim if number == 1 else f"{claim}-{number}" for number in range(1, len(taken) + 2))
            return next(name for name in names if name not in taken)
        name = re.sub(r"[^a-z0-9]+", "-", docname.lower()).strip("-")
        return f"{name if name[:1].isalpha() else 'page-' + name}-{self.next_ordinal(docname)}"

    def all_entries(self) -> Iterator[tuple[str, int, Entry]]:
        """Every snippet as (document, ordinal, entry), in a stable order."""
        for docname in sorted(self.entries):
            for ordinal, entry in enumerate(self.entries[docname]):
                yield docname, ordinal, entry

    def all_claims(self) -> Iterator[tuple[str, ClaimEntry]]:
        """Every claim with its document, in a stable order."""
        for docname in sorted(self.claims):
            for entry in self.claims[docname]:
                yield docname, entry

    def claim_outcome(self, docname: str, ordinal: int) -> ClaimOutcome | None:
        """What a claim came to, or None where nothing is judged: a builder that shows nothing."""
        return self.claim_outcomes.get((docname, ordinal))

    def process_doc(self, env: BuildEnvironment, docname: str, document: nodes.document) -> None:  # noqa: ARG002
        """Take the sentences of claims as the page has them where it is translated: lists and tooltips quote them."""
        claims = self.claims.get(docname, [])
        for ordinal, (entry, sentence) in enumerate(zip(claims, translated_sentences(document, claims), strict=True)):
            if sentence:
                claims[ordinal] = replace(entry, claim=replace(entry.claim, sentence=sentence))

    def clear_doc(self, docname: str) -> None:
        """Forget a document that is read again or gone."""
        for name in BY_DOCUMENT:
            self.data[name].pop(docname, None)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel reader found."""
        for docname in docnames:
            for name in BY_DOCUMENT:
                if docname in otherdata[name]:
                    self.data[name][docname] = otherdata[name][docname]

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """What ``objects.inv`` lists."""
        for docname, _, entry in self.all_entries():
            yield entry.snippet.id, entry.snippet.id, "snippet", docname, entry.anchor, 1
        for docname, claim in self.all_claims():
            yield claim.claim.id, claim.claim.id, "claim", docname, claim.anchor, 1

    def place_of(self, kind: str, target: str) -> tuple[str, str] | None:
        """Document and anchor of a snippet or a claim."""
        if kind == "snippet":
            return next(
                ((doc, entry.anchor) for doc, _, entry in self.all_entries() if entry.snippet.id == target), None
            )
        return next(((doc, entry.anchor) for doc, entry in self.all_claims() if entry.claim.id == target), None)

    def sentence_of(self, claim: str) -> str:
        """Sentence of a claim, empty where there is none of that id."""
        return next((entry.claim.sentence for _, entry in self.all_claims() if entry.claim.id == claim), "")

    def claims_of(self, entry: Entry) -> list[Claim]:
        """Claims that a row of a table proves, then those that it names itself."""
        proved = [one.claim for one in self.claim_outcomes.values() if entry.snippet.id in one.claim.evidence]
        known = {claim.claim.id: claim.claim for _, claim in self.all_claims()}
        named = [known[name] for name in (entry.row.claims if entry.row is not None else ()) if name in known]
        return list({claim.id: claim for claim in (*proved, *named)}.values())

    def resolve_xref(
        self,
        env: BuildEnvironment,  # noqa: ARG002
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,  # noqa: ARG002
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """Resolve ``{alloc:snippet}`` and ``{alloc:claim}`` to their places; a claim's sentence is the tooltip."""
        place = self.place_of(typ, target) if typ in self.object_types else None
        if place is None:
            return None
        title = self.sentence_of(target) if typ == "claim" else target
        return make_refnode(builder, fromdocname, *place, contnode, title)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Resolve ``{any}``."""
        found = []
        for kind in self.object_types:
            reference = self.resolve_xref(env, fromdocname, builder, kind, target, node, contnode)
            if reference is not None:
                found.append((f"alloc:{kind}", reference))
        return found
