"""Layouts and machine code on a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docutils import nodes

from heapledger.messages import _
from heapledger.model_below import Code, Layout
from heapledger.outcome import SnippetOutcome
from heapledger.render.answers import answer_texts, opened
from heapledger.render.assembly import listing, summary
from heapledger.render.flags import flag_notes
from heapledger.render.layout import layout_views, parts_of, sentences
from heapledger.render.mermaid.packet import layout_diagrams, layout_table
from heapledger.sphinx import parts
from heapledger.sphinx.mermaid import diagram_nodes, table_nodes

MOST_IN_LINE = 3
"""More answers than this become a list."""


def below_nodes(outcome: SnippetOutcome, *, html: bool, tabs: bool) -> list[nodes.Node]:
    """Return the layouts and the machine code that a snippet shows, profiles together where they agree.

    :param tabs: whether readers choose a profile; elsewhere both stand one after the other.
    """
    found: list[nodes.Node] = []
    notes = flag_notes(outcome.program) if outcome.program is not None else ()
    if notes:
        found.append(nodes.paragraph("", " ".join(notes), classes=["heapledger-flags"]))
    found += _answers(outcome)
    for views in layout_views(outcome):
        for profile, layout in views:
            found += layout_nodes(profile, layout, html=html)
    for function, codes in _codes(outcome):
        found += _code_nodes(function, codes, opened(outcome, function), tabs=tabs)
    return found


def _answers(outcome: SnippetOutcome) -> list[nodes.Node]:
    """What the questions of ``:expect:`` came to: proof that a reader can see."""
    facts = answer_texts(outcome)
    if not facts:
        return []
    line = nodes.paragraph("", _("Measured:") + " ", classes=["heapledger-answers"])
    if len(facts) > MOST_IN_LINE:
        items = [nodes.list_item("", nodes.paragraph("", "", *_answer(*fact))) for fact in facts]
        return [line, nodes.bullet_list("", *items, bullet="*", classes=["heapledger-answers"])]
    for index, (question, value) in enumerate(facts):
        line += [nodes.Text("; " if index else ""), *_answer(question, value)]
    return [line]


def _answer(question: str, value: str) -> list[nodes.Node]:
    return [nodes.literal("", question), nodes.Text(f": {value}")]


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


def _code_nodes(function: str, codes: Sequence[tuple[str, Code]], first: str | None, *, tabs: bool) -> list[nodes.Node]:
    views: list[tuple[str, str, list[nodes.Node]]] = []
    for profile, code in codes:
        content: list[nodes.Node] = [nodes.paragraph("", summary(code), classes=["heapledger-code-note"])]
        if code.lines:
            text = listing(code)
            content.append(nodes.literal_block(text, text, language="none", classes=["heapledger-assembly"]))
        views.append((profile, profile, content))
    box = nodes.container(classes=["heapledger-machine-code"])
    head = nodes.paragraph("", "", classes=["heapledger-layout-title"])
    head += nodes.strong("", "", nodes.Text(_("Machine code of") + " "), nodes.literal("", function))
    box += head
    box += parts.sequence(views, tabs=tabs and len(views) > 1, selected=first)
    return [box]
