"""Claims to cite: a short address that stays, the fold that says how, and the list of ids that may not vanish."""

from __future__ import annotations

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.util.osutil import relative_uri

from heapledger.messages import _
from heapledger.model import Finding, FindingKind, Location
from heapledger.render.cite import Citation, cite_bibtex, cite_text, redirect_page, report_query
from heapledger.source.problems import MarkupProblem
from heapledger.source.published import lead_to, read_published

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from heapledger.sphinx.domain import AllocDomain

FOLDER = "c"
"""Folder of the short addresses, at the root of the pages."""


class claim_cite(nodes.General, nodes.Element):  # noqa: N801 - docutils names node classes so
    """Stands where the fold goes: ``docname`` and ``ordinal`` tell which claim."""


def address_of(base: str, claim: str) -> str:
    """Return the address of a claim that stays; relative to the root of the pages where ``base`` is empty."""
    return f"{base.rstrip('/')}/{FOLDER}/{claim}.html" if base else f"{FOLDER}/{claim}.html"


def _citation(env: BuildEnvironment, node: nodes.Element) -> Citation:
    domain = cast("AllocDomain", env.get_domain("alloc"))
    claim = domain.claims[node["docname"]][node["ordinal"]].claim
    told = domain.session.toolchain if domain.session is not None else None
    return Citation(
        id=claim.id,
        sentence=claim.sentence,
        status=claim.options.status.value if claim.options.status else "",
        project=env.config.project,
        author=env.config.author,
        toolchain=f"rustc {told.rustc}, {told.host}" if told is not None else "",
        date=domain.date,
        url=address_of(env.config.html_baseurl or "", claim.id),
    )


def _visit(visitor: Any, node: nodes.Element) -> None:
    """Write the fold; where the address is not known at build time, the script completes it from the page's own."""
    if visitor.builder.name == "epub":
        raise nodes.SkipNode
    env = visitor.builder.env
    one = _citation(env, node)
    here = visitor.builder.get_target_uri(node["docname"])
    link = escape(relative_uri(here, f"{FOLDER}/{one.id}.html"))
    open_url = "" if "://" in one.url else f' data-heapledger-url="{escape(one.url)}"'
    parts = [
        _part(_("Text"), cite_text(one)),
        _part("BibTeX", cite_bibtex(one)),
    ]
    links = [
        f'<a class="heapledger-cite-link" href="{link}">{escape(_("Permanent link"))}</a>',
        *_report(env, one, here),
    ]
    visitor.body.append(
        f'<details class="heapledger-cite"{open_url}><summary>{escape(_("Cite"))}'
        f'<span class="heapledger-said"> {escape(one.id)}</span></summary>'
        f"{''.join(parts)}<p>{' · '.join(links)}</p></details>\n"
    )
    raise nodes.SkipNode


def _part(title: str, text: str) -> str:
    return (
        f'<div class="heapledger-cite-part"><p><strong>{escape(title)}</strong> '
        f'<button type="button" class="heapledger-copy" hidden data-heapledger-done="{escape(_("Copied"))}">'
        f'{escape(_("Copy"))}<span class="heapledger-said"> {escape(title)}</span></button></p>'
        f'<pre tabindex="0">{escape(text)}</pre></div>'
    )


def _report(env: BuildEnvironment, one: Citation, here: str) -> Iterator[str]:
    """Links of the project's issues and of its corrections, as far as they are configured."""
    repository = str(env.config.heapledger_repository or os.environ.get("READTHEDOCS_GIT_CLONE_URL", ""))
    corrections = str(env.config.heapledger_corrections)
    query = report_query(one)
    if repository.startswith("https://"):
        url = f"{repository.removesuffix('.git').rstrip('/')}/issues/new?{query}"
        yield f'<a class="heapledger-report" href="{escape(url)}">{escape(_("Report an error"))}</a>'
    if corrections in env.found_docs:
        builder = cast("AllocDomain", env.get_domain("alloc")).builder
        page = escape(relative_uri(here, builder.get_target_uri(corrections)))
        if not repository.startswith("https://"):
            yield f'<a class="heapledger-report" href="{page}?{escape(query)}">{escape(_("Report an error"))}</a>'
        yield f'<a href="{page}">{escape(_("Corrections"))}</a>'


def published_findings(app: Sphinx, domain: AllocDomain) -> tuple[dict[str, str], list[Finding]]:
    """Read the list of published ids, if there is one.

    :return: old id -> claim, and what is wrong with the list.
    """
    name = app.config.heapledger_claim_ids
    if not name:
        return {}, []
    path = Path(app.srcdir) / name
    try:
        published = read_published(path.read_text(encoding="utf-8"))
    except (OSError, MarkupProblem) as problem:
        text = f"heapledger_claim_ids: {problem}"
        return {}, [Finding(kind=FindingKind.CLAIM, location=Location(str(path), None), text=text)]
    found, wrong = lead_to(published, {entry.claim.id for _, entry in domain.all_claims()})
    findings = [Finding(kind=FindingKind.CLAIM, location=Location(str(path), line), text=text) for line, text in wrong]
    return found, findings


def write_short_pages(app: Sphinx, exception: Exception | None) -> None:
    """Write ``c/ID.html`` for every claim and for every id that one had: it leads to the claim."""
    domain = cast("AllocDomain", app.env.get_domain("alloc"))
    entries = list(domain.all_claims())
    if exception is not None or app.builder.format != "html" or app.builder.name == "epub" or not entries:
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    uris = {
        entry.claim.id: (app.builder.get_target_uri(docname), entry.anchor, entry.claim.sentence)
        for docname, entry in entries
    }
    renamed, _findings = published_findings(app, domain)
    for name in (*uris, *renamed):
        uri, anchor, sentence = uris[renamed.get(name, name)]
        target = f"{relative_uri(f'{FOLDER}/{name}.html', uri)}#{anchor}"
        page = redirect_page(escape(target), escape(sentence))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")


def _skip(visitor: Any, node: nodes.Element) -> None:  # noqa: ARG001
    raise nodes.SkipNode


def setup_cite(app: Sphinx) -> None:
    """Register the node and the pages."""
    skipped: dict[str, Any] = dict.fromkeys(("latex", "text", "man", "texinfo"), (_skip, None))
    app.add_node(claim_cite, html=(_visit, None), **skipped)
    app.connect("build-finished", write_short_pages)
