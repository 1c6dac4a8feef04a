"""Diagrams in pages: real ``sphinxcontrib.mermaid`` nodes, drawn before pages are written.

``env-updated`` draws every diagram that the snippets show (in worker processes; unchanged ones come from the cache),
the post-transform inserts nodes, the visitors write what was drawn. Nodes of others are left to sphinxcontrib-mermaid,
unless ``heapledger_draw_mermaid`` is ``"all"``. How to add a diagram of another kind: :mod:`heapledger.render.mermaid`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from docutils import nodes
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinxcontrib.mermaid import install_js, mermaid

from heapledger.engine.cache import Cache
from heapledger.engine.draw import Drawn, PictureJob, Renderer, draw_all, find_renderer
from heapledger.messages import _
from heapledger.model import FindingKind, Ledger
from heapledger.render.mermaid.choose import memory_pictures, pictures
from heapledger.render.mermaid.diagram import Diagram, Table, picture_key
from heapledger.render.mermaid.packet import layout_pictures
from heapledger.render.mermaid.palette import config, foreign_config
from heapledger.source.snippet import Snippet
from heapledger.sphinx import mermaid_visitors as visitors
from heapledger.sphinx import parts
from heapledger.sphinx.warn import shown_path

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from heapledger.sphinx.domain import AllocDomain

LOGGER = logging.getLogger(__name__)

DRAWING_FORMATS = frozenset({"html", "latex"})
"""Formats of builders that show pictures; EPUB's is ``html``."""

_DRAWN: WeakKeyDictionary[Builder, dict[str, Drawn]] = WeakKeyDictionary()
"""Pictures of the running build; the processes that write pages inherit it."""


def drawn_picture(builder: Builder, key: str) -> Drawn | None:
    """Return a picture of this build, or None where it is not drawn."""
    found = _DRAWN.get(builder, {}).get(key)
    return found if found is not None and not found.error else None


def snippet_pictures(snippet: Snippet, ledger: Ledger | None, *, html: bool) -> list[nodes.Node]:
    """Return the nodes of all diagrams that a snippet shows in one profile, and notes on those that cannot be."""
    found = pictures(snippet, ledger)
    made: list[nodes.Node] = [nodes.paragraph("", note, classes=["heapledger-diagram-note"]) for note in found.notes]
    for diagram in found.diagrams:
        made += diagram_nodes(diagram, html=html)
    return made


def diagram_nodes(diagram: Diagram, *, html: bool) -> list[nodes.Node]:
    """Return a diagram with its title, the sentence that says the same, its source and its table."""
    picture = mermaid("", code=diagram.source, options={}, alt=diagram.description)
    picture["heapledger_key"] = diagram.key
    picture["heapledger_title"] = diagram.title
    box = nodes.container(classes=["heapledger-diagram", f"heapledger-diagram-{diagram.kind}"])
    box += nodes.paragraph("", diagram.title, classes=["heapledger-diagram-title"])
    box += picture if html else nodes.paragraph("", "", picture)
    box += nodes.paragraph("", diagram.description, classes=["heapledger-diagram-text"])
    if diagram.left_out:
        box += nodes.paragraph("", diagram.left_out, classes=["heapledger-diagram-left-out"])
    if diagram.table is not None:
        table = table_nodes(diagram.table)
        box += parts.fold(_("The same as a table"), table) if html else table
    if html:
        source = nodes.literal_block("", diagram.source.rstrip(), language="none")
        fold = parts.fold(_("Mermaid source of this diagram"), source)
        fold["web_only"] = True
        box += fold
    return [box]


def table_nodes(table: Table) -> nodes.table:
    """Return a table of facts."""
    header, rows, widths = table.header, table.rows, table.widths
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(header))
    group += nodes.thead("", _row(header))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=["heapledger-diagram-table"])


