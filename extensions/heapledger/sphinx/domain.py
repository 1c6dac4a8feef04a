"""The domain ``alloc``: what the documents hold, kept in Sphinx's environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from heapledger.session import Session, SnippetOutcome
from heapledger.source.snippet import Snippet
from heapledger.sphinx.directive import SnippetDirective

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment


@dataclass(frozen=True, slots=True)
class Entry:
    """A snippet at its place in a document."""

    snippet: Snippet
    anchor: str
    """Id of the element on the page."""


class AllocDomain(Domain):
    """Snippets by document and order; their outcomes while a build runs."""

    name = "alloc"
    label = "heapledger"
    object_types: ClassVar[dict[str, ObjType]] = {"snippet": ObjType("snippet", "snippet")}
    directives: ClassVar[dict[str, Any]] = {"snippet": SnippetDirective}
    roles: ClassVar[dict[str, Any]] = {"snippet": XRefRole(warn_dangling=True)}
    initial_data: ClassVar[dict[str, Any]] = {"entries": {}, "signatures": {}}
    data_version = 1

    session: Session | None = None
    """Outcomes of this build, set once reading is done; write workers inherit it."""
    outcomes: ClassVar[dict[tuple[str, int], SnippetOutcome]] = {}

    @property
    def entries(self) -> dict[str, list[Entry]]:
        """Snippets of each document, in order."""
        entries: dict[str, list[Entry]] = self.data["entries"]
        return entries

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

    def next_ordinal(self, docname: str) -> int:
        """Ordinal, from 1, that the next snippet of a document will have."""
        return len(self.entries.get(docname, [])) + 1

    def all_entries(self) -> Iterator[tuple[str, int, Entry]]:
        """Every snippet as (document, ordinal, entry), in a stable order."""
        for docname in sorted(self.entries):
            for ordinal, entry in enumerate(self.entries[docname]):
                yield docname, ordinal, entry

    def clear_doc(self, docname: str) -> None:
        """Forget a document that is read again or gone."""
        self.entries.pop(docname, None)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel reader found."""
        for docname in docnames:
            if docname in otherdata["entries"]:
                self.entries[docname] = otherdata["entries"][docname]

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """What ``objects.inv`` lists."""
        for docname, _, entry in self.all_entries():
            yield entry.snippet.id, entry.snippet.id, "snippet", docname, entry.anchor, 1

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
        """Resolve ``{alloc:snippet}`` to the snippet's place."""
        if typ != "snippet":
            return None
        for docname, _, entry in self.all_entries():
            if entry.snippet.id == target:
                return make_refnode(builder, fromdocname, docname, entry.anchor, contnode, target)
        return None

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
        found = self.resolve_xref(env, fromdocname, builder, "snippet", target, node, contnode)
        return [("alloc:snippet", found)] if found is not None else []
