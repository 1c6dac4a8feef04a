from __future__ import annotations

import pytest

from heapledger.model import Location, Profile
from heapledger.source.program import TRACER_LINE, build_program
from heapledger.source.snippet import Place, Snippet, read_body


def snippet_of(text: str) -> Snippet:
    body = text.split("\n")
    places = [Place(Location("page.md", 10 + index), 0) for index in range(len(body))]
    return read_body(body=body, places=places, snippet_id="s", document="page", location=Location("page.md", 9))


def test_a_snippet_without_main_is_wrapped_and_nothing_else_is_added() -> None:
    program, problems = build_program(snippet_of("let x = 1;\nlet y = x;"))
    assert problems == ()
    assert program.text == "fn main() {\nlet x = 1;\nlet y = x;\n}\n"
    assert program.traced_text == program.text + TRACER_LINE + "\n"
    assert [program.source_line(line) for line in range(1, 6)] == [None, 1, 2, 3, None]


def test_a_program_with_main_stays_as_it_is() -> None:
    program, _ = build_program(snippet_of("fn main() {\n    drop(1);\n}"))
    assert program.text == "fn main() {\n    drop(1);\n}\n"
    assert [program.source_line(line) for line in range(1, 5)] == [1, 2, 3, None]


def test_inner_attributes_stay_above() -> None:
    program, _ = build_program(snippet_of("// why\n#![allow(unused)]\nlet x = 1;"))
    assert program.text == "// why\n#![allow(unused)]\nfn main() {\nlet x = 1;\n}\n"
    assert [program.source_line(line) for line in range(1, 6)] == [1, 2, None, 3, 4]


def test_a_last_expression_gives_main_its_type() -> None:
    program, _ = build_program(snippet_of("let n: u8 = s()?;\nOk::<(), std::num::ParseIntError>(())"))
    assert program.text.startswith("fn main() -> Result<(), std::num::ParseIntError> {\n")


def test_markers_are_blanked_and_strings_are_not() -> None:
    snippet = snippet_of('let s = "//~ none"; // note //~ alloc 8 //~[release] none\nlet t = 1; //~ end: free 8')
    assert snippet.code == ('let s = "//~ none"; // note', "let t = 1;")
    assert [fact.text for fact in snippet.facts_for(Profile.DEBUG, 1, at_end=False)] == ["alloc 8"]
    assert [fact.text for fact in snippet.facts_for(Profile.RELEASE, 1, at_end=False)] == ["none"]
    assert [fact.text for fact in snippet.facts_for(Profile.RELEASE, 2, at_end=True)] == ["free 8"]


def test_hidden_lines_lose_their_prefix_and_doubled_ones_stay() -> None:
    snippet = snippet_of("# use std::rc::Rc;\n#\n## not hidden\n#[derive(Debug)]\nstruct S;")
    assert snippet.code == ("use std::rc::Rc;", "", "# not hidden", "#[derive(Debug)]", "struct S;")
    assert snippet.hidden == {1, 2}


def test_hidden_lines_may_only_declare() -> None:
    _, problems = build_program(snippet_of("let v = vec![1];\n# std::hint::black_box(&v);"))
    assert len(problems) == 1
    assert problems[0][0] == 2
    assert "'std::hint::black_box(&v);' does more" in problems[0][1]


def test_hidden_items_of_every_kind_are_allowed() -> None:
    text = "\n".join(
        [
            "# use std::rc::Rc;",
            "# #[derive(Clone)]",
            "# struct S {",
            "#     a: u8,",
            "# }",
            "# impl S {",
            "#     fn new() -> S { S { a: 1 } }",
            "# }",
            "# thread_local! { static T: u8 = const { 1 }; }",
            "# macro_rules! m { () => {}; }",
            "let r = Rc::new(S::new());",
        ]
    )
    assert build_program(snippet_of(text))[1] == ()


def test_its_own_allocator_makes_a_program_untraced() -> None:
    program, _ = build_program(snippet_of("#[global_allocator]\nstatic A: System = System;\nfn main() {}"))
    assert not program.traced
    assert program.traced_text == program.text


def test_invisible_characters_are_refused() -> None:
    snippet = snippet_of("let a = 1; // \u202e evil\nlet b = 2;\r// hidden")
    assert [(str(place), text.split(":")[0]) for place, text in snippet.problems] == [
        ("page.md:10", "column 15 holds a bidirectional control (U+202E)"),
        ("page.md:11", "column 11 holds a control character (U+000D)"),
    ]


def test_memory_markers() -> None:
    snippet = snippet_of("let a = 1; //~ none //@ memory: here\n//@ memory[2]: there\n//@ memry: x\n//@ memory[0]: y")
    assert [(one.line, one.caption, one.time) for one in snippet.memory] == [(1, "here", None), (2, "there", 2)]
    assert [fact.line for fact in snippet.facts] == [1]
    assert snippet.code[0] == "let a = 1;"
    assert [text for _, text in snippet.problems] == [
        "unknown marker '//@ memry'; write '//@ memory: caption'",
        "'//@ memory[0]': times are counted from 1",
    ]


def test_memory_needs_a_program_that_runs() -> None:
    snippet = snippet_of(":no-run:\nlet a = 1; //@ memory: x")
    assert [text for _, text in snippet.problems] == ["'//@ memory' needs a program that runs; this one is not run"]


def test_memory_options_need_a_marker() -> None:
    snippet = snippet_of(":show: memory\n:variables: a\nlet a = 1;")
    assert [text for _, text in snippet.problems] == [
        ":show: needs a line '//@ memory: caption' in the code",
        ":variables: needs a line '//@ memory: caption' in the code",
    ]


@pytest.mark.parametrize(
    "comment", ["// ~ alloc 8", "//  ~ none", "// ~[debug] (alloc 8, free 8) x2", "// ~ end: free 8"]
)
def test_a_comment_that_was_meant_as_a_fact(comment: str) -> None:
    (problem,) = snippet_of(f"let a = 1; {comment}").problems
    assert problem[1].startswith(f"'{comment}' is an ordinary comment, and nothing is checked")


@pytest.mark.parametrize("comment", ["// ~8 allocations", "// none", "// about ~ none of them"])
def test_an_ordinary_comment(comment: str) -> None:
    assert snippet_of(f"let a = 1; {comment}").problems == ()
