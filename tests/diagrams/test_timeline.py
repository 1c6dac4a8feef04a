"""Which calls are drawn as a loop, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from heapledger.model import Profile
from heapledger.render.mermaid.blocks import blocks_diagram
from heapledger.render.mermaid.choose import pictures
from heapledger.render.mermaid.history import live_bytes
from heapledger.render.mermaid.live import live_diagram
from heapledger.render.mermaid.timeline import fold, timeline_diagram

from .conftest import Measured


def steps(measured: Measured) -> list[tuple[int, int]]:
    return [(len(step.events), step.times) for step in fold(measured.ledger.events)]


def test_rounds_become_a_loop(measure: Callable[..., Measured]) -> None:
    measured = measure("for i in 0..100u64 {\n    std::hint::black_box(Box::new(i));\n}")
    assert steps(measured) == [(2, 100)]
    source = timeline_diagram(measured.snippet, measured.ledger, limit=24).source
    assert "  loop 100 times\n" in source
    assert source.count("->>") == 1
    assert source.count("--)") == 1


def test_a_few_rounds_stay_as_they_are(measure: Callable[..., Measured]) -> None:
    measured = measure("for i in 0..2u64 {\n    std::hint::black_box(Box::new(i));\n}")
    assert steps(measured) == [(1, 1)] * 4


def test_growth_is_no_loop(measure: Callable[..., Measured]) -> None:
    measured = measure(
        "let mut v: Vec<u8> = Vec::new();\nfor i in 0..100 {\n    v.push(i);\n}\nstd::hint::black_box(&v);"
    )
    assert steps(measured) == [(1, 1)] * 6
    assert live_bytes(measured.ledger.events) == (8, 16, 32, 64, 128, 0)


def test_what_is_left_out_is_said(measure: Callable[..., Measured]) -> None:
    code = "let v: Vec<Vec<u8>> = (1..40).map(|n| vec![0; n]).collect();\nstd::hint::black_box(&v);"
    measured = measure(code)
    blocks = blocks_diagram(measured.snippet, measured.ledger, at_peak=False, limit=8)
    assert blocks.left_out == "8 of 40 blocks are drawn, those never freed first, then the largest; 32 blocks left out."
    assert blocks.source.count("-->") == 8
    timeline = timeline_diagram(measured.snippet, measured.ledger, limit=5)
    assert timeline.left_out == "The first 5 of 80 calls are drawn; 75 are left out."
    assert timeline.table is not None
    assert len(timeline.table.rows) == 80


def test_many_equal_blocks_are_one_box(measure: Callable[..., Measured]) -> None:
    measured = measure("let v: Vec<Box<u64>> = (0..1000).map(Box::new).collect();\nstd::hint::black_box(&v);")
    diagram = blocks_diagram(measured.snippet, measured.ledger, at_peak=True, limit=8)
    assert "blocks 2 to 1001 · 1,000 × 8 B" in diagram.source
    assert diagram.left_out == ""


def test_a_long_run_ends_at_its_last_value(measure: Callable[..., Measured]) -> None:
    measured = measure("let v: Vec<Box<u64>> = (0..1000).map(Box::new).collect();\nstd::hint::black_box(&v);")
    diagram = live_diagram(measured.ledger)
    assert diagram.kind == "live-line"
    points = [int(point) for point in diagram.source.partition("line [")[2].partition("]")[0].split(",")]
    assert max(points) == measured.ledger.totals.peak
    assert points[-1] == measured.ledger.totals.live == 0
    assert "Each point is the largest value of" in diagram.left_out


def test_threads_have_lines_of_their_own(measure: Callable[..., Measured]) -> None:
    measured = measure("std::thread::spawn(|| {\n    std::hint::black_box(vec![1u8; 64]);\n}).join().unwrap();")
    source = timeline_diagram(measured.snippet, measured.ledger, limit=50).source
    assert "  participant t1 as main thread\n" in source
    assert "  participant t2 as thread 2\n" in source
    assert "t2->>allocator: alloc 64 B" in source


@pytest.mark.parametrize("profile", list(Profile))
def test_no_call_no_picture_but_a_sentence(profile: Profile, measure: Callable[..., Measured]) -> None:
    measured = measure(":show: blocks, timeline\nlet x = 1;\nstd::hint::black_box(x);", profile)
    found = pictures(measured.snippet, measured.ledger)
    assert found.diagrams == ()
    assert found.notes == ("There is no picture of the heap: the program never calls the allocator.",)


def test_calls_count_from_one_and_few_of_them_have_no_chart(measure: Callable[..., Measured]) -> None:
    few = measure(":show: timeline\nlet v = vec![1u8; 5];\nstd::hint::black_box(&v);")
    (timeline,) = pictures(few.snippet, few.ledger).diagrams
    assert timeline.table is not None
    assert [row[0] for row in timeline.table.rows] == ["1", "2"]
    more = measure(":show: timeline\nlet v = [vec![1u8; 5], vec![2u8; 3]];\nstd::hint::black_box(&v);")
    _, live = pictures(more.snippet, more.ledger).diagrams
    assert 'x-axis "call" [1, 2, 3, 4]\n' in live.source
    assert live.description == "Live bytes over 4 calls: at most 8 bytes, after call 2; 0 bytes at the end."