def _row(cells: tuple[str, ...]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture that a document shows."""

    job: PictureJob
    docname: str
    place: str
    """File and line, for a warning."""
    shown: str
    """What a message calls it."""


def wanted(app: Sphinx, env: BuildEnvironment) -> Iterator[Wanted]:
    """Collect every picture of every document."""
    domain = cast("AllocDomain", env.get_domain("alloc"))
    for (docname, _ordinal), outcome in sorted(domain.outcomes.items(), key=lambda item: item[0]):
        snippet = outcome.snippet
        for profile in outcome.profiles:
            for diagram in pictures(snippet, profile.ledger).diagrams:
                place = shown_path(snippet.option_place("show"))
                yield Wanted(_job(diagram), docname, place, f"{snippet.id} [{profile.profile.value}]")
        for diagram in memory_pictures(snippet, outcome.snapshots).diagrams:
            place = shown_path(snippet.place_of(snippet.memory[0].line))
            yield Wanted(_job(diagram), docname, place, snippet.id)
        for diagram in layout_pictures(outcome):
            yield Wanted(_job(diagram), docname, shown_path(snippet.option_place("show")), snippet.id)
    if app.config.heapledger_draw_mermaid == "all":
        for docname, found in sorted(handwritten(env).items()):
            for source, alt, place in found:
                job = PictureJob(
                    key=picture_key("", source), source=source, config=foreign_config(), title=alt, own=False
                )
                yield Wanted(job, docname, place, "hand-written Mermaid")


def _job(diagram: Diagram) -> PictureJob:
    return PictureJob(
        key=diagram.key,
        source=diagram.source,
        config=config(diagram.kind, diagram.width),
        title=diagram.title,
        description=diagram.description,
    )


def on_env_updated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Draw what pages will show, report what cannot be drawn, and return the documents whose pictures changed."""
    _DRAWN.pop(app.builder, None)
    if app.builder.format not in DRAWING_FORMATS:
        return []
    found = list(wanted(app, env))
    renderer = find_renderer() if found else None
    drawn: dict[str, Drawn] = {}
    if renderer is not None:
        drawn = _draw(app, found, renderer)
    elif found:
        instead = "drawn in the browser" if visitors.has_local_mermaid(app) else "shown as their source"
        text = "%d diagrams are %s; to draw them while building, install heapledger[diagrams]"
        LOGGER.info(f"heapledger: {text}", len({one.job.key for one in found}), instead)
    _DRAWN[app.builder] = drawn
    return _changed(env, found, drawn)


def _draw(app: Sphinx, found: list[Wanted], renderer: Renderer) -> dict[str, Drawn]:
    jobs = {one.job.key: one.job for one in found}
    cache = Cache.from_setting(app.config.heapledger_cache)
    for_printing = app.builder.format == "latex"
    drawn, fresh = draw_all(list(jobs.values()), cache, renderer, for_printing=for_printing)
    LOGGER.info("heapledger: %d diagrams, %d drawn now", len(jobs), fresh)
    reported = set()
    for one in found:
        error = drawn[one.job.key].error
        if error and (one.place, one.job.key) not in reported:
            reported.add((one.place, one.job.key))
            text = f"a diagram of {one.shown} cannot be drawn: {error}\n     = the page shows its source and table"
            LOGGER.warning(
                "%s", text, type="heapledger", subtype=FindingKind.DIAGRAM.value, location=one.place or one.docname
            )
    return drawn


def _changed(env: BuildEnvironment, found: list[Wanted], drawn: dict[str, Drawn]) -> list[str]:
    digests: dict[str, Any] = {}
    for one in found:
        state = drawn.get(one.job.key)
        text = f"{one.job.key} {'-' if state is None else state.error or 'drawn'}\0"
        digests.setdefault(one.docname, hashlib.sha256()).update(text.encode())
    now = {docname: digest.hexdigest() for docname, digest in digests.items()}
    before: dict[str, str] = getattr(env, "heapledger_pictures", {})
    env.heapledger_pictures = now  # type: ignore[attr-defined]
    return [
        docname
        for docname in {**before, **now}
        if before.get(docname) != now.get(docname) and docname in env.found_docs
    ]


def handwritten(env: BuildEnvironment) -> dict[str, list[tuple[str, str, str]]]:
    """Return the Mermaid of each document that its author wrote: source, alternative text, place."""
    found: dict[str, list[tuple[str, str, str]]] = getattr(env, "heapledger_handwritten", {})
    return found


class HandwrittenMermaid(EnvironmentCollector):
    """Notes the Mermaid that authors wrote: our own nodes come after reading."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:  # noqa: ARG002
        """Forget a document."""
        handwritten(env).pop(docname, None)

    def merge_other(self, app: Sphinx, env: BuildEnvironment, docnames: Set[str], other: BuildEnvironment) -> None:  # noqa: ARG002
        """Take over what a parallel reader found."""
        for docname in docnames:
            if docname in handwritten(other):
                self._note(env, docname, handwritten(other)[docname])

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Note what a document holds."""
        found = [(node["code"], node.get("alt", ""), _place(node)) for node in doctree.findall(mermaid)]
        if found:
            self._note(app.env, app.env.current_document.docname, found)

    def _note(self, env: BuildEnvironment, docname: str, found: list[tuple[str, str, str]]) -> None:
        env.heapledger_handwritten = {**handwritten(env), docname: found}  # type: ignore[attr-defined]


def _place(node: nodes.Node | None) -> str:
    while node is not None:
        if node.source and node.line:
            return f"{node.source}:{node.line}"
        node = node.parent
    return ""


class ShowSource(SphinxPostTransform):
    """Outputs without folds show the source of a diagram of ours that could not be drawn; HTML has it in a fold."""

    default_priority = 5  # type: ignore[assignment]
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:  # noqa: ARG002 - docutils' signature
        """Put the source beside the picture's place."""
        builder = cast("AllocDomain", self.env.get_domain("alloc")).builder
        for node in list(self.document.findall(mermaid)):
            key = node.get("heapledger_key")
            if key is not None and drawn_picture(builder, key) is None and node.parent.parent is not None:
                source = nodes.literal_block("", node["code"].rstrip(), language="none")
                node.parent.replace_self(source)


def on_builder_inited(app: Sphinx) -> None:
    """Keep sphinxcontrib-mermaid from loading a script into pages on which nothing is left for it to draw."""
    listeners = app.events.listeners["html-page-context"]
    for listener in [one for one in listeners if one.handler is install_js]:
        app.disconnect(listener.id)
        app.connect("html-page-context", _install_js, priority=listener.priority)


def _install_js(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None:
        needed = any(
            visitors.left_to_browser(app.builder, {"code": source})
            for found in handwritten(app.env).values()
            for source, *_rest in found
        )
    else:
        needed = any(visitors.left_to_browser(app.builder, node.attributes) for node in doctree.findall(mermaid))
    if needed:
        install_js(app, pagename, templatename, context, doctree)


def setup_mermaid(app: Sphinx) -> None:
    """Register everything; after ``sphinxcontrib.mermaid`` and after the handler that measures."""
    visitors.register(app)
    app.add_env_collector(HandwrittenMermaid)
    app.add_post_transform(ShowSource)
    app.connect("builder-inited", on_builder_inited)
    app.connect("env-updated", on_env_updated)
