"""Every lie about types and machine code is caught at its line: numbers off by one, each operator, each other word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.model import Location, VerdictKind
from heapledger.outcome import SnippetOutcome
from heapledger.session import evaluate
from heapledger.source.expectations import Expectation
from heapledger.source.questions import WORDS
from heapledger.source.snippet import Place, read_body
from heapledger.verify.compare import verify

PROGRAMS = Path(__file__).parent / "programs"
ASKED = {
    "frames": [
        *(f"frame(bytes_{size})" for size in (1, 64, 128, 256, 1000, 4000, 4096, 4097, 9000, 65536, 200000)),
        *("frame(sum)", "frame(recursive)", "frame(boxed)", "frame(formats)", "frame(main)"),
        *("calls(recursive, recursive)", "calls(main, boxed_array)", "calls(uses_big_return, big_return)"),
        *("size([u64; 600])", "align(String)", "size(Box<[u8; 100_000]>)"),
    ],
    "sections": [
        *(f"section({name})" for name in ("NUMBERS", "TEXT", "COUNTER", "STARTED", "DEPTH", "ZERO", "LIMIT", "main")),
        *("symbol(__rust_alloc)", "symbol(nothing_like_it)", "symbol(deep::reads)"),
        *("size(Mutex<u64>)", "offset((u8, u32).1)", "align(AtomicU32)"),
    ],
    "calls": [
        *("calls(once, leaf)", "calls(twice, leaf)", "calls(jumps, leaf)"),
        *("calls(copies, memcpy)", "calls(allocates, __rust_alloc)", "size(Loud)", "offset(Loud.0)", "frame(drops)"),
    ],
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[SnippetOutcome]:
    """Three programs that ask everything; what they expect of it is wrong on purpose."""
    snippets = []
    for name, asked in ASKED.items():
        expected = [f"{one} == {WORDS.get(one.split('(')[0], ('123456789',))[0]}" for one in asked]
        body = [
            f":expect: {', '.join(expected)}",
            "",
            *(PROGRAMS / f"{name}.rs").read_text(encoding="utf-8").split("\n"),
        ]
        places = [Place(Location("page.md", line), 0) for line in range(4, len(body) + 4)]
        snippets.append(
            read_body(body=body, places=places, snippet_id=name, document="page", location=Location("page.md", 3))
        )
        assert snippets[-1].problems == ()
    return list(evaluate(snippets, Config(), cache=Cache(tmp_path_factory.mktemp("cache"))).outcomes)


def lies(expectation: Expectation, truth: int | str) -> Iterator[Expectation]:
    if isinstance(truth, str):
        words = WORDS[expectation.question.metric] if expectation.question else ()
        yield from (replace(expectation, op="==", value=word) for word in words if word != truth)
        yield replace(expectation, op="!=", value=truth)
        return
    for op, value in (
        ("==", truth + 1),
        ("==", truth - 1),
        ("!=", truth),
        ("<", truth),
        (">", truth),
        ("<=", truth - 1),
        (">=", truth + 1),
    ):
        yield replace(expectation, op=op, value=value)


def test_every_lie_is_caught_and_every_truth_holds(outcomes: list[SnippetOutcome]) -> None:
    caught = 0
    for outcome in outcomes:
        snippet = outcome.snippet
        for profile in outcome.profiles:
            assert profile.ledger is not None
            for _, expectation in snippet.options.expect:
                assert expectation.question is not None
                answer = profile.below.answer(expectation.question)
                assert answer.value is not None, (snippet.id, str(expectation), answer.trouble)
                truth = replace(expectation, op="==", value=answer.value)
                told = replace(snippet, options=replace(snippet.options, expect=((None, truth),)))
                assert verify(told, profile.ledger, profile.below).kind is VerdictKind.VERIFIED, str(truth)
                for lie in lies(expectation, answer.value):
                    told = replace(snippet, options=replace(snippet.options, expect=((None, lie),)))
                    verdict = verify(told, profile.ledger, profile.below)
                    assert verdict.kind is VerdictKind.FALSIFIED, str(lie)
                    finding = verdict.findings[0]
                    assert finding.location == Location("page.md", 4)
                    assert (finding.profile, finding.expected) == (profile.profile, str(lie))
                    assert finding.measured == f"{lie.metric} == {answer.value}"
                    caught += 1
    assert caught >= 500
