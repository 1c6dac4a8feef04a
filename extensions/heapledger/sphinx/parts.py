"""Parts that pages are made of: badges, folds, verdict lines, tabs. Snippets, claims and tables share them."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes
from sphinx_design.shared import create_component

from heapledger.model import VerdictKind
from heapledger.render.view import VerdictLine, verdict_mark
from heapledger.sphinx.nodes import fold as fold_node

SYNC_GROUP = "heapledger-profile"
"""Tabs of debug and release move together on a page; no other extension's tabs do."""


def badge(text: str, kind: str) -> nodes.inline:
    """Make a small label.

    :param kind: ``verified``, ``falsified``, ``measured``, ``skipped``, or a claim's status; names the CSS class.
    """
    return nodes.inline("", text, classes=["heapledger-badge", f"heapledger-{kind}"])


def verdict_badge(kind: VerdictKind) -> nodes.inline:
    """Make the badge of a verdict: ``✓ verified``."""
    return badge(verdict_mark(kind), kind.value)


def fold(title: str, *content: nodes.Node, opened: bool = False) -> nodes.Element:
    """Make a fold: ``<details>`` in HTML, a plain section elsewhere."""
    return fold_node("", *content, title=title, open=opened)


def verdict_line(line: VerdictLine) -> nodes.paragraph:
    """Make the line under the code: verdict, counts, compiler and target."""
    paragraph = nodes.paragraph("", "", classes=["heapledger-verdict", f"heapledger-{line.kind.value}"])
    paragraph += nodes.strong("", line.mark)
    for kind, text in line.parts:
        paragraph += nodes.Text(" · ")
        paragraph += nodes.inline("", text, classes=[f"heapledger-{kind}"]) if kind else nodes.Text(text)
    return paragraph


def sequence(
    views: Sequence[tuple[str, str, list[nodes.Node]]], *, tabs: bool, selected: str | None = None
) -> list[nodes.Node]:
    """Set (key, label, content) side by side as tabs of sphinx-design, or one after the other under their labels.

    :param selected: key of the tab that is open at first; else the first one is.
    """
    if not tabs:
        found: list[nodes.Node] = []
        for _key, label, content in views:
            found += [nodes.paragraph("", "", nodes.strong("", label), classes=["heapledger-profile"]), *content]
        return found
    items = [_tab(key, label, content, selected=key == selected) for key, label, content in views]
    return [create_component("tab-set", classes=["sd-tab-set", "heapledger-tabs"], children=items)]


def _tab(key: str, label: str, content: list[nodes.Node], *, selected: bool) -> nodes.container:
    title = nodes.rubric("", label, classes=["sd-tab-label"], sync_group=SYNC_GROUP, sync_id=key)
    panel = create_component("tab-content", classes=["sd-tab-content"], children=content)
    return create_component("tab-item", classes=["sd-tab-item"], children=[title, panel], selected=selected)
