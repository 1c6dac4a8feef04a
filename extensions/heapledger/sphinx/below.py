"""Layouts and machine code on a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docutils import nodes

from heapledger.model_below import Code, Layout
from heapledger.render.assembly import listing, summary
from heapledger.render.flags import flag_notes
from heapledger.render.layout import layout_views, parts_of, sentences
from heapledger.render.mermaid.packet import layout_diagrams, layout_table
from heapledger.session import SnippetOutcome
from heapledger.sphinx.mermaid import diagram_nodes, table_nodes


def below_nodes(outcome: SnippetOutcome, *, html: bool) -> list[nodes.Node]:
    """Return the layouts and the machine code that a snippet shows, profiles together where they agree."""
    found: list[nodes.Node] = []
    notes = flag_notes(outcome.program) if outcome.program is not None else ()
    if notes:
        found.append(nodes.paragraph("", " ".join(notes), classes=["heapledger-flags"]))
    for views in layout_views(outcome):
        for profile, layout in views:
            found += layout_nodes(profile, layout, html=html)
    for function, codes in _codes(outcome):
        found += _code_nodes(function, codes)
    return found


def layout_nodes(profile: str, layout: Layout, *, html: bool) -> list[nodes.Node]:
    """Return one layout: its name, a sentence, the picture and the table."""
    box = nodes.container(classes=["heapledger-layout"])
    head = nodes.paragraph("", "", classes=["heapledger-layout-title"])
    head += nodes.strong("", "", nodes.literal("", layout.asked))
    head += nodes.Text(f" ({profile})")
    box += head
    if layout.trouble:
        box += nodes.paragraph("", layout.trouble)
        return [box]
    box += nodes.paragraph("", " ".join(sentences(layout)), classes=["heapledger-layout-text"])
    diagrams = layout_diagrams(layout)
    for diagram in diagrams:
        box += diagram_nodes(diagram, html=html)
    if not diagrams and any(part.spans for part in parts_of(layout)):
        box += table_nodes(layout_table(layout))
    return [box]


def _codes(outcome: SnippetOutcome) -> Iterator[tuple[str, list[tuple[str, Code]]]]:
    images = [(one.profile.value, one.below.image) for one in outcome.profiles if one.below.image is not None]
    if images:
        for index, code in enumerate(images[0][1].codes):
            yield code.function, [(profile, image.codes[index]) for profile, image in images]


def _code_nodes(function: str, codes: Sequence[tuple[str, Code]]) -> list[nodes.Node]:
    views: list[tuple[str, list[nodes.Node]]] = []
    for profile, code in codes:
        content: list[nodes.Node] = [nodes.paragraph("", summary(code), classes=["heapledger-code-note"])]
        if code.lines:
            content.append(nodes.literal_block("", listing(code), language="nasm", classes=["heapledger-assembly"]))
        views.append((profile, content))
    box = nodes.container(classes=["heapledger-machine-code"])
    head = nodes.paragraph("", "", classes=["heapledger-layout-title"])
    head += [nodes.strong("", "", nodes.Text("Machine code of "), nodes.literal("", function))]
    box += head
    for profile, content in views:
        box += [nodes.paragraph("", "", nodes.strong("", profile), classes=["heapledger-profile"]), *content]
    return [box]
