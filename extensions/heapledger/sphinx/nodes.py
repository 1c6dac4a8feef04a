"""Nodes of our own, where the standard ones do not do, with their visitors for every output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

from heapledger.sphinx import html, latex, text

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class snippet_placeholder(nodes.General, nodes.Element):  # noqa: N801 - docutils names node classes so
    """Stands where the measured snippet goes: ``docname`` and ``ordinal``. The post-transform replaces it."""


class snippet_head(nodes.General, nodes.Element):  # noqa: N801
    """The id of a snippet as a link to itself, and the button that copies: ``anchor``, ``title``. HTML only."""


class snippet_listing(nodes.General, nodes.Element):  # noqa: N801
    """Code with facts beside its lines.

    Attributes: ``rows`` (a tuple of :class:`heapledger.render.listing.Row`), ``peak`` (bytes, 0 for no strip) and
    ``label`` (what the listing is, for screen readers).
    """


class fold(nodes.General, nodes.Element):  # noqa: N801
    """Something that readers open when they want it: ``title``, ``open``, ``web_only``. In books it is open."""


class paper_anchor(nodes.General, nodes.Inline, nodes.Element):  # noqa: N801
    """A place that links go to, in LaTeX, whose writer leaves out ids of containers: ``names``."""


def _skip(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    raise nodes.SkipNode


def register_nodes(app: Sphinx) -> None:
    """Add the nodes with a visitor for every output."""
    plain = ("latex", "text", "man", "texinfo")
    nowhere: dict[str, Any] = dict.fromkeys(plain, (_skip, None))
    app.add_node(snippet_placeholder, html=(_skip, None), **nowhere)
    app.add_node(snippet_head, html=(html.visit_head, None), **nowhere)
    listings: dict[str, Any] = dict.fromkeys(plain, (text.visit_listing, None))
    listings["latex"] = (latex.visit_listing, None)
    app.add_node(snippet_listing, html=(html.visit_listing, None), **listings)
    app.add_node(paper_anchor, latex=(latex.visit_anchor, None))
    folds: dict[str, Any] = dict.fromkeys(plain, (text.visit_fold, text.depart_fold))
    folds["latex"] = (latex.visit_fold, latex.depart_fold)
    app.add_node(fold, html=(html.visit_fold, html.depart_fold), **folds)
