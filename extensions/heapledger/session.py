"""Snippets in, verdicts out: the whole way of section 3 for callers that have snippets (directive, command, tests)."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from heapledger.config import Config
from heapledger.engine import snapshot
from heapledger.engine.cache import Cache
from heapledger.engine.history import Asked, remember
from heapledger.engine.image import ImageWork, make_image_work
from heapledger.engine.plan import Progress, load_known, measure_all
from heapledger.engine.probe import ProbeWork, make_probe_work
from heapledger.engine.task import Surroundings, Task, make_task
from heapledger.engine.work import Result, Results
from heapledger.errors import HeapledgerError, ToolchainUnusable
from heapledger.model import (
    ExitKind,
    Finding,
    FindingKind,
    Ledger,
    Location,
    Profile,
    Provenance,
    Verdict,
    VerdictKind,
)
from heapledger.model_below import Image, Probe
from heapledger.model_snapshot import SnapshotSet
from heapledger.outcome import ProfileOutcome, Session, SnippetOutcome
from heapledger.recordings import KINDS as RECORDED_KINDS
from heapledger.recordings import Recordable, Recordings, kind_of_work
from heapledger.source.program import Program, build_program
from heapledger.source.snippet import Snippet
from heapledger.toolchain.find import Rustc, find_rustc
from heapledger.verify.below import Below, questions_of
from heapledger.verify.compare import verify

AnyWork = Task | ImageWork | ProbeWork | snapshot.SnapshotTask
"""Every kind of work that a snippet may need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileWork:
    """All work of a snippet in one profile, of every kind."""

    task: Task
    image: ImageWork | None = None
    probe: ProbeWork | None = None

    def __iter__(self) -> Iterator[Task | ImageWork | ProbeWork]:
        """Every unit of work, for the plan."""
        yield self.task
        if self.image is not None:
            yield self.image
        if self.probe is not None:
            yield self.probe

    @property
    def key(self) -> str:
        """Keys of all of it."""
        return " ".join(work.key for work in self)


@dataclass(slots=True)
class _Prepared:
    snippet: Snippet
    program: Program | None = None
    problems: list[Finding] = field(default_factory=list)
    skipped: str = ""
    work: list[ProfileWork] = field(default_factory=list)
    snapshots: snapshot.SnapshotTask | None = None

    def all_work(self) -> list[AnyWork]:
        """Every unit of work, for the plan."""
        found: list[Task | ImageWork | ProbeWork | snapshot.SnapshotTask] = [
            work for in_profile in self.work for work in in_profile
        ]
        return found if self.snapshots is None else [*found, self.snapshots]

    def asked(self) -> list[tuple[Asked, AnyWork]]:
        """Every unit of work with what it is for."""
        place = self.snippet.location.file, self.snippet.id
        return [((*place, profile_of(work).value, kind_of_work(work)), work) for work in self.all_work()]


