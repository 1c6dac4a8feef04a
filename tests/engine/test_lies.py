"""Every lie is caught: numbers off by one, operators, missing and added events, at their file and line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from heapledger.model import COUNTED_METRICS, Ledger, VerdictKind
from heapledger.outcome import Session
from heapledger.source.expectations import Expectation
from heapledger.source.facts import ExpectedEvent, Fact
from heapledger.source.snippet import Snippet
from heapledger.verify.compare import fact_lines, verify


def judged(guide: Session) -> Iterator[tuple[Snippet, Ledger]]:
    """Every measured ledger of the guide with its snippet; nothing is wrong with it as it stands."""
    for outcome in guide.outcomes:
        for profile in outcome.profiles:
            if profile.ledger is not None and profile.ledger.totals is not None:
                assert profile.verdict.kind in {VerdictKind.VERIFIED, VerdictKind.MEASURED}, outcome.snippet.id
                # What lies below the heap has lies of its own in tests/below: it is not in a ledger.
                counted = tuple(one for one in outcome.snippet.options.expect if one[1].metric in COUNTED_METRICS)
                options = replace(outcome.snippet.options, expect=counted)
                yield replace(outcome.snippet, options=options), profile.ledger


def false_totals(ledger: Ledger) -> Iterator[Expectation]:
    for metric in COUNTED_METRICS:
        if metric in ledger.unstable:
            least, most = ledger.unstable[metric]
            yield from (
                Expectation(metric, ">", most),
                Expectation(metric, "<", least),
                Expectation(metric, "==", most),
            )
            continue
        value = getattr(ledger.totals, metric)
        yield from (
            Expectation(metric, "==", value + 1),
            Expectation(metric, "==", value - 1),
            Expectation(metric, "!=", value),
            Expectation(metric, "<", value),
            Expectation(metric, ">", value),
            Expectation(metric, "<=", value - 1),
            Expectation(metric, ">=", value + 1),
        )


def test_every_false_total_is_caught(guide: Session) -> None:
    lies = 0
    for snippet, ledger in judged(guide):
        for lie in false_totals(ledger):
            options = replace(snippet.options, expect=((ledger.profile, lie),), fails=None)
            verdict = verify(replace(snippet, options=options, facts=()), ledger)
            assert verdict.kind is VerdictKind.FALSIFIED, (snippet.id, str(lie))
            finding = next(finding for finding in verdict.findings if finding.kind.value == "expect")
            assert finding.location == snippet.option_place(f"expect-{ledger.profile.value}")
            assert (finding.snippet, finding.profile, finding.expected) == (snippet.id, ledger.profile, str(lie))
            lies += 1
    assert lies >= 1000


def false_events(events: tuple[ExpectedEvent, ...]) -> Iterator[tuple[ExpectedEvent, ...]]:
    """Each number off by one, each event missing, doubled, or of another kind; none for some, some for none."""
    if not events:
        yield from ((ExpectedEvent("alloc", 8),), (ExpectedEvent("free", 8),))
        return
    yield ()
    for index, event in enumerate(events):
        before, after = events[:index], events[index + 1 :]
        yield (*before, *after)
        yield (*before, event, event, *after)
        for step in (-1, 1):
            yield (*before, replace(event, size=event.size + step), *after)
            if event.old_size is not None:
                yield (*before, replace(event, old_size=event.old_size + step), *after)
            if event.align is not None:
                yield (*before, replace(event, align=event.align + step), *after)
        other = "zeroed" if event.kind == "alloc" else "free" if event.kind != "free" else "alloc"
        yield (*before, ExpectedEvent(other, event.size), *after)


def test_every_false_fact_is_caught(guide: Session) -> None:
    lies = 0
    for snippet, ledger in judged(guide):
        for line, at_end, facts in fact_lines(snippet, ledger.profile):
            truth = tuple(event for fact in facts for event in fact.events)
            for events in false_events(truth):
                lie = Fact(line=line, profile=ledger.profile, at_end=at_end, events=events, text="a lie")
                rest = tuple(fact for fact in snippet.facts if (fact.line, fact.at_end) != (line, at_end))
                verdict = verify(replace(snippet, facts=(*rest, lie)), ledger)
                assert verdict.kind is VerdictKind.FALSIFIED, (snippet.id, line, events)
                assert verdict.findings[0].location == snippet.place_of(line)
                assert verdict.findings[0].location.line is not None
                lies += 1
    assert lies >= 300


LIES = [
    ("let b = Box::new(7u32);\nstd::hint::black_box(&b);", ":expect: allocs == {}", 1),
    ("let b = Box::new(7u32);\nstd::hint::black_box(&b);", ":expect: bytes == {}", 4),
    ("let b = Box::new(7u32);\nstd::hint::black_box(&b);", ":expect: frees == {}", 1),
    ("let b = Box::new(7u32);\nstd::hint::black_box(&b);", ":expect: peak == {}", 4),
    ("let b = Box::new(7u32);\nstd::hint::black_box(&b);", ":expect: live == {}", 0),
    ("let v: Vec<u8> = Vec::new();\nstd::hint::black_box(&v);", ":expect: allocs == {}", 0),
    ("let v: Vec<u8> = Vec::with_capacity(9);\nstd::hint::black_box(&v);", ":expect: bytes == {}", 9),
    ("let mut v = vec![1u8];\nv.push(2);\nstd::hint::black_box(&v);", ":expect: reallocs == {}", 1),
    ('let s = String::from("hello");\nstd::hint::black_box(&s);', ":expect: bytes == {}", 5),
    ("std::mem::forget(std::hint::black_box(Box::new(1u64)));", ":expect: live == {}", 8),
]


def page(code: str, option: str) -> str:
    other = "```{alloc:snippet} other\n:expect: allocs == 0\nlet a = 1;\n```\n"
    return f"# Page\n\n```{{alloc:snippet}} one\n{option}\n\n{code}\n```\n\n{other}"


@pytest.mark.parametrize("step", [1, -1], ids=["one more", "one less"])
@pytest.mark.parametrize(("code", "option", "truth"), LIES)
def test_through_the_real_command(
    code: str, option: str, truth: int, step: int, tmp_path: Path, shared_cache: Path
) -> None:
    lie = truth + step
    if lie < 0:
        option, lie = option.replace("==", ">="), truth + 1
    status, said = check(tmp_path, page(code, option.format(lie)), shared_cache)
    assert status == 1, said
    assert f"index.md:4: WARNING: snippet falsified: one\n   4 | {option.format(lie)}\n" in said, said
    assert f"expected: {option.format(lie).removeprefix(':expect: ')}" in said
    assert "falsified: other" not in said


EDITS = [
    ("Box::new(7u32)", "Box::new(7u64)", "bytes == 4"),
    ("Box::new(7u32)", "7u32", "allocs == 1"),
    ("vec![1u8; 3]", "vec![1u8; 4]", "bytes == 3"),
    ("Vec::<u8>::with_capacity(2)", "Vec::<u8>::with_capacity(3)", "bytes == 2"),
    ("Vec::<u8>::new()", "Vec::<u8>::with_capacity(1)", "allocs == 0"),
    ('String::from("ab")', 'String::from("abc")', "bytes == 2"),
    ("std::rc::Rc::new(1u8)", "std::rc::Rc::new(1u128)", "bytes == 24"),
    ("Box::new([0u8; 0])", "Box::new([0u8; 1])", "allocs == 0"),
    ('format!("{}", 1)', 'format!("{:>20}", 1)', "bytes == 1"),
    ("(Box::new(1u8), 1)", "(Box::new(1u8), Box::new(1u8))", "allocs == 1"),
]


@pytest.mark.parametrize(("before", "after", "expectation"), EDITS)
def test_edited_rust_under_a_fixed_expectation(before: str, after: str, expectation: str, tmp_path: Path) -> None:
    code = "let value = {};\nstd::hint::black_box(&value);"
    cache = tmp_path / "cache"
    true_page = page(code.format(before), f":expect: {expectation}")
    false_page = page(code.format(after), f":expect: {expectation}")
    status, said = check(tmp_path / "a", true_page, cache)
    assert status == 0, said
    status, said = check(tmp_path / "a", false_page, cache)
    assert (status, f"expected: {expectation}" in said) == (1, True), said
    status, said = check(tmp_path / "b", false_page, tmp_path / "cold")
    assert (status, f"expected: {expectation}" in said) == (1, True), said


def check(folder: Path, text: str, cache: Path) -> tuple[int, str]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "conf.py").write_text('extensions = ["myst_parser", "heapledger"]\n', encoding="utf-8")
    (folder / "index.md").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "heapledger", "check", "--source", str(folder), "--cache", str(cache)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr
