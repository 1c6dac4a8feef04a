"""The post-transform: each placeholder becomes code with facts, a verdict and folds, from the results in the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from heapledger.model import VerdictKind
from heapledger.sphinx.collect import SHOWS_NOTHING
from heapledger.sphinx.nodes import snippet_placeholder
from heapledger.sphinx.page import output_of, snippet_nodes

if TYPE_CHECKING:
    from heapledger.sphinx.domain import AllocDomain


class FillSnippets(SphinxPostTransform):
    """Runs before references are resolved (priority 10), so that ours are resolved too."""

    default_priority = 4  # type: ignore[assignment]

    def run(self, **kwargs: Any) -> None:  # noqa: ARG002 - docutils' signature
        """Replace every placeholder of the document."""
        domain = cast("AllocDomain", self.env.get_domain("alloc"))
        for placeholder in list(self.document.findall(snippet_placeholder)):
            outcome = domain.outcomes.get((placeholder["docname"], placeholder["ordinal"]))
            if outcome is None:
                entry = domain.entries[placeholder["docname"]][placeholder["ordinal"]]
                code = nodes.literal_block("", "\n".join(entry.snippet.code), language="rust")
                unverified = [] if domain.builder.name in SHOWS_NOTHING else [nodes.paragraph("", "not verified")]
                placeholder.replace_self([code, *unverified])
                continue
            if outcome.kind is VerdictKind.FALSIFIED and placeholder.parent is not None:
                placeholder.parent["classes"].append("heapledger-falsified")
            anchor = domain.entries[placeholder["docname"]][placeholder["ordinal"]].anchor
            placeholder.replace_self(snippet_nodes(outcome, output_of(domain.builder), anchor))