def evaluate(
    snippets: Iterable[Snippet],
    config: Config,
    *,
    cache: Cache | None = None,
    progress: Progress | None = None,
    known_only: bool = False,
    recordings: Recordings | None = None,
) -> Session:
    """Measure and judge snippets, all in one plan.

    :param known_only: take what the cache has and start no compiler.
    :param recordings: what steps in where this machine has no rustc, or no debugger.
    """
    snippets = list(snippets)
    store = cache if cache is not None else Cache.from_setting(config.cache)
    rustc, findings, missing = _find(config, store) if snippets else (None, [], "")
    stands_in = recordings.stand_in if recordings is not None and missing else None
    if stands_in is not None:
        findings = []
    around = _around(rustc or stands_in, config)
    prepared = [_prepare(snippet, around, config, missing) for snippet in snippets]
    works = [work for one in prepared for work in one.all_work()]
    results = Results()
    if works and rustc is not None:
        try:
            if known_only:
                results = load_known(works, store)
            else:
                results = measure_all(works, rustc, store, executor=config.executor, progress=progress)
                remember(store, [pair for one in prepared for pair in one.asked()])
        except ToolchainUnusable as error:
            findings.append(_toolchain_finding(str(error)))
            missing = str(error)
    refused = _no_snapshots(works, results)
    recorded = recordings.step_in(works, results, missing=bool(missing)) if recordings is not None else 0
    outcomes = tuple(_judge(one, rustc or stands_in, results, missing, recordings) for one in prepared)
    untaken = {outcome.snapshots.missing for outcome in outcomes if outcome.snapshots and outcome.snapshots.missing}
    notes = [f"no memory snapshots: {reason}" for reason in sorted(untaken)]
    notes += [store.trouble] if store.trouble else []
    told = rustc.toolchain if rustc is not None else stands_in.toolchain if stands_in is not None else None
    if recorded and told is not None:
        notes.append(
            f"{recorded} results are recorded, of rustc {told.rustc}: {missing or refused or 'there is no debugger'}"
        )
    return Session(
        rustc=rustc,
        outcomes=outcomes,
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
        one = _prepare(snippet, around, config, missing)
        yield snippet, one.asked(), one.skipped or next((problem.text for problem in one.problems), "")


def profile_of(work: AnyWork) -> Profile:
    """Return the profile of a unit of work."""
    return work.profile if isinstance(work, Task) else work.task.profile


def in_range(version: str, wanted: str) -> bool:
    """Whether a rustc version lies in a range; a nightly counts as its release."""
    return not wanted or SpecifierSet(wanted).contains(version.split("-", maxsplit=1)[0], prereleases=True)


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


def _prepare(snippet: Snippet, around: Surroundings | None, config: Config, missing: str) -> _Prepared:
    one = _Prepared(snippet)
    for location, text in snippet.problems:
        one.problems.append(Finding(kind=FindingKind.OPTION, location=location, text=text, snippet=snippet.id))
    if one.problems:
        return one
    program, wrong = build_program(snippet)
    one.program = program
    for line, text in wrong:
        place = snippet.location if snippet.options.file else snippet.place_of(line)  # a region hides, not the file
        one.problems.append(Finding(kind=FindingKind.SOURCE, location=place, text=text, snippet=snippet.id))
    if one.problems:
        return one
    if around is None:
        one.skipped = missing
        return one
    one.skipped = _skip_reason(snippet, around.rustc)
    if one.skipped:
        return one
    options = snippet.options
    run = not options.no_run and options.fails is None
    for profile in profiles_of(snippet, config.profiles):
        task = make_task(program, profile, around, run=run, timeout=options.timeout)
        image, probe = _image_work(snippet, task, around), _probe_work(snippet, task, around)
        one.work.append(ProfileWork(task=task, image=image, probe=probe))
    if snippet.memory and run:
        one.snapshots = snapshot.make_snapshot_task(
            program, snippet.memory, around, timeout=options.timeout, max_items=options.max_items
        )
    return one


def _image_work(snippet: Snippet, task: Task, around: Surroundings) -> ImageWork | None:
    """Return the questions about machine code, if the snippet asks any."""
    questions = tuple(one for one in questions_of(snippet, task.profile) if not one.is_for_probe)
    codes = snippet.options.codes
    return make_image_work(task, questions, codes, around) if questions or codes else None


def _probe_work(snippet: Snippet, task: Task, around: Surroundings) -> ProbeWork | None:
    """Return the questions about types, if the snippet asks any."""
    questions = tuple(one for one in questions_of(snippet, task.profile) if one.is_for_probe)
    layouts = tuple(dict.fromkeys([*snippet.options.layouts, *(asked.type for asked in snippet.layouts)]))
    return make_probe_work(task, questions, layouts, around) if questions or layouts else None


def profiles_of(snippet: Snippet, default: Sequence[Profile]) -> tuple[Profile, ...]:
    """Return the profiles to measure; what must not compile is asked once, unless the author names profiles."""
    if snippet.options.profiles is not None:
        return snippet.options.profiles
    return tuple(default[:1] if snippet.options.fails is not None else default)


def _skip_reason(snippet: Snippet, rustc: Rustc) -> str:
    wanted, targets = snippet.options.toolchain, snippet.options.targets
    if wanted is not None and not in_range(rustc.toolchain.rustc, wanted):
        return f"it is for rustc {wanted}, and this one is {rustc.toolchain.rustc}"
    if targets and not any(fnmatch.fnmatchcase(rustc.toolchain.host, target) for target in targets):
        return f"it is for {', '.join(targets)}, and this machine is {rustc.toolchain.host}"
    return ""


def _no_snapshots(works: Iterable[AnyWork], results: Results) -> str:
    """Return why no snapshots could be taken, empty where they could."""
    taken = [results.of(work, SnapshotSet) for work in works if isinstance(work, snapshot.SnapshotTask)]
    return next((one.value.missing for one in taken if one and one.value and one.value.missing), "")


def _judge(
    one: _Prepared, rustc: Rustc | None, results: Results, missing: str, recordings: Recordings | None
) -> SnippetOutcome:
    reason = one.skipped or missing
    profiles = [_join(one.snippet, work, results, reason) for work in one.work]
    taken = results.of(one.snapshots, SnapshotSet) if one.snapshots is not None else None
    findings = one.problems + [finding for profile in profiles for finding in profile.verdict.findings]
    ledgers = [profile.ledger for profile in profiles if profile.ledger is not None]
    if not any(ledger.exit.kind is ExitKind.COMPILE_ERROR for ledger in ledgers):
        findings += _snapshot_findings(one.snippet, taken)
    if not one.work and not findings:
        verdict = Verdict(kind=VerdictKind.SKIPPED, reason=reason)
        profiles.append(ProfileOutcome(profile=Profile.DEBUG, ledger=None, provenance=None, verdict=verdict))
    return SnippetOutcome(
        snippet=one.snippet,
        program=one.program,
        edition=one.work[0].task.edition if one.work else "",
        toolchain=rustc.toolchain if rustc else None,
        profiles=tuple(profiles),
        findings=merge_profiles(findings),
        snapshots=taken.value if taken is not None else None,
        recorded_with=recordings.toolchain
        if recordings and taken and taken.provenance is Provenance.RECORDED
        else None,
        snapshot_key=one.snapshots.key if one.snapshots is not None else "",
        recordable=tuple(_recordable(one, results)),
    )


def _recordable(one: _Prepared, results: Results) -> Iterator[Recordable]:
    """Every result of a snippet that was measured."""
    for work in one.all_work():
        kind = kind_of_work(work)
        found = results.of(work, RECORDED_KINDS[kind])
        if found is not None and found.value is not None:
            yield Recordable(
                snippet=one.snippet.id, profile=profile_of(work), kind=kind, identity=work.identity, value=found.value
            )


def _snapshot_findings(snippet: Snippet, taken: Result[SnapshotSet] | None) -> list[Finding]:
    """What the author of a marker has to know; a missing debugger is no fault of his."""
    if taken is None:
        return []
    troubles = taken.value.troubles if taken.value is not None else ((None, taken.trouble),)
    return [
        Finding(
            kind=FindingKind.MEMORY,
            location=snippet.place_of(line if line is not None else snippet.memory[0].line),
            text=f"no snapshot: {text}",
            snippet=snippet.id,
            profile=Profile.DEBUG,
        )
        for line, text in troubles
    ]


def _join(snippet: Snippet, work: ProfileWork, results: Results, reason: str) -> ProfileOutcome:
    """Bring the results of one profile together and judge them."""
    result = results.of(work.task, Ledger)
    below = _below(work, results)
    if result is None:
        verdict = Verdict(kind=VerdictKind.SKIPPED, reason=reason or "it was not measured")
    else:
        verdict = _verdict(snippet, work.task, result, below)
    return ProfileOutcome(
        profile=work.task.profile,
        ledger=result.value if result else None,
        provenance=result.provenance if result else None,
        verdict=verdict,
        below=below,
        key=work.key,
    )


def merge_profiles(findings: list[Finding]) -> tuple[Finding, ...]:
    """Make one finding of those that are the same in every profile."""
    merged: dict[Finding, Finding] = {}
    for finding in findings:
        alike = replace(finding, profile=None)
        merged[alike] = alike if alike in merged else finding
    return tuple(merged.values())


def _below(work: ProfileWork, results: Results) -> Below:
    image = results.of(work.image, Image) if work.image is not None else None
    probe = results.of(work.probe, Probe) if work.probe is not None else None
    troubles = [result.trouble for result in (image, probe) if result is not None and result.trouble]
    return Below(
        image=image.value if image is not None else None,
        probe=probe.value if probe is not None else None,
        trouble=troubles[0] if troubles else "",
    )


def _verdict(snippet: Snippet, task: Task, result: Result[Ledger], below: Below) -> Verdict:
    if result.value is not None:
        return verify(snippet, result.value, below)
    finding = Finding(
        kind=FindingKind.RUN,
        location=snippet.location,
        text=result.trouble,
        snippet=snippet.id,
        profile=task.profile,
    )
    return Verdict(kind=VerdictKind.FALSIFIED, findings=(finding,))
