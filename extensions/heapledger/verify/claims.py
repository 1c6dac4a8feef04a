"""Claims against the outcomes of their evidence, and ``claims.json`` (schema 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from heapledger.model import SCHEMA, Finding, FindingKind, Location, Profile, Provenance, Toolchain, Totals, VerdictKind
from heapledger.outcome import SnippetOutcome
from heapledger.prepare import profiles_of
from heapledger.source.claims import Claim, evidence_problem
from heapledger.source.problems import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOutcome:
    """What a claim came to."""

    claim: Claim
    evidence: tuple[SnippetOutcome, ...]
    findings: tuple[Finding, ...]
    """What is wrong with the claim itself; findings of its evidence are the evidence's."""

    @property
    def kind(self) -> VerdictKind:
        """Falsified if any evidence is, verified if some is and none was skipped."""
        kinds = {outcome.kind for outcome in self.evidence}
        if self.findings or VerdictKind.FALSIFIED in kinds or not kinds:
            return VerdictKind.FALSIFIED
        if VerdictKind.SKIPPED in kinds:
            return VerdictKind.SKIPPED
        return VerdictKind.VERIFIED if VerdictKind.VERIFIED in kinds else VerdictKind.MEASURED


def judge_claim(
    claim: Claim, outcomes: Mapping[str, SnippetOutcome], profiles: Sequence[Profile], trouble: str = ""
) -> ClaimOutcome:
    """Set a claim against its evidence.

    :param outcomes: all outcomes of the project by snippet id.
    :param profiles: the profiles that snippets are measured in unless they say otherwise.
    :param trouble: what is wrong with its ``:source:``, as the caller found it.
    """
    findings = [_finding(claim, text, location) for location, text in claim.problems]
    missing = [name for name in claim.evidence if name not in outcomes]
    findings += [
        _finding(claim, f":evidence: there is no snippet '{name}'{nearest(name, outcomes)}") for name in missing
    ]
    evidence = tuple(outcomes[name] for name in claim.evidence if name in outcomes)
    if not missing:
        problem = evidence_problem([(one.snippet, profiles_of(one.snippet, profiles)) for one in evidence])
        if problem:
            findings.append(_finding(claim, problem))
    if trouble:
        findings.append(_finding(claim, trouble, claim.options.source_location))
    return ClaimOutcome(claim=claim, evidence=evidence, findings=tuple(findings))


def _finding(claim: Claim, text: str, location: Location | None = None) -> Finding:
    return Finding(kind=FindingKind.CLAIM, location=location or claim.location, text=f"claim '{claim.id}': {text}")


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One snippet in one profile, as proof."""

    snippet: str
    profile: str
    toolchain: str
    """Version of rustc."""
    verdict: str
    provenance: str
    totals: Totals | None


class ClaimRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One claim, as ``claims.json`` lists it."""

    id: str
    sentence: str
    status: str
    source: str
    document: str
    line: int | None
    url: str
    verdict: str
    evidence: tuple[Evidence, ...]


class ClaimsFile(msgspec.Struct, frozen=True, kw_only=True):
    """All claims of a project."""

    schema: int
    date: str
    """Day of the build, or of SOURCE_DATE_EPOCH where it is set."""
    toolchains: tuple[Toolchain, ...]
    claims: tuple[ClaimRecord, ...]


def claims_file(outcomes: Iterable[ClaimOutcome], urls: Mapping[str, str], date: str) -> ClaimsFile:
    """Collect claims into the schema.

    :param urls: address of each claim by id, relative to the root of the pages.
    """
    records: list[ClaimRecord] = []
    toolchains: dict[str, Toolchain] = {}
    for outcome in outcomes:
        claim = outcome.claim
        evidence = []
        for snippet in outcome.evidence:
            for profile in snippet.profiles:
                told = profile.ledger.toolchain if profile.ledger is not None else snippet.toolchain
                if told is not None:
                    toolchains.setdefault(told.rustc, told)
                recorded = profile.provenance is Provenance.RECORDED
                evidence.append(
                    Evidence(
                        snippet=snippet.snippet.id,
                        profile=profile.profile.value,
                        toolchain=told.rustc if told is not None else "",
                        verdict=profile.verdict.kind.value,
                        provenance=(Provenance.RECORDED if recorded else Provenance.FRESH).value,
                        totals=profile.ledger.totals if profile.ledger is not None else None,
                    )
                )
        records.append(
            ClaimRecord(
                id=claim.id,
                sentence=claim.sentence,
                status=claim.options.status.value if claim.options.status else "",
                source=claim.options.source,
                document=claim.document,
                line=claim.location.line,
                url=urls.get(claim.id, ""),
                verdict=outcome.kind.value,
                evidence=tuple(evidence),
            )
        )
    return ClaimsFile(schema=SCHEMA, date=date, toolchains=tuple(toolchains.values()), claims=tuple(records))
