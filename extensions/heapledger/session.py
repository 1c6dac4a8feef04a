"""Snippets in, verdicts out: the whole way of section 3 for callers that have snippets (directive, command, tests)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from packaging.specifiers import InvalidSpecifier

from heapledger.config import Config
from heapledger.engine import snapshot
from heapledger.engine.cache import Cache
from heapledger.engine.history import Asked, remember
from heapledger.engine.plan import Progress, measure_all
from heapledger.engine.task import Surroundings
from heapledger.engine.work import Results
from heapledger.errors import HeapledgerError, ToolchainUnusable
from heapledger.join import join
from heapledger.model import Finding, FindingKind, Location
from heapledger.model_snapshot import SnapshotSet
from heapledger.outcome import Session
from heapledger.prepare import AnyWork, by_document, in_range, prepare
from heapledger.recordings import Recordings
from heapledger.source.snippet import Snippet
from heapledger.toolchain.find import Rustc, find_rustc
from heapledger.unchanged import Unchanged


def evaluate(
    snippets: Iterable[Snippet],
    config: Config,
    *,
    cache: Cache | None = None,
    progress: Progress | None = None,
    recordings: Recordings | None = None,
) -> Session:
    """Measure and judge snippets, all in one plan.

    :param recordings: what steps in where this machine has no rustc, or no debugger.
    """
    snippets = list(snippets)
    store = cache if cache is not None else Cache.from_setting(config.cache)
    rustc, findings, missing = _find(config, store) if snippets else (None, [], "")
    stands_in = recordings.stand_in if recordings is not None and missing else None
    if stands_in is not None:
        findings = []
    around = _around(rustc or stands_in, config)
    unchanged = Unchanged(around, store) if around is not None and rustc is not None else None
    outcomes = unchanged.find(snippets) if unchanged is not None else {}
    prepared = {
        document: [prepare(one, around, config, missing) for one in some]
        for document, some in by_document(snippets).items()
        if document not in outcomes
    }
    works = [work for document in prepared.values() for one in document for work in one.all_work()]
    results = Results()
    if works and rustc is not None:
        try:
            results = measure_all(works, rustc, store, executor=config.executor, progress=progress)
            remember(store, [pair for some in prepared.values() for one in some for pair in one.keys_of_work()])
        except ToolchainUnusable as error:
            findings.append(_toolchain_finding(str(error)))
            missing = str(error)
    refused = _no_snapshots(works, results)
    recorded = recordings.step_in(works, results, missing=bool(missing)) if recordings is not None else 0
    for document, some in prepared.items():
        outcomes[document] = tuple(join(one, rustc or stands_in, results, missing, recordings) for one in some)
        if unchanged is not None:
            unchanged.keep(some, outcomes[document], results)
    in_order = {document: iter(some) for document, some in outcomes.items()}
    told = rustc.toolchain if rustc is not None else stands_in.toolchain if stands_in is not None else None
    new = [outcome for document in prepared for outcome in outcomes[document]]
    untaken = {outcome.snapshots.missing for outcome in new if outcome.snapshots and outcome.snapshots.missing}
    notes = [f"no memory snapshots: {reason}" for reason in sorted(untaken)]
    notes += [store.trouble] if store.trouble else []
    if recorded and told is not None:
        notes.append(
            f"{recorded} results are recorded, of rustc {told.rustc}: {missing or refused or 'there is no debugger'}"
        )
    return Session(
        rustc=rustc,
        outcomes=tuple(next(in_order[snippet.document]) for snippet in snippets),
        findings=tuple(findings),
        notes=tuple(notes),
        fresh=results.fresh,
        missing=missing,
        toolchain=told,
    )


def work_of(
    snippets: Iterable[Snippet], config: Config, cache: Cache
) -> Iterator[tuple[Snippet, list[tuple[Asked, AnyWork]], str]]:
    """Return the work that each snippet needs, or why it needs none. Nothing is measured."""
    rustc, _, missing = _find(config, cache)
    around = _around(rustc, config)
    for snippet in snippets:
        one = prepare(snippet, around, config, missing)
        yield snippet, one.asked(), one.skipped or next((problem.text for problem in one.problems), "")


def _find(config: Config, cache: Cache) -> tuple[Rustc | None, list[Finding], str]:
    """Find the compiler.

    :returns: it, what is to be reported once, and why nothing can be measured, if so.
    """
    try:
        rustc = find_rustc(config.rustc, cache)
    except HeapledgerError as error:
        return None, [_toolchain_finding(str(error))], str(error).split(";")[0].split(". ")[0]
    if not rustc.is_measurable or sys.platform != "linux":
        text = f"programs are measured on x86-64 Linux only; this rustc compiles for {rustc.toolchain.host}"
        return None, [_toolchain_finding(text)], text
    findings = []
    try:
        fits = in_range(rustc.toolchain.rustc, config.toolchain)
    except InvalidSpecifier:
        return (
            rustc,
            [_toolchain_finding(f"heapledger_toolchain = {config.toolchain!r} is not a range of versions")],
            "",
        )
    if not fits:
        findings.append(
            _toolchain_finding(
                f"rustc {rustc.toolchain.rustc} is outside heapledger_toolchain = {config.toolchain!r}; "
                "results may differ from what the documents say"
            )
        )
    return rustc, findings, ""


def _toolchain_finding(text: str) -> Finding:
    return Finding(kind=FindingKind.TOOLCHAIN, location=Location("", None), text=text)


def _around(rustc: Rustc | None, config: Config) -> Surroundings | None:
    return Surroundings(rustc=rustc, config=config) if rustc is not None else None


def _no_snapshots(works: Iterable[AnyWork], results: Results) -> str:
    """Return why no snapshots could be taken, empty where they could."""
    taken = [results.of(work, SnapshotSet) for work in works if isinstance(work, snapshot.SnapshotTask)]
    return next((one.value.missing for one in taken if one and one.value and one.value.missing), "")
