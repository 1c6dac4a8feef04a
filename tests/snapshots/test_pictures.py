"""Memory diagrams: text beside the case, the drawn picture, options, other outputs, the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from heapledger.engine.cache import Cache
from heapledger.engine.draw import PictureJob, draw_all, find_renderer
from heapledger.outcome import SnippetOutcome
from heapledger.render.memory import view_of
from heapledger.render.memory_text import memory_lines
from heapledger.render.mermaid.diagram import Diagram
from heapledger.render.mermaid.memory import memory_diagrams
from heapledger.render.mermaid.palette import config
from heapledger.source.options import Options

HERE = Path(__file__).parent

WALK = """use std::rc::Rc;
fn longest(words: &[String], spare: Vec<u8>) -> usize {
    let mut best = 0;
    for word in words {
        best = best.max(word.len()); //@ memory[2]: in the loop
    }
    best + spare.capacity()
}
fn main() {
    let words = vec![String::from("Ada"), String::from("Grace")]; //@ memory: two words
    let shared = Rc::new(7u64);
    let other = Rc::clone(&shared);
    let later: Box<u8>;
    let spare = Vec::with_capacity(4);
    let best = longest(&words, spare);
    std::mem::forget(Box::new(1.5f64));
    let words = words.len();
    //@ memory: at the end
    later = Box::new(2);
    println!("{best} {words} {shared} {other} {later}");
}
"""


@pytest.fixture(scope="module")
def walk(take_once: Callable[[str], SnippetOutcome]) -> SnippetOutcome:
    outcome = take_once(WALK)
    assert outcome.findings == ()
    return outcome


def diagrams(outcome: SnippetOutcome, options: Options | None = None) -> tuple[Diagram, ...]:
    assert outcome.snapshots is not None
    return memory_diagrams(outcome.snapshots.snapshots, options or Options())


def test_mermaid_text(walk: SnippetOutcome, check_expected: Callable[[Path, str], None]) -> None:
    parts = [f"{one.title}\n{one.description}\n{one.left_out}\n{one.source}" for one in diagrams(walk)]
    check_expected(HERE / "walk.mermaid.expected", "\n".join(parts))


def test_terminal_text(walk: SnippetOutcome, check_expected: Callable[[Path, str], None]) -> None:
    assert walk.snapshots is not None
    lines = memory_lines(walk.snapshots, Options())
    text = "\n".join("".join(piece for piece, _ in line).rstrip() for line in lines)
    check_expected(HERE / "walk.text.expected", text + "\n")


def test_steps_stand_in_order_of_time(walk: SnippetOutcome) -> None:
    titles = [one.title for one in diagrams(walk)]
    assert [title.partition(":")[2].strip() for title in titles] == ["two words", "in the loop", "at the end"]


def test_variables_keep_their_order_in_the_drawn_picture(take_once: Callable[[str], SnippetOutcome]) -> None:
    code = """let z = 1u8;
