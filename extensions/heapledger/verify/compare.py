"""A ledger against everything that its snippet expects."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from heapledger.model import (
    Event,
    EventKind,
    ExitKind,
    Finding,
    FindingKind,
    Ledger,
    Location,
    Profile,
    Verdict,
    VerdictKind,
)
from heapledger.source.expectations import Expectation
from heapledger.source.facts import ExpectedEvent, Fact
from heapledger.source.snippet import Snippet
from heapledger.verify import events as written
from heapledger.verify.below import Below, check_expectation, check_shown
from heapledger.verify.endings import check_ending

NOTHING_BELOW = Below()

_UNSTABLE_REASON = {
    "peak": "several threads ran, so the peak depends on their timing",
    "frees": "a thread was still running when the program ended (join every thread)",
    "live": "a thread was still running when the program ended (join every thread)",
}


def verify(snippet: Snippet, ledger: Ledger, below: Below = NOTHING_BELOW, *, recorded: bool = False) -> Verdict:
    """Compare and judge. A snippet with nothing to fail is ``measured``.

    :param recorded: whether the ledger comes from a recording, which leaves out what the timing of threads decides.
    """
    findings = list(check_ending(snippet, ledger))
    expectations = [e for profile, e in snippet.options.expect if profile in {None, ledger.profile}]
    lines = fact_lines(snippet, ledger.profile)
    if ledger.exit.kind not in {ExitKind.COMPILE_ERROR, ExitKind.TIMEOUT, ExitKind.OUTPUT_LIMIT, ExitKind.MEMORY_LIMIT}:
        findings += [finding for e in expectations for finding in _check_expectation(snippet, ledger, e, below)]
        findings += _check_lines(snippet, ledger, lines, timeless=recorded and ledger.threads > 1)
        findings += check_shown(snippet, ledger.profile, below)
    if findings:
        return Verdict(kind=VerdictKind.FALSIFIED, findings=tuple(findings))
    options = snippet.options
    expected = expectations or lines or options.fails or options.panics or options.stdout is not None
    if expected or options.exit is not None:
        return Verdict(kind=VerdictKind.VERIFIED)
    return Verdict(kind=VerdictKind.MEASURED)


def fact_lines(snippet: Snippet, profile: Profile) -> list[tuple[int, bool, tuple[Fact, ...]]]:
    """Return the lines that have facts for a profile: (line, at the end, facts)."""
    keys = sorted({(fact.line, fact.at_end) for fact in snippet.facts})
    found = [(line, at_end, snippet.facts_for(profile, line, at_end=at_end)) for line, at_end in keys]
    return [entry for entry in found if entry[2]]


def events_by_line(ledger: Ledger) -> dict[int | None, list[Event]]:
    """Group a ledger's events by line."""
    groups: dict[int | None, list[Event]] = defaultdict(list)
    for event in ledger.events:
        groups[event.line].append(event)
    return groups


def _check_expectation(snippet: Snippet, ledger: Ledger, expectation: Expectation, below: Below) -> list[Finding]:
    option = "expect" if (None, expectation) in snippet.options.expect else f"expect-{ledger.profile.value}"
    place = snippet.option_place(option)
    if expectation.question is not None:
        return check_expectation(snippet, ledger.profile, place, expectation, below)
    return _check_total(snippet, ledger, place, expectation)


def _check_total(snippet: Snippet, ledger: Ledger, place: Location, expectation: Expectation) -> list[Finding]:
    metric = expectation.metric
    if ledger.totals is None:
        text = "nothing was counted: a program with its own #[global_allocator] or without std is run untraced"
        return [_finding(snippet, ledger, place, text, str(expectation), "no counts")]
    if metric in ledger.unstable:
        least, most = ledger.unstable[metric]
        found = f"{metric} {least} in every run seen" if least == most else f"{metric} from {least} to {most}"
        if expectation.op in {"==", "!="}:
            reason = _UNSTABLE_REASON.get(metric, "repeated runs of the program differ")
            text = f"'{expectation}' cannot be promised: {reason}; use <= or >="
            return [_finding(snippet, ledger, place, text, str(expectation), found)]
        if expectation.holds(least) and expectation.holds(most):
            return []
        return [_finding(snippet, ledger, place, "", str(expectation), found)]
    value = int(getattr(ledger.totals, metric))
    if expectation.holds(value):
        return []
    return [_finding(snippet, ledger, place, "", str(expectation), f"{metric} == {value}")]


