"""After measuring: claims against their evidence, quotes against the ledgers, typed numbers; reported each build."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sphinx.util import logging

from heapledger.model import Finding, FindingKind, Location, Profile
from heapledger.source.problems import MarkupProblem, nearest
from heapledger.sphinx.warn import shown_path, warn
from heapledger.toolchain.docs import Docs
from heapledger.verify.claims import judge_claim
from heapledger.verify.values import quote

if TYPE_CHECKING:
    from heapledger.sphinx.domain import AllocDomain

LOGGER = logging.getLogger(__name__)


def judge(domain: AllocDomain, profiles: Sequence[Profile], published: Sequence[Finding] = ()) -> None:
    """Judge and report everything of the domain that rests on outcomes of snippets.

    :param published: what is wrong with the list of published claims.
    """
    domain.date = build_date()
    session = domain.session
    if session is not None and session.toolchain is not None:
        domain.docs = Docs(session.toolchain.rustc, session.rustc.sysroot if session.rustc is not None else "")
    domain.findings = [
        *_judge_claims(domain, profiles),
        *_resolve_quotes(domain),
        *_table_problems(domain),
        *_typed_numbers(domain),
        *published,
    ]
    for finding in domain.findings:
        warn(finding)


def build_date() -> str:
    """Return the day of the build, or of SOURCE_DATE_EPOCH where it is set, as in ``2026-11-25``."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    return moment.date().isoformat()


def _judge_claims(domain: AllocDomain, profiles: Sequence[Profile]) -> Iterator[Finding]:
    claims = [entry.claim for _, entry in domain.all_claims()]
    sources = [claim for claim in claims if claim.options.source]
    if sources and domain.docs is not None and not domain.docs.installed:
        LOGGER.info(
            "heapledger: the component rust-docs is not installed; %d sources of claims are taken unchecked",
            len(sources),
        )
    places: dict[str, Location] = {}
    for docname, entry in domain.all_claims():
        claim = entry.claim
        first = places.setdefault(claim.id, claim.location)
        trouble = domain.docs.problem(claim.options.source) if claim.options.source and domain.docs else ""
        if first != claim.location:
            twice = (claim.location, f"the id stands already at {shown_path(first)}")
            claim = replace(claim, problems=(*claim.problems, twice))
        outcome = judge_claim(claim, domain.by_id, profiles, trouble)
        domain.claim_outcomes[docname, entry.ordinal] = outcome
        yield from outcome.findings


def _resolve_quotes(domain: AllocDomain) -> Iterator[Finding]:
    for quotes in domain.quotes.values():
        for one in quotes:
            try:
                text = quote(one.path, domain.by_id)
            except MarkupProblem as problem:
                yield Finding(kind=FindingKind.VALUE, location=one.location, text=f"{{alloc:value}}: {problem}")
                continue
            if text is not None:
                domain.quoted[one.path] = text


def _table_problems(domain: AllocDomain) -> Iterator[Finding]:
    for problems in domain.problems.values():
        for location, text in problems:
            yield Finding(kind=FindingKind.OPTION, location=location, text=text)
    known = {entry.claim.id for _, entry in domain.all_claims()}
    for _, _, entry in domain.all_entries():
        for name in entry.row.claims if entry.row is not None else ():
            if name not in known:
                text = f"the row names a claim that is not there: '{name}'{nearest(name, known)}"
                yield Finding(kind=FindingKind.CLAIM, location=entry.snippet.location, text=text)


def _typed_numbers(domain: AllocDomain) -> Iterator[Finding]:
    for numbers in domain.numbers.values():
        for number in numbers:
            text = f"'{number.text}' was typed by hand; quote a measured number with the role {{alloc:value}}"
            yield Finding(kind=FindingKind.NUMBER, location=number.location, text=text)
