"""Nodes of claims, tables and quotes: places that the post-transform fills, and the fold of a claim's evidence."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class claim_head(nodes.General, nodes.Element):  # noqa: N801 - docutils names node classes so
    """Stands where a claim's status, verdict and id go: ``docname`` and ``ordinal`` tell which."""


class claim_list(nodes.General, nodes.Element):  # noqa: N801
    """Stands where a list of claims goes: ``chapter`` and ``status`` choose, empty for all."""


class verified_with(nodes.General, nodes.Element):  # noqa: N801
    """Stands where toolchains, counts and date go."""


class measured_cell(nodes.General, nodes.Element):  # noqa: N801
    """One cell of a table: ``docname``, ``ordinal`` and ``column``."""


class table_note(nodes.General, nodes.Element):  # noqa: N801
    """The line under a table that says what it holds for: ``elide``."""


class quoted_value(nodes.Inline, nodes.Element):  # noqa: N801
    """A measured number in prose: ``path`` and ``docname``."""


class evidence(nodes.General, nodes.Element):  # noqa: N801
    """The fold of a claim's proof: ``title``, and ``open`` where something in it is false."""


def _skip(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    raise nodes.SkipNode


def _nothing(visitor: Any, node: nodes.Element) -> None:
    """The children speak for the node."""


def _open_evidence(visitor: Any, node: nodes.Element) -> None:
    if visitor.builder.name == "epub":
        visitor.body.append(f'<div class="heapledger-evidence"><p><strong>{escape(node["title"])}</strong></p>\n')
        return
    opened = " open" if node.get("open") else ""
    visitor.body.append(f'<details class="heapledger-evidence"{opened}><summary>{escape(node["title"])}</summary>\n')


def _close_evidence(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    visitor.body.append("</div>\n" if visitor.builder.name == "epub" else "</details>\n")


def register_claim_nodes(app: Sphinx) -> None:
    """Add the nodes with visitors for every output."""
    outputs = ("html", "latex", "text", "man", "texinfo")
    for placeholder in (claim_head, claim_list, verified_with, measured_cell, table_note, quoted_value):
        skipped: dict[str, Any] = dict.fromkeys(outputs, (_skip, None))
        app.add_node(placeholder, **skipped)
    plain: dict[str, Any] = dict.fromkeys(outputs[1:], (_nothing, _nothing))
    app.add_node(evidence, html=(_open_evidence, _close_evidence), **plain)