let a = vec![1u8];
let m = String::from("m");
let b = &a;
let y = Box::new(2u8);
//@ memory
println!("{z} {a:?} {m} {b:?} {y}");
"""
    (diagram,) = diagrams(take_once(code))
    renderer = find_renderer()
    assert renderer is not None
    job = PictureJob(
        key=diagram.key,
        source=diagram.source,
        config=config("memory"),
        title=diagram.title,
        description=diagram.description,
    )
    drawn, _ = draw_all([job], Cache(None), renderer, for_printing=False)
    assert drawn[diagram.key].error == ""
    heights = places(drawn[diagram.key].svg)
    order = sorted(("z: u8", "a: Vec<u8>", "m: String", "b: &Vec<u8>", "y: Box<u8>"), key=lambda name: heights[name])
    assert order == ["z: u8", "a: Vec<u8>", "m: String", "b: &Vec<u8>", "y: Box<u8>"]
    arrows = re.findall(r"flowchart-link", drawn[diagram.key].svg)
    assert len(arrows) >= 4


def test_texts_fit_their_cells(walk: SnippetOutcome) -> None:
    """Mermaid makes cells that span units too narrow where another box has wider ones."""
    diagram = diagrams(walk)[-1]
    renderer = find_renderer()
    assert renderer is not None
    job = PictureJob(key=diagram.key, source=diagram.source, config=config("memory"), title="t", description="d")
    drawn, _ = draw_all([job], Cache(None), renderer, for_printing=False)
    assert drawn[diagram.key].error == ""
    checked = 0
    for node in ET.fromstring(drawn[diagram.key].svg).iter(f"{SVG}g"):
        box = node.find(f"{SVG}rect")
        rows = ["".join(row.itertext()).strip() for row in node.iter(f"{SVG}tspan") if "outer" in row.get("class", "")]
        if (
            "node" in node.get("class", "").split()
            and box is not None
            and rows
            and "title" not in node.get("class", "")
        ):
            assert float(box.get("width", "0")) > 5.5 * max(map(len, rows)), rows
            checked += 1
    assert checked >= 10


SVG = "{http://www.w3.org/2000/svg}"


def places(svg: str) -> dict[str, float]:
    """Vertical place of each cell, by the first row of its text."""
    found: dict[str, float] = {}
    for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        place = re.match(r"translate\(\s*[-\d.e]+[ ,]+([-\d.e]+)", node.get("transform", ""))
        rows = [
            row
            for row in node.iter("{http://www.w3.org/2000/svg}tspan")
            if row.get("class", "").startswith("text-outer")
        ]
        if place is not None and rows and "node" in node.get("class", ""):
            found["".join(rows[0].itertext()).strip()] = float(place[1])
    return found


@pytest.mark.parametrize(
    ("options", "variables", "blocks"),
    [
        (Options(variables=("words",)), {"words"}, {1, 2, 3}),
        (Options(variables=("!words", "!spare")), {"best", "word"}, set()),
        (Options(frames=("longest",)), {"words", "spare", "best", "word"}, None),
    ],
)
def test_options_choose(walk: SnippetOutcome, options: Options, variables: set[str], blocks: set[int] | None) -> None:
    assert walk.snapshots is not None
    view = view_of(walk.snapshots.snapshots[1], options)
    shown = {variable.name for frame in view.frames for variable in frame.variables}
    assert variables <= shown
    if options.frames:
        assert [frame.function for frame in view.frames] == ["longest"]
    if "words" in options.variables:
        assert shown == variables
        assert {block.block for block in view.blocks} == blocks


def test_changes_are_marked(walk: SnippetOutcome) -> None:
    first, _, last = diagrams(walk)
    assert "changed" not in first.source
    assert "Since the snapshot before" in last.description
    assert re.search(r"class \S+ changed", last.source)


def test_states_are_words_and_shapes(walk: SnippetOutcome) -> None:
    last = diagrams(walk)[-1]
    assert re.search(r'"spare: Vec#lt;u8#gt;[^"]*<br/>24 B · moved"', last.source)
    assert re.search(r'"later: Box#lt;u8#gt;[^"]*<br/>8 B · not initialised"', last.source)
    assert "LEAKED: nothing reaches it" in last.source
    assert re.search(r"class \S+ gone", last.source)
    assert re.search(r"class \S+ leak", last.source)


def test_owning_and_borrowing_arrows_differ(walk: SnippetOutcome) -> None:
    inside = diagrams(walk)[1]
    assert re.search(r"  v\d_\d --> b\d", inside.source)
    assert re.search(r"  v\d_\d -\.-> [vb]\d", inside.source)


def test_what_has_no_room_is_said_in_words(take_once: Callable[[str], SnippetOutcome]) -> None:
    """Arrows inside a column and beside it, long lists, the place of a static with a long name."""
    code = """let squares: Vec<u32> = (0..100).map(|n| n * n).collect();
let first = 1u8;
let near = &first;
let list: Vec<Box<dyn std::fmt::Display>> = vec![Box::new(1u8), Box::new(2u16)];
//@ memory
println!("{} {near} {}", squares.len(), list.len());
"""
    (diagram,) = diagrams(take_once(code))
    assert "#91;" not in diagram.source
    assert "<br/>[0, 1, 4, 9, … 96 more]<br/>" in diagram.source
    assert '["near: #amp;u8<br/>8 B · → first"]' in diagram.source
    assert '["vtable of u8 as Display<br/>.data.rel.ro · 32 B"]' in diagram.source
    arrows = re.findall(r"^  (\w)\w* -\S*-> (\w)", diagram.source, re.MULTILINE)
    assert sorted(set(arrows)) == [("b", "b"), ("v", "b")]
