"""What a session came to: the records that pass from measuring and judging to pages, commands and files."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from heapledger.model import Finding, Ledger, Profile, Provenance, Toolchain, Verdict, VerdictKind
from heapledger.model_snapshot import SnapshotSet
from heapledger.recordings import Recordable
from heapledger.source.program import Program
from heapledger.source.snippet import Snippet
from heapledger.toolchain.find import Rustc
from heapledger.verify.below import Below
from heapledger.verify.compare import NOTHING_BELOW


class ProfileOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one profile of a snippet came to."""

    profile: Profile
    ledger: Ledger | None
    provenance: Provenance | None
    verdict: Verdict
    below: Below = NOTHING_BELOW
    """Answers about types and machine code, where the snippet asks."""
    key: str = ""
    """Keys of all results in the cache: another key is another result."""


class SnippetOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a snippet came to, in all its profiles."""

    snippet: Snippet
    program: Program | None
    edition: str
    toolchain: Toolchain | None
    profiles: tuple[ProfileOutcome, ...]
    findings: tuple[Finding, ...]
    """Everything wrong with it, problems of its text included."""
    snapshots: SnapshotSet | None = None
    """None where no marker asks for one, or nothing was measured."""
    recorded_with: Toolchain | None = None
    """What made the snapshots where they come from a recording."""
    snapshot_key: str = ""
    """Key of the snapshots in the cache."""
    recordable: tuple[Recordable, ...] = ()
    """Every result of it, for recordings."""

    @property
    def kind(self) -> VerdictKind:
        """The verdict over all profiles: the worst one speaks."""
        kinds = {outcome.verdict.kind for outcome in self.profiles}
        if self.findings or VerdictKind.FALSIFIED in kinds:
            return VerdictKind.FALSIFIED
        for kind in (VerdictKind.SKIPPED, VerdictKind.MEASURED):
            if kinds and kinds <= {kind}:
                return kind
        return VerdictKind.VERIFIED if VerdictKind.VERIFIED in kinds else VerdictKind.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a whole plan came to."""

    rustc: Rustc | None
    outcomes: tuple[SnippetOutcome, ...]
    findings: tuple[Finding, ...]
    """What concerns no single snippet: a missing toolchain, one outside the range."""
    notes: tuple[str, ...]
    """Worth one INFO line."""
    fresh: int
    """Results that were measured now."""
    missing: str = ""
    """Why nothing can be measured on this machine, where that is so."""
    toolchain: Toolchain | None = None
    """What the results were measured with: that of ``rustc``, or that of the recordings."""
