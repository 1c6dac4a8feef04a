"""The results of a snippet's work, joined and judged: what the snippet came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from heapledger.engine.task import Task
from heapledger.engine.work import Result, Results
from heapledger.model import ExitKind, Finding, FindingKind, Ledger, Profile, Provenance, Verdict, VerdictKind
from heapledger.model_below import Image, Probe
from heapledger.model_snapshot import SnapshotSet
from heapledger.outcome import ProfileOutcome, SnippetOutcome
from heapledger.prepare import Prepared, ProfileWork, profile_of
from heapledger.recordings import KINDS as RECORDED_KINDS
from heapledger.recordings import Recordable, Recordings, kind_of_work
from heapledger.source.snippet import Snippet
from heapledger.toolchain.find import Rustc
from heapledger.verify.below import Below
from heapledger.verify.compare import verify


def join(
    one: Prepared, rustc: Rustc | None, results: Results, missing: str, recordings: Recordings | None
) -> SnippetOutcome:
    """Bring all results of a snippet together and judge them."""
    reason = one.skipped or missing
    profiles = [_join_profile(one.snippet, work, results, reason) for work in one.work]
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


def _recordable(one: Prepared, results: Results) -> Iterator[Recordable]:
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


def _join_profile(snippet: Snippet, work: ProfileWork, results: Results, reason: str) -> ProfileOutcome:
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
        return verify(snippet, result.value, below, recorded=result.provenance is Provenance.RECORDED)
    finding = Finding(
        kind=FindingKind.RUN,
        location=snippet.location,
        text=result.trouble,
        snippet=snippet.id,
        profile=task.profile,
    )
    return Verdict(kind=VerdictKind.FALSIFIED, findings=(finding,))
