"""After reading: every snippet of every page in one plan, findings as warnings, and which pages changed."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from docutils import nodes
from sphinx.errors import ConfigError
from sphinx.util import logging

from heapledger.config import OPTIONS, Config, from_values
from heapledger.errors import HeapledgerError
from heapledger.model import Finding, FindingKind, Location, Provenance, VerdictKind
from heapledger.outcome import Session, SnippetOutcome
from heapledger.prepare import skip_reason
from heapledger.recordings import load
from heapledger.session import evaluate
from heapledger.source.snippet import Snippet
from heapledger.sphinx.cite import published_findings
from heapledger.sphinx.judge import judge
from heapledger.sphinx.warn import shown_path, warn

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config as SphinxConfig
    from sphinx.domains.std import StandardDomain
    from sphinx.environment import BuildEnvironment

    from heapledger.sphinx.domain import AllocDomain

LOGGER = logging.getLogger(__name__)

SHOWS_NOTHING = frozenset({"gettext", "linkcheck", "dummy", "changes"})
"""Builders whose output has no measured results: they start no process."""


def on_config_inited(app: Sphinx, config: SphinxConfig) -> None:
    """Refuse wrong settings before anything is read."""
    del app
    read_config(config)


def read_config(config: SphinxConfig) -> Config:
    """Return our settings of a ``conf.py``.

    :raises ConfigError: with the option and what it may be.
    """
    try:
        return from_values({option.name: config[option.name] for option in OPTIONS})
    except ValueError as error:
        raise ConfigError(str(error)) from error


def on_env_updated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Measure, report, and return the documents whose results changed.

    Findings are reported on every build, also where nothing was read: a second ``-W`` build must not pass by luck.
    """
    domain = cast("AllocDomain", env.get_domain("alloc"))
    _name_captions(domain, cast("StandardDomain", env.get_domain("std")))
    if app.builder.name in SHOWS_NOTHING:
        return []
    entries = list(domain.all_entries())
    _report_duplicates(entries_by_id(domain))
    domain.session = None
    domain.outcomes, domain.by_id, domain.claim_outcomes, domain.quoted, domain.findings = {}, {}, {}, {}, []
    session = _evaluate(app, [entry.snippet for _, _, entry in entries])
    if session is None:
        return []
    domain.session = session if entries else None
    for (docname, ordinal, _), outcome in zip(entries, session.outcomes, strict=True):
        domain.outcomes[docname, ordinal] = outcome
        domain.by_id.setdefault(outcome.snippet.id, outcome)
    if entries:
        _report(session, app.config.heapledger_require)
    judge(domain, read_config(app.config).profiles, published_findings(app, domain)[1])
    return _changed(domain)


def entries_by_id(domain: AllocDomain) -> dict[str, list[Snippet]]:
    """Group the snippets of all documents by id."""
    groups: dict[str, list[Snippet]] = {}
    for _, _, entry in domain.all_entries():
        groups.setdefault(entry.snippet.id, []).append(entry.snippet)
    return groups


