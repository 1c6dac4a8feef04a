"""``{alloc:snippet}``: from the fence's source text to a snippet in the domain and a placeholder in the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from heapledger.source.options import parse_options, split_options
from heapledger.source.problems import MarkupProblem
from heapledger.source.regions import RegionProblem, read_file
from heapledger.source.snippet import IncludedSource, Snippet, read_body
from heapledger.sphinx.body import read_directive
from heapledger.sphinx.nodes import snippet_placeholder
from heapledger.sphinx.records import Entry

if TYPE_CHECKING:
    from docutils.nodes import Node

    from heapledger.sphinx.domain import AllocDomain

CURRENT_CLAIM = "heapledger_claim"
"""Key of the environment's temporary data: id of the claim that is being read; its snippets are named after it."""


class SnippetDirective(SphinxDirective):
    """One piece of Rust that the build measures.

    It declares no options to docutils: MyST would split and change them. The body comes from the source text itself.
    """

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, object]] = {}  # type: ignore[assignment, misc]

    def run(self) -> list[Node]:
        """Note the snippet and leave its place in the page."""
        domain = cast("AllocDomain", self.env.get_domain("alloc"))
        snippet = self._read(domain)
        taken = {entry.anchor for entry in domain.entries.get(self.env.docname, [])}
        anchor = f"snippet-{snippet.id}"
        if anchor in taken:
            anchor = f"{anchor}-{domain.next_ordinal(self.env.docname)}"
        caption, messages = self._caption(snippet)
        title = caption.astext() if caption is not None else ""
        ordinal = domain.note_snippet(self.env.docname, Entry(snippet, anchor, title=title))
        container = nodes.container(classes=["heapledger-snippet", *snippet.options.classes], ids=[anchor])
        if snippet.options.name:
            container["names"].append(nodes.fully_normalize_name(snippet.options.name))
        self.set_source_info(container)
        self.state.document.note_explicit_target(container, container)
        if caption is not None:
            container += [caption, *messages]
        placeholder = snippet_placeholder(docname=self.env.docname, ordinal=ordinal)
        self.set_source_info(placeholder)
        container += placeholder
        return [container]

    def _caption(self, snippet: Snippet) -> tuple[nodes.paragraph | None, list[nodes.system_message]]:
        text = snippet.options.caption
        if not text:
            return None, []
        inline, messages = self.state.inline_text(text, self.lineno)
        caption = nodes.paragraph(text, "", *inline, classes=["heapledger-caption"])
        self.set_source_info(caption)  # without it, translators would not find the caption
        return caption, messages

    def _read(self, domain: AllocDomain) -> Snippet:
        body = read_directive(self)
        included, trouble = self._included(body.lines)
        snippet = read_body(
            body=body.lines,
            places=body.places,
            snippet_id=body.argument or domain.default_id(self.env.docname, self.env.temp_data.get(CURRENT_CLAIM)),
            document=self.env.docname,
            location=body.location,
            included=included,
            trouble=trouble,
        )
        return replace(snippet, problems=body.problems + snippet.problems) if body.problems else snippet

    def _included(self, body: list[str]) -> tuple[IncludedSource | None, tuple[str, str] | None]:
        """Return the text that ``:file:`` names, or the option at fault and why nothing could be read."""
        options, _ = parse_options(split_options(body)[0])
        if options.file is None:
            return None, None
        root = snippets_folder(Path(self.env.srcdir), self.config.heapledger_snippets)
        path = root / options.file
        self.env.note_dependency(str(path))
        try:
            return read_file(root, options.file, options.region), None
        except MarkupProblem as problem:
            option = "region" if isinstance(problem, RegionProblem) else "file"
            return IncludedSource(lines=(), places=(), outside=frozenset()), (option, str(problem))


def snippets_folder(srcdir: Path, setting: str) -> Path:
    """Return the folder that ``:file:`` starts from."""
    if setting:
        return srcdir / setting
    inside = srcdir / "rust_snippets"
    return inside if inside.is_dir() else srcdir.parent / "rust_snippets"
