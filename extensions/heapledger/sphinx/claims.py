"""``{alloc:claim}``, ``{alloc:claims}`` and ``{alloc:verified-with}``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import index
from sphinx.util.docutils import SphinxDirective

from heapledger.model import Location
from heapledger.source.claims import ID, Claim, Status, read_claim_options
from heapledger.source.index_names import index_entry, index_names
from heapledger.source.options import split_options
from heapledger.source.tables import slug
from heapledger.sphinx.body import Body, is_rst, read_directive
from heapledger.sphinx.cite import claim_cite
from heapledger.sphinx.claim_nodes import claim_head, claim_list, evidence, verified_with
from heapledger.sphinx.directive import CURRENT_CLAIM
from heapledger.sphinx.records import ClaimEntry

if TYPE_CHECKING:
    from docutils.nodes import Node
    from docutils.statemachine import StringList

    from heapledger.sphinx.domain import AllocDomain


class ClaimDirective(SphinxDirective):
    """A sentence with a stable id, its status, and the evidence folded under it."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, object]] = {}  # type: ignore[assignment, misc]

    def run(self) -> list[Node]:
        """Read the claim with everything in it, and note it in the domain."""
        domain = cast("AllocDomain", self.env.get_domain("alloc"))
        docname = self.env.docname
        body = read_directive(self)
        options, _, problems = read_claim_options(body.lines, body.places, body.location)
        claim_id = self._id(body, problems)
        first = len(domain.entries.get(docname, []))
        parsed = self._parse(claim_id)
        inside = [entry.snippet.id for entry in domain.entries.get(docname, [])[first:]]
        sentence = next((child for child in parsed.children if isinstance(child, nodes.paragraph)), None)
        if sentence is None:
            problems.append((body.location, "a claim begins with its sentence"))
        else:
            parsed.remove(sentence)
            sentence["classes"].append("heapledger-sentence")
        claim = Claim(
            id=claim_id,
            sentence=" ".join(sentence.astext().split()) if sentence is not None else "",
            document=docname,
            location=body.location,
            options=options,
            evidence=tuple(dict.fromkeys([*inside, *options.evidence])),
            problems=tuple(problems),
        )
        entry = domain.note_claim(docname, claim)
        return [_index(entry, sentence), self._card(entry, sentence, parsed)]

    def _id(self, body: Body, problems: list[tuple[Location, str]]) -> str:
        if ID.fullmatch(body.argument) is not None:
            return body.argument
        problems.append((body.location, f"a claim needs an id that matches [a-z][a-z0-9-]*, found '{body.argument}'"))
        return f"claim-{slug(body.argument)}"

    def _parse(self, claim_id: str) -> nodes.Element:
        lines = list(self.content)
        blank = next((index for index, line in enumerate(lines) if line.strip()), 0)
        _, start, _ = split_options(lines[blank:])
        start = 0 if is_rst(self.block_text) else start + blank
        content: StringList = self.content[start:]
        parsed = nodes.container()
        before = self.env.temp_data.get(CURRENT_CLAIM)
        self.env.temp_data[CURRENT_CLAIM] = claim_id
        try:
            self.state.nested_parse(content, self.content_offset + start, parsed)
        finally:
            self.env.temp_data[CURRENT_CLAIM] = before
        return parsed

    def _card(self, entry: ClaimEntry, sentence: nodes.paragraph | None, rest: nodes.Element) -> nodes.container:
        claim = entry.claim
        status = claim.options.status.value if claim.options.status else "unknown"
        card = nodes.container(
            classes=["heapledger-claim", f"heapledger-status-{status}", *claim.options.classes], ids=[entry.anchor]
        )
        self.set_source_info(card)
        self.state.document.note_explicit_target(card, card)
        if sentence is not None:
            card += sentence
        head = claim_head(docname=claim.document, ordinal=entry.ordinal)
        self.set_source_info(head)
        card += head
        if rest.children:
            fold = evidence(title="Evidence", docname=claim.document, ordinal=entry.ordinal)
            fold += rest.children
            card += fold
        card += claim_cite(docname=claim.document, ordinal=entry.ordinal)
        return card


def _index(entry: ClaimEntry, sentence: nodes.paragraph | None) -> index:
    """Every type, function and macro of the sentence leads to the claim from the general index."""
    codes = [code.astext() for code in sentence.findall(nodes.literal)] if sentence is not None else []
    names = dict.fromkeys(name for code in codes for name in index_names(code))
    return index(entries=[(*index_entry(name), entry.anchor, "", None) for name in names])


def translated_sentences(document: nodes.document, claims: Iterable[ClaimEntry]) -> Iterator[str]:
    """Yield the sentence of each claim in the language of the page, empty where it is not translated."""
    cards = {name: card for card in document.findall(nodes.container) for name in card["ids"]}
    for entry in claims:
        card = cards.get(entry.anchor)
        first = next(iter(card.findall(nodes.paragraph)), None) if card is not None else None
        yield " ".join(first.astext().split()) if first is not None and first.get("translated") else ""


def _status(value: str) -> str:
    if value not in set(Status):
        raise ValueError(f"'{value}' is not one of {', '.join(Status)}")
    return value


class ClaimsDirective(SphinxDirective):
    """A list of claims, of a chapter (a folder of documents) or a status, or all."""

    option_spec: ClassVar[dict[str, object]] = {  # type: ignore[assignment, misc]
        "chapter": directives.unchanged,
        "status": _status,
    }

    def run(self) -> list[Node]:
        """Leave a place for the list."""
        placeholder = claim_list(chapter=self.options.get("chapter", ""), status=self.options.get("status", ""))
        self.set_source_info(placeholder)
        cast("AllocDomain", self.env.get_domain("alloc")).note_global(self.env.docname)
        return [placeholder]


class VerifiedWithDirective(SphinxDirective):
    """The toolchains that the pages were verified with, how many results, and when."""

    def run(self) -> list[Node]:
        """Leave a place for the line."""
        placeholder = verified_with()
        self.set_source_info(placeholder)
        cast("AllocDomain", self.env.get_domain("alloc")).note_global(self.env.docname)
        return [placeholder]