def _evaluate(app: Sphinx, snippets: list[Snippet]) -> Session | None:
    config = read_config(app.config)

    def progress(done: int, total: int) -> None:
        if done == total or done % max(1, total // 20) == 0:
            LOGGER.info("\rmeasuring snippets... %d of %d", done, total, nonl=done < total)

    on_terminal = sys.stdout.isatty()  # carriage returns would only clutter a log

    try:
        if snippets:
            LOGGER.info("verifying %d snippets", len(snippets))
        recordings = load(ledgers_folder(app))
        return evaluate(snippets, config, progress=progress if on_terminal else None, recordings=recordings)
    except HeapledgerError as error:
        LOGGER.warning("%s", error, type="heapledger", subtype=FindingKind.TOOLCHAIN.value)
        return None


def _report(session: Session, require: str) -> None:
    for note in session.notes:
        LOGGER.info("heapledger: %s", note)
    if session.rustc is not None:
        told = session.rustc.toolchain
        LOGGER.info("heapledger: rustc %s, %s; %d results measured now", told.rustc, told.host, session.fresh)
    for finding in session.findings:
        warn(finding, None)
    for outcome in session.outcomes:
        for finding in outcome.findings:
            warn(finding, outcome.snippet)
        for text in _missing(outcome, session, require):
            place = outcome.snippet.location
            finding = Finding(kind=FindingKind.TOOLCHAIN, location=place, text=text, snippet=outcome.snippet.id)
            warn(finding, outcome.snippet)


def _missing(outcome: SnippetOutcome, session: Session, require: str) -> Iterator[str]:
    """What is wrong with a snippet that was not measured now."""
    reason = next((profile.verdict.reason for profile in outcome.profiles if profile.verdict.reason), "")
    skipped = outcome.kind is VerdictKind.SKIPPED
    if session.rustc is None and session.toolchain is not None and skipped:
        if skip_reason(outcome.snippet, session.toolchain):
            return  # recording it does not help
        yield f"it has no recording, or was edited since: {reason}; write one with 'heapledger record'"
    if require != "verified":
        return
    if skipped and session.rustc is not None:
        yield f"heapledger_require is 'verified', but the snippet was skipped: {reason}"
    if any(profile.provenance is Provenance.RECORDED for profile in outcome.profiles):
        yield f"heapledger_require is 'verified', but its results are recorded: {session.missing}"


def ledgers_folder(app: Sphinx) -> Path:
    """Return the folder of the recordings."""
    return Path(app.srcdir) / (app.config.heapledger_ledgers or "ledgers")


def _report_duplicates(groups: dict[str, list[Snippet]]) -> None:
    for snippet_id, snippets in groups.items():
        for other in snippets[1:]:
            first = shown_path(snippets[0].location)
            text = f"the snippet id '{snippet_id}' stands already at {first}"
            warn(Finding(kind=FindingKind.OPTION, location=other.location, text=text), None)


def _name_captions(domain: AllocDomain, std: StandardDomain) -> None:
    """Give each ``:name:`` its caption as the title that ``{ref}`` shows; the first of several pages has the name."""
    taken: dict[str, tuple[str, Location]] = {}
    for docname, _, entry in domain.all_entries():
        options = entry.snippet.options
        if options.name is None:
            continue
        name = nodes.fully_normalize_name(options.name)
        place = entry.snippet.option_place("name")
        other = taken.setdefault(name, (docname, place))
        if other[0] != docname:
            text = f"the name '{name}' stands already at {shown_path(other[1])}"
            warn(Finding(kind=FindingKind.OPTION, location=place, text=text), None)
        elif other[1] == place:
            std.anonlabels[name] = docname, entry.anchor
            if entry.title:
                std.labels[name] = docname, entry.anchor, entry.title


def _changed(domain: AllocDomain) -> list[str]:
    """Return the documents whose results differ from those of the last build."""
    shown = {docname: _shown(domain, docname) for docname in sorted({*domain.entries, *domain.claims, *domain.quotes})}
    everything = "".join(shown.values())
    for docname in domain.data["globals"]:
        shown[docname] = shown.get(docname, "") + everything
    signatures = {docname: hashlib.sha256(text.encode()).hexdigest() for docname, text in shown.items()}
    changed = [docname for docname, signature in signatures.items() if domain.signatures.get(docname) != signature]
    domain.data["signatures"] = signatures
    return changed


def _shown(domain: AllocDomain, docname: str) -> str:
    """All that a document shows of results: keys, verdicts, quoted numbers, verdicts of claims."""
    parts = []
    for ordinal in range(len(domain.entries.get(docname, ()))):
        outcome = domain.outcomes[docname, ordinal]
        parts.append(f"{outcome.kind.value} {outcome.snapshot_key} {outcome.recorded_with is not None}")
        parts += [f"{one.key} {one.verdict.kind.value} {one.verdict.reason}" for one in outcome.profiles]
    for entry in domain.claims.get(docname, ()):
        judged = domain.claim_outcomes[docname, entry.ordinal]
        parts += [judged.kind.value, *(f"{one.snippet.id} {one.kind.value}" for one in judged.evidence)]
    parts += [domain.quoted.get(one.path, "?") for one in domain.quotes.get(docname, ())]
    return "\0".join(parts)