def _check_lines(
    snippet: Snippet, ledger: Ledger, lines: list[tuple[int, bool, tuple[Fact, ...]]], *, timeless: bool
) -> list[Finding]:
    """Compare line by line.

    :param timeless: whether the ledger knows neither the order of calls nor the lines of frees: they are not compared.
    """
    if timeless:
        born = tuple(event for event in ledger.events if event.kind is not EventKind.DEALLOC)
        ledger = msgspec.structs.replace(ledger, events=born)
    groups = events_by_line(ledger)
    lost = groups.get(None, [])
    findings = []
    for line, at_end, facts in lines:
        place = snippet.place_of(line)
        expected = [event for fact in facts for event in fact.events if not (timeless and event.kind == "free")]
        if not ledger.traced:
            text = "nothing was counted: the program ran untraced"
            findings.append(_finding(snippet, ledger, place, text, _wanted(facts, expected), "no events"))
            continue
        measured = groups.get(len(snippet.lines) + 1 if at_end else line, [])
        if not written.match(expected, measured, ordered=not timeless):
            findings.append(_line_finding(snippet, ledger, place, facts, expected, measured, lost))
        elif ledger.events_left_out:
            text = (
                f"the line cannot be told whole: {ledger.events_left_out:,} events were counted, not kept; use :expect:"
            )
            findings.append(
                _finding(snippet, ledger, place, text, _wanted(facts, expected), written.describe_all(measured))
            )
        elif not expected and _unclaimed(lost):
            text = f"'none' cannot be told here: {_merged(_unclaimed(lost))}"
            findings.append(_finding(snippet, ledger, place, text, "none", written.describe_all(lost)))
    return findings


def _unclaimed(lost: list[Event]) -> list[Event]:
    """Events whose line the optimizer merged: any of them may belong to a line that is claimed to have none."""
    return [event for event in lost if not event.runtime]


def _line_finding(
    snippet: Snippet,
    ledger: Ledger,
    place: Location,
    facts: tuple[Fact, ...],
    expected: list[ExpectedEvent],
    measured: list[Event],
    lost: list[Event],
) -> Finding:
    merged = _unclaimed(lost)
    text = _merged(merged) if merged and not measured else ""
    return _finding(
        snippet, ledger, place, text, _wanted(facts, expected), written.describe_all(_aligned(expected, measured))
    )


def _merged(lost: list[Event]) -> str:
    what = written.describe_all(lost)
    return f"lines merged by the optimizer: {what} came from a line that cannot be told; use :expect:"


def _aligned(expected: list[ExpectedEvent], measured: list[Event]) -> list[ExpectedEvent]:
    """Measured events as facts, with their alignment where the expected event names one."""
    shown = []
    for index, event in enumerate(measured):
        align = event.align if index < len(expected) and expected[index].align is not None else None
        kind, _, rest = written.describe(event).partition(" ")
        old = int(rest.partition(" ")[0]) if kind == "realloc" else None
        shown.append(ExpectedEvent(kind, event.size, old_size=old, align=align))
    return shown


def _wanted(facts: tuple[Fact, ...], expected: list[ExpectedEvent]) -> str:
    return written.describe_all(expected) if expected else ", ".join(fact.text for fact in facts)


def _finding(snippet: Snippet, ledger: Ledger, place: Location, text: str, expected: str, measured: str) -> Finding:
    return Finding(
        kind=FindingKind.EXPECT,
        location=place,
        text=text,
        snippet=snippet.id,
        profile=ledger.profile,
        expected=expected,
        measured=measured,
    )
