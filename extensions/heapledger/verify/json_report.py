"""The JSON of ``heapledger run --json`` and ``check --format json`` (schema 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from heapledger.model import SCHEMA, EventKind, Exit, Finding, Ledger, Outside, Profile, Toolchain, Totals
from heapledger.model_snapshot import Snapshot
from heapledger.outcome import Session, SnippetOutcome
from heapledger.source.snippet import Snippet


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding."""

    subtype: str
    file: str
    line: int | None
    expected: str
    measured: str
    text: str | msgspec.UnsetType = msgspec.UNSET
    """What to know besides."""


class EventReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event as printed: that of the ledger, with its place in the document."""

    seq: int
    kind: EventKind
    size: int
    old_size: int | msgspec.UnsetType = msgspec.UNSET
    align: int
    block: int | None
    line: int | None
    document: str | msgspec.UnsetType = msgspec.UNSET
    document_line: int | msgspec.UnsetType | None = msgspec.UNSET
    thread: int
    runtime: bool = msgspec.field(name="runtime")
    failed: bool = False
    path: tuple[str, ...] = msgspec.field(name="path")


class LedgerReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One ledger with its verdict, as printed."""

    snippet: str
    profile: str
    document: str | msgspec.UnsetType = msgspec.UNSET
    document_line: int | msgspec.UnsetType | None = msgspec.UNSET
    verdict: str
    reason: str | msgspec.UnsetType = msgspec.UNSET
    traced: bool = msgspec.field(name="traced")
    events_left_out: int = msgspec.field(name="events_left_out")
    unstable: Mapping[str, tuple[int, int]] = msgspec.field(name="unstable")
    totals: Totals | None = msgspec.field(name="totals")
    events: tuple[EventReport, ...] = msgspec.field(name="events")
    outside: Outside | None = msgspec.field(name="outside")
    snapshots: tuple[Snapshot, ...] = msgspec.field(name="snapshots")
    stdout: str = msgspec.field(name="stdout")
    stderr: str = msgspec.field(name="stderr")
    exit: Exit | None = msgspec.field(name="exit")
    failures: tuple[Failure, ...] = msgspec.field(name="failures")


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that one command measured."""

    schema: int
    toolchain: Toolchain | None
    ledgers: tuple[LedgerReport, ...]
    failures: tuple[Failure, ...] = ()
    """What concerns no ledger: a missing toolchain, a snippet whose text is wrong. Absent where there is nothing."""


def failure_of(finding: Finding) -> Failure:
    """Make the record of a finding."""
    return Failure(
        subtype=finding.kind.value,
        file=shown_file(finding.location.file),
        line=finding.location.line,
        expected=finding.expected,
        measured=finding.measured,
        text=finding.text or msgspec.UNSET,
    )


def shown_file(file: str) -> str:
    """Write a path relative to the working directory where it lies below it."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else file


def _events(snippet: Snippet, ledger: Ledger | None, *, documents: bool) -> tuple[EventReport, ...]:
    found = []
    for event in ledger.events if ledger is not None else ():
        place = snippet.place_of(event.line) if event.line is not None else None
        told = msgspec.structs.asdict(event)
        if documents:
            told |= {"document": snippet.document, "document_line": place.line if place else None}
        found.append(EventReport(**told))
    return tuple(found)


def _snapshots(outcome: SnippetOutcome, profile: Profile) -> tuple[Snapshot, ...]:
    """Snapshots are of the debug program: they stand with its ledger, or with the only one that there is."""
    profiles = [one.profile for one in outcome.profiles]
    place = Profile.DEBUG if Profile.DEBUG in profiles else profiles[0]
    return outcome.snapshots.snapshots if outcome.snapshots is not None and profile is place else ()


def make_report(session: Session, *, documents: bool = False) -> Report:
    """Collect a session into the schema.

    :param documents: whether snippets come from documents, so that each ledger names its place there.
    """
    ledgers = []
    loose = list(session.findings)
    for outcome in session.outcomes:
        judged = {
            replace(finding, profile=None) for profile in outcome.profiles for finding in profile.verdict.findings
        }
        loose += [finding for finding in outcome.findings if replace(finding, profile=None) not in judged]
        for profile in outcome.profiles:
            ledger, verdict = profile.ledger, profile.verdict
            ledgers.append(
                LedgerReport(
                    snippet=outcome.snippet.id,
                    profile=profile.profile.value,
                    document=outcome.snippet.document if documents else msgspec.UNSET,
                    document_line=outcome.snippet.location.line if documents else msgspec.UNSET,
                    verdict=verdict.kind.value,
                    reason=verdict.reason or msgspec.UNSET,
                    traced=ledger.traced if ledger else False,
                    events_left_out=ledger.events_left_out if ledger else 0,
                    unstable=ledger.unstable if ledger else {},
                    totals=ledger.totals if ledger else None,
                    events=_events(outcome.snippet, ledger, documents=documents),
                    outside=ledger.outside if ledger else None,
                    snapshots=_snapshots(outcome, profile.profile),
                    stdout=ledger.stdout if ledger else "",
                    stderr=ledger.stderr if ledger else "",
                    exit=ledger.exit if ledger else None,
                    failures=tuple(failure_of(finding) for finding in verdict.findings),
                )
            )
    toolchain = session.toolchain
    return Report(
        schema=SCHEMA,
        toolchain=toolchain,
        ledgers=tuple(ledgers),
        failures=tuple(failure_of(finding) for finding in loose),
    )
