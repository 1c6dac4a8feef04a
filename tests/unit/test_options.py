from __future__ import annotations

import pytest

from heapledger.model import Profile
from heapledger.source.expectations import Expectation, split_commas
from heapledger.source.options import Options, parse_options, split_options


def read(*lines: str) -> tuple[Options, list[tuple[int, str]], list[str]]:
    body = list(lines)
    found, first, problems = split_options(body)
    options, more = parse_options(found)
    return options, [(problem.line, problem.text) for problem in [*problems, *more]], body[first:]


def test_a_path_on_the_first_line_is_code() -> None:
    options, problems, code = read("::std::mem::drop(1);")
    assert (options, problems, code) == (Options(), [], ["::std::mem::drop(1);"])


def test_a_quote_in_a_caption_is_text() -> None:
    options, problems, code = read(""":caption: it's "quoted: #1""", "", "let x = 1;")
    assert (options.caption, problems, code) == ("""it's "quoted: #1""", [], ["let x = 1;"])


def test_a_yaml_block_is_refused() -> None:
    _, problems, code = read("---", "expect: allocs == 1", "---", "let x = 1;")
    assert problems == [(0, "a '---' block is not read here; write each option as ':name: value' on a line of its own")]
    assert code


def test_expectations_for_both_and_for_one() -> None:
    options, problems, _ = read(":expect: allocs == 1, live <= 1_000", ":expect-release: allocs == 0")
    assert problems == []
    assert options.expect == (
        (None, Expectation("allocs", "==", 1)),
        (None, Expectation("live", "<=", 1000)),
        (Profile.RELEASE, Expectation("allocs", "==", 0)),
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (":expct: allocs == 1", ":expct: is not an option; did you mean 'expect'?"),
        (":expect: alocs == 1", ":expect: unknown metric 'alocs'; did you mean 'allocs'?"),
        (
            ":expect: allocs = 1",
            ":expect: 'allocs = 1' is not of the form METRIC OP VALUE (operators: == != <= >= < >)",
        ),
        (":expect: allocs == 0x1", ":expect: '0x1' is not a whole number (digits and '_')"),
        (":expect:", ":expect: an expectation is empty; write METRIC OP VALUE, …"),
        (":expect: size() == 1", ":expect: 'size()' is empty; write size(TYPE)"),
        (":expect: size(u8", ":expect: 'size(u8': size takes its argument in parentheses, as in size(…) == VALUE"),
        (":expect: size(u8 u8) == 1", ":expect: 'u8 u8' is not a type"),
        (":expect: size(typeof(1 +)) == 1", ":expect: '1 +' is not an expression"),
        (":expect: offset(Header) == 1", ":expect: 'offset(Header)' names no field; write offset(TYPE.field)"),
        (":expect: calls(main) == 1", ":expect: 'calls(main)' is not of the form calls(FN, SYMBOL)"),
        (":expect: frame(main) == big", ":expect: 'big' is not a whole number (digits and '_')"),
        (":expect: symbol(main) < present", ":expect: 'symbol' is compared with == or !=, not <"),
        (":expect: symbol(main) == presnt", ":expect: 'presnt' is unknown to symbol; did you mean 'present'?"),
        (":expect: section(X) == .roddata", ":expect: '.roddata' is unknown to section; did you mean '.rodata'?"),
        (":edition: 2020", ":edition: '2020' is unknown; did you mean '2024'?"),
        (":timeout: -1", ":timeout: takes seconds of processor time above 0 and up to 60, found '-1'"),
        (":fails: 382", ":fails: takes a code such as E0382, found '382'"),
        (":exit: 300", ":exit: takes an exit status from 0 to 255 or a signal such as SIGABRT, found '300'"),
        (":no-run: yes", ":no-run: takes no value, found 'yes'"),
        (":profiles: debug, realese", ":profiles: 'realese' is unknown; did you mean 'release'?"),
        (":show: layout", ":show: 'layout' names nothing; write layout=TYPE"),
        (":show: asm=", ":show: 'asm=' names nothing; write asm=FUNCTION"),
        (":show: layout=Vec<", ":show: 'Vec<' is not a type"),
        (":deps: serde", ":deps: is not available yet"),
        (":toolchain: new", ":toolchain: takes a range such as '>=1.85,<1.97', found 'new'"),
        (":max-items: many", ":max-items: takes a number from 1 to 200, found 'many'"),
        (":show: blocks=last", ":show: 'blocks=last' is unknown; did you mean 'blocks=peak'?"),
        (":region: r", ":region: needs :file:"),
        (":expect allocs", "ill-formed option ':expect allocs'; write ':name: value'"),
    ],
)
def test_what_is_wrong(line: str, message: str) -> None:
    _, problems, _ = read(line, "", "let x = 1;")
    assert problems == [(0, message)]


def test_a_repeated_option_is_an_error() -> None:
    _, problems, _ = read(":edition: 2021", ":edition: 2024")
    assert problems == [(1, "option ':edition:' is repeated; the first stands 1 line(s) above")]


def test_contradictions_are_errors() -> None:
    _, problems, _ = read(":fails: E0382", ":expect: allocs == 0")
    assert problems == [(1, ":fails: and :expect: contradict each other")]


def test_commas_inside_brackets_do_not_split() -> None:
    assert split_commas("size(Foo<A, B>) == 1, x[1, 2] > 3, a < 2, b < 3") == [
        "size(Foo<A, B>) == 1",
        " x[1, 2] > 3",
        " a < 2",
        " b < 3",
    ]
