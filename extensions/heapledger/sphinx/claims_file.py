"""``claims.json`` beside the pages: every claim with what it came to, for machines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from heapledger.verify.claims import claims_file

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from heapledger.sphinx.domain import AllocDomain

NAME = "claims.json"


def on_build_finished(app: Sphinx, exception: Exception | None) -> None:
    """Write the file where pages were written and the project has claims; a book holds only what its list names."""
    domain = cast("AllocDomain", app.env.get_domain("alloc"))
    if exception is not None or app.builder.format != "html" or app.builder.name == "epub" or not domain.claim_outcomes:
        return
    urls = {
        entry.claim.id: f"{app.builder.get_target_uri(docname)}#{entry.anchor}"
        for docname, entry in domain.all_claims()
    }
    content = claims_file(domain.claim_outcomes.values(), urls, domain.date)
    text = msgspec.json.format(msgspec.json.encode(content), indent=1)
    (Path(app.outdir) / NAME).write_bytes(text + b"\n")
