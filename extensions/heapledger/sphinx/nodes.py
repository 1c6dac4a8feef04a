"""Nodes of our own, where the standard ones do not do, with their visitors for every output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

from heapledger.sphinx import html

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class snippet_placeholder(nodes.General, nodes.Element):  # noqa: N801 - docutils names node classes so
    """Stands where the measured snippet goes: ``docname`` and ``ordinal``. The post-transform replaces it."""


class snippet_listing(nodes.General, nodes.Element):  # noqa: N801
    """Code with facts beside its lines, for HTML. Attributes: ``rows`` (a tuple of :class:`Row`) and ``label``."""


class fold(nodes.General, nodes.Element):  # noqa: N801
    """A fold with a ``title``, for HTML."""


def _nothing(visitor: Any, node: nodes.Element) -> None:
    """A node that is replaced before writing, or whose children speak for it."""


def _skip(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    raise nodes.SkipNode


def register_nodes(app: Sphinx) -> None:
    """Add the nodes. Only HTML (and EPUB with it) ever sees listing and fold; the others get standard nodes."""
    other: dict[str, Any] = dict.fromkeys(("latex", "text", "man", "texinfo"), (_skip, None))
    app.add_node(snippet_placeholder, html=(_skip, None), **other)
    app.add_node(snippet_listing, html=(html.visit_listing, None), **other)
    app.add_node(fold, html=(html.visit_fold, html.depart_fold), **other)
