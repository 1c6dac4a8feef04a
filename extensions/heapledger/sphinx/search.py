"""Claims in Sphinx's search: a question finds the sentences that answer it, though it is worded otherwise.

Sphinx looks for pages that have every word of a query. A question has words that no answer has, so the search page gets
the claims with what stands around them, and a script that ranks them by the words that are rare.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from heapledger.sphinx.domain import AllocDomain

_SCRIPT = "heapledger-search.js"


def setup_search(app: Sphinx) -> None:
    """Give the search page what it needs."""
    app.connect("html-page-context", _on_page)


def _on_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:  # noqa: ARG001
    if pagename != "search":
        return
    claims = [record for docname in _documents(app) for record in _claims_of(app, docname)]
    if not claims:
        return
    text = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    app.add_js_file(None, body=f"globalThis.heapledgerClaims={text};")
    app.add_js_file(_SCRIPT)


def _documents(app: Sphinx) -> list[str]:
    domain = cast("AllocDomain", app.env.get_domain("alloc"))
    return sorted(docname for docname, claims in domain.claims.items() if claims)


def _claims_of(app: Sphinx, docname: str) -> list[dict[str, str]]:
    """Each claim of a document with its sentence, its headings and the words that its author added."""
    domain = cast("AllocDomain", app.env.get_domain("alloc"))
    document = app.env.get_doctree(docname)
    page = app.env.titles[docname].astext() if docname in app.env.titles else docname
    cards = {name: card for card in document.findall(nodes.container) for name in card["ids"]}
    found = []
    for entry in domain.claims[docname]:
        card = cards.get(entry.anchor)
        found.append(
            {
                "document": docname,
                "anchor": entry.anchor,
                "id": entry.claim.id,
                "sentence": entry.claim.sentence,
                "section": _heading(card) if card is not None else "",
                "page": page,
                "keywords": entry.claim.options.keywords,
            }
        )
    return found


def _heading(card: nodes.Node) -> str:
    """Headings that a claim stands under, the page's own left out."""
    titles = []
    node: nodes.Node | None = card.parent
    while node is not None:
        if isinstance(node, nodes.section) and isinstance(node[0], nodes.title):
            titles.append(node[0].astext())
        node = node.parent
    return " ".join(titles[:-1])
