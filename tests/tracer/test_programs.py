"""The tracer in the places where an allocator is hardest to observe: one case, one program under ``cases/``.

A program states its events in facts; beside it stands what the whole ledger came to, in both profiles. What std itself
allocates while it panics differs from version to version and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.model import COUNTED_METRICS, Event, Ledger, Profile
from heapledger.outcome import SnippetOutcome
from heapledger.render.facts import ledger_text
from heapledger.session import evaluate
from heapledger.source.snippet import read_rust
from heapledger.verify.endings import describe_exit
from heapledger.verify.events import describe
from heapledger.verify.report import describe as describe_finding

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.rs"))
MANY = {"many_events", "many_events_in_threads"}

pytestmark = pytest.mark.xdist_group("tracer")


@pytest.fixture(scope="session")
def outcomes(shared_cache: Path) -> Mapping[str, SnippetOutcome]:
    """All programs in one plan; those with very many events in one profile, for time."""
    found: dict[str, SnippetOutcome] = {}
    for names, profiles in ((set(NAMES) - MANY, tuple(Profile)), (MANY, (Profile.RELEASE,))):
        snippets = [
            read_rust(text=(CASES / f"{name}.rs").read_text(encoding="utf-8"), file=f"{name}.rs", snippet_id=name)
            for name in sorted(names)
        ]
        session = evaluate(snippets, Config(cache=str(shared_cache), profiles=profiles))
        assert session.findings == ()
        found |= {outcome.snippet.id: outcome for outcome in session.outcomes}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_program(
    name: str, outcomes: Mapping[str, SnippetOutcome], check_expected: Callable[[Path, str], None]
) -> None:
    outcome = outcomes[name]
    lines = [describe_finding(finding, outcome.snippet) for finding in outcome.findings]
    for profile in outcome.profiles:
        assert profile.ledger is not None, profile.verdict
        lines += [f"[{profile.profile.value}] {profile.verdict.kind.value}", *described(profile.ledger)]
    text = re.sub(r"/rustc/[0-9a-f]+/(\S+?):\d+:\d+", r"/rustc/COMMIT/\1", "\n".join(lines))
    check_expected(CASES / f"{name}.expected", text + "\n")


def described(ledger: Ledger) -> list[str]:
    """Return the ending, the totals and the events, equal neighbours of a line as one."""
    lines = [f"  {describe_exit(ledger.exit)}"]
    assert ledger.totals is not None
    own = [event for event in ledger.events if not in_std_panic(event)]
    if len(own) == len(ledger.events):
        told = {metric: f"{getattr(ledger.totals, metric):,}" for metric in COUNTED_METRICS}
        told |= dict.fromkeys(ledger.unstable, "varies")
        lines.append("  " + ", ".join(f"{metric} {value}" for metric, value in told.items()))
    if ledger.events_left_out:
        lines.append(f"  {ledger.events_left_out:,} more events counted, not kept")
        own = own[:0]  # which events of several threads are among those kept differs from run to run
    kinds: dict[str, int] = {}
    for event in own:
        text = f"line {event.line}: {describe(event)}, thread {'1' if event.thread == 1 else 'other'}"
        text += ", failed" if event.failed else ""
        kinds[text] = kinds.get(text, 0) + 1
    return lines + [f"  {text}" + (f" x{times:,}" if times > 1 else "") for text, times in kinds.items()]


def in_std_panic(event: Event) -> bool:
    return any("panicking" in function for function in event.path)


@pytest.mark.parametrize("name", sorted(MANY))
def test_detail_ends_and_counting_does_not(name: str, outcomes: Mapping[str, SnippetOutcome]) -> None:
    for profile in outcomes[name].profiles:
        ledger = profile.ledger
        assert ledger is not None
        assert ledger.totals is not None
        kept = len(ledger.events) + ledger.outside.startup.allocs
        assert 199_900 <= kept <= 200_000
        totals = ledger.totals
        assert totals.allocs + totals.reallocs + totals.frees == len(ledger.events) + ledger.events_left_out
        assert ledger.events_left_out > 99_000
        assert f"{ledger.events_left_out:,} more events were counted, not kept in detail" in ledger_text(ledger)
