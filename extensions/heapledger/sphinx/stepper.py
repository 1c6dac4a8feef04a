"""Snapshots of memory on a page: one picture, or several to step through.

Without JavaScript, in print, PDF and EPUB the steps are a numbered sequence; ``heapledger-stepper.js`` shows one of
them at a time and marks its line in the code.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes

from heapledger.messages import _
from heapledger.outcome import SnippetOutcome
from heapledger.render.mermaid.choose import memory_pictures
from heapledger.sphinx.mermaid import diagram_nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

CSS, SCRIPT = "heapledger-stepper.css", "heapledger-stepper.js"


class stepper(nodes.General, nodes.Element):  # noqa: N801 - docutils names node classes so
    """Several steps, for HTML. Attribute ``label``: its name for screen readers."""


class step(nodes.General, nodes.Element):  # noqa: N801
    """One of them, for HTML. Attributes: ``line`` of the code, ``label``."""


def memory_nodes(outcome: SnippetOutcome, *, html: bool) -> list[nodes.Node]:
    """Return the pictures of all snapshots of a snippet, and notes on those that cannot be."""
    found = memory_pictures(outcome.snippet, outcome.snapshots)
    made: list[nodes.Node] = [nodes.paragraph("", note, classes=["heapledger-diagram-note"]) for note in found.notes]
    if outcome.snapshots is None or not found.diagrams:
        return made
    if outcome.recorded_with is not None:
        told = (
            _("This memory is recorded, with rustc %s; the build could not look for itself.")
            % outcome.recorded_with.rustc
        )
        made.append(nodes.paragraph("", told, classes=["heapledger-diagram-note"]))
    steps = [
        (snapshot.line, diagram.title, diagram_nodes(diagram, html=html))
        for snapshot, diagram in zip(outcome.snapshots.snapshots, found.diagrams, strict=True)
    ]
    if not html:
        return [*made, *(node for _line, _title, content in steps for node in content)]
    box = stepper("", label=f"Memory of {outcome.snippet.id}, {len(steps)} steps")
    for line, title, content in steps:
        box += step("", *content, line=line, label=title)
    return [*made, box]


def visit_stepper(visitor: Any, node: nodes.Element) -> None:
    """Open the box."""
    visitor.body.append(f'<div class="heapledger-stepper" role="group" aria-label="{escape(node["label"])}">\n')


def visit_step(visitor: Any, node: nodes.Element) -> None:
    """Open a step."""
    visitor.body.append(
        f'<div class="heapledger-step" role="group" data-line="{node["line"]}" aria-label="{escape(node["label"])}">\n'
    )


def depart(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001 - docutils' signature
    """Close either."""
    visitor.body.append("</div>\n")


def _skip(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    raise nodes.SkipNode


def setup_stepper(app: Sphinx) -> None:
    """Register nodes and assets. Readers of e-books run no scripts."""
    other: dict[str, Any] = dict.fromkeys(("latex", "text", "man", "texinfo"), (_skip, None))
    app.add_node(stepper, html=(visit_stepper, depart), **other)
    app.add_node(step, html=(visit_step, depart), **other)
    app.connect("builder-inited", _add_assets)


def _add_assets(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.add_css_file(CSS)
        if app.builder.name != "epub":
            app.add_js_file(SCRIPT, loading_method="defer")
