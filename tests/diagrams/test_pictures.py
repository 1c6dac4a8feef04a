"""The drawn picture against the ledger: every label is there, every arrow joins what the ledger says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from heapledger.engine.draw import Drawn
from heapledger.model import EventKind, Profile
from heapledger.render.mermaid.blocks import blocks_diagram
from heapledger.render.mermaid.diagram import Diagram
from heapledger.render.mermaid.live import live_diagram
from heapledger.render.mermaid.text import label
from heapledger.render.mermaid.timeline import timeline_diagram

from . import seen
from .conftest import Measured

PROGRAMS = {
    "growth": "let mut v: Vec<u8> = Vec::new();\nfor i in 0..100 {\n    v.push(i);\n}\nstd::hint::black_box(&v);",
    "leak": 'let s = String::from("abc");\nstd::mem::forget(std::hint::black_box(vec![1u8; 300]));\ndrop(s);',
    "several": "let a: Vec<Box<u64>> = (0..3).map(Box::new).collect();\nlet b = vec![1u16; 5];\n"
    "std::hint::black_box((&a, &b));",
    "quotes": 'let s = String::from("<a> & \\"b\\"; #1 {x} `y` *z* _w_ %% $");\nstd::hint::black_box(&s);',
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("at_peak", [False, True])
def test_blocks(
    name: str, profile: Profile, at_peak: bool, measure: Callable[..., Measured], draw: Callable[..., Drawn]
) -> None:
    measured = measure(PROGRAMS[name], profile)
    diagram = blocks_diagram(measured.snippet, measured.ledger, at_peak=at_peak, limit=100)
    drawn = draw(diagram)
    assert drawn.error == ""
    births = {
        event.block: event
        for event in measured.ledger.events
        if event.kind in {EventKind.ALLOC, EventKind.ALLOC_ZEROED}
    }
    boxes = seen.boxes(drawn.svg)
    shown = {name for name in boxes if re.fullmatch(r"block\d+", name)}
    if not at_peak:
        assert shown == {f"block{number}" for number in births}
    assert shown
    assert len(set(seen.joined(drawn.svg))) == len(shown)
    for source, target in seen.joined(drawn.svg):
        birth = births[int(target.removeprefix("block"))]
        rows = boxes[source]
        if birth.line is None:
            assert rows == ["lines merged", "by the optimizer"]
        else:
            assert rows[0] == f"line {birth.line}"
            code = measured.snippet.code[birth.line - 1].strip()
            assert code.startswith(rows[1].removesuffix("…").rstrip())
        assert boxes[target][0].startswith(f"block {birth.block} · {birth.size:,}")


def test_a_leak_and_a_freed_block_differ_by_word_and_class(
    measure: Callable[..., Measured], draw: Callable[..., Drawn]
) -> None:
    measured = measure(PROGRAMS["leak"])
    svg = draw(blocks_diagram(measured.snippet, measured.ledger, at_peak=False, limit=8)).svg
    assert seen.boxes(svg)["block1"] == ["block 1 · 3 B", "freed at line 3"]
    assert seen.boxes(svg)["block2"] == ["block 2 · 300 B", "never freed"]
    assert "freed" in seen.classes(svg)["block1"]
    assert "leak" in seen.classes(svg)["block2"]


def test_the_columns_line_up_and_nothing_overlaps(measure: Callable[..., Measured], draw: Callable[..., Drawn]) -> None:
    measured = measure(PROGRAMS["several"])
    drawn = draw(blocks_diagram(measured.snippet, measured.ledger, at_peak=False, limit=8))
    frames = seen.frames(drawn.svg)
    for number in (1, 2, 3, 4, 5):
        assert frames[f"line{number}"][1] == pytest.approx(frames[f"block{number}"][1])
        assert frames[f"line{number}"][2] < frames[f"block{number}"][0]
        if number > 1:
            assert frames[f"block{number - 1}"][3] < frames[f"block{number}"][1]
    heights = [frame[3] for frame in frames.values()]
    assert drawn.height < max(heights) - min(frame[1] for frame in frames.values()) + 20, "an empty band"


@pytest.mark.parametrize("name", PROGRAMS)
def test_timeline(name: str, measure: Callable[..., Measured], draw: Callable[..., Drawn]) -> None:
    measured = measure(PROGRAMS[name])
    drawn = draw(timeline_diagram(measured.snippet, measured.ledger, limit=100))
    assert drawn.error == ""
    events = measured.ledger.events
    arrows = seen.messages(drawn.svg)
    assert len(arrows) == len(events)
    for event, (source, target, text) in zip(events, arrows, strict=True):
        assert (source, target) == ("t1", "allocator")
        words = {"alloc": "alloc", "alloc_zeroed": "alloc", "realloc": "realloc", "dealloc": "free"}
        assert text.startswith(words[event.kind.value])
        assert f"{event.size:,} B" in text
        assert f"block {event.block}" in text


def test_bars_are_as_high_as_what_is_live(measure: Callable[..., Measured], draw: Callable[..., Drawn]) -> None:
    measured = measure(PROGRAMS["growth"])
    svg = draw(live_diagram(measured.ledger)).svg
    heights = seen.bars(svg)
    expected = [8, 16, 32, 64, 128, 0]
    assert len(heights) == len(expected)
    unit = max(heights) / 128
    assert heights == pytest.approx([value * unit for value in expected], abs=0.5)
    assert {"8", "16", "32", "64", "128"} <= set(seen.all_text(svg))


EVERY = "".join(chr(code) for code in range(0x20, 0x7F))


@pytest.mark.parametrize(
    "text", [EVERY, "- a", "1. a", "+a", "end", "a end b", "é → ü", "a#35;b", "&lt;", "%%{init}%%"]
)
@pytest.mark.parametrize("kind", ["block", "message", "note"])
def test_any_text_is_shown_as_it_is(text: str, kind: str, draw: Callable[..., Drawn]) -> None:
    source = {
        "block": 'block\n  a["{}"]\n',
        "message": "sequenceDiagram\n  participant a\n  participant b\n  a->>b: {}\n",
        "note": "sequenceDiagram\n  participant a\n  participant b\n  Note over a,b: {}\n  a->>b: x\n",
    }[kind].format(label(text))
    drawn = draw(Diagram(kind="blocks", title="T", description="D", source=source))
    assert drawn.error == ""
    shown = seen.boxes(drawn.svg)["a"] if kind == "block" else seen.all_text(drawn.svg)
    assert " ".join(text.split()) in [" ".join(one.split()) for one in shown]


def test_the_picture_has_a_name_and_follows_the_theme(
    measure: Callable[..., Measured], draw: Callable[..., Drawn]
) -> None:
    measured = measure(PROGRAMS["leak"])
    diagrams = [
        blocks_diagram(measured.snippet, measured.ledger, at_peak=False, limit=8),
        timeline_diagram(measured.snippet, measured.ledger, limit=24),
        live_diagram(measured.ledger),
    ]
    for diagram in diagrams:
        svg = draw(diagram).svg
        assert f'<title id="HEAPLEDGER-ID-title">{diagram.title}</title>' in svg
        assert 'role="img"' in svg
        assert 'aria-describedby="HEAPLEDGER-ID-desc"' in svg
        fixed = re.findall(r"#[0-9a-f]{3,8}\b|rgba?\([^)]*\)|hsla?\([^)]*\)", re.sub(r"var\([^)]*\)", "", svg))
        hidden = {"#eaeaea", "#666", "#999", "#000000"}
        assert set(fixed) <= hidden, "a colour that no theme changes; those of attributes are covered by rules"
        assert "foreignObject" not in svg
        assert "<script" not in svg
        assert "http" not in svg.replace("http://www.w3.org/", "")


def test_a_diagram_for_print_is_a_vector(measure: Callable[..., Measured], draw: Callable[..., Drawn]) -> None:
    measured = measure(PROGRAMS["growth"])
    drawn = draw(timeline_diagram(measured.snippet, measured.ledger, limit=24), for_printing=True)
    assert drawn.print_suffix == ".pdf"
    assert drawn.print_data.startswith(b"%PDF")
    assert b"/Subtype /Image" not in drawn.print_data
    assert b"/FontFile" in drawn.print_data or b"/FontDescriptor" in drawn.print_data
