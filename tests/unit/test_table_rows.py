"""Rows of measured tables: what prepares them, which claims they name, whose calls count; the files to download."""

from __future__ import annotations

import csv
import io
import json

import msgspec
import pytest

from heapledger.model import (
    Event,
    EventKind,
    Exit,
    ExitKind,
    Ledger,
    Location,
    Outside,
    OutsideTotals,
    Profile,
    Toolchain,
    Totals,
)
from heapledger.render.table import calls_text, metric
from heapledger.render.table_files import Measured, TableRow, as_csv, as_json
from heapledger.source.snippet import Place
from heapledger.source.tables import Row, read_table

HERE = Location("page.md", 1)
TOOLCHAIN = Toolchain(rustc="1.95.0", commit="", host="x86_64-unknown-linux-gnu", llvm="")


def rows(*lines: str) -> tuple[Row, ...]:
    table = read_table(
        lines=list(lines), places=[Place(HERE, 0)] * len(lines), name="t", document="page", location=HERE
    )
    assert table.problems == ()
    return table.rows


def test_what_prepares_a_row_has_a_line_of_its_own() -> None:
    (row,) = rows("# use a::b;", "let mut v = vec![1u8]; ==> v.push(2) //~ realloc 1 -> 8 //@ claim: one, two")
    assert row.snippet.code == (
        "use a::b;",
        "fn main() { let mut v = vec![1u8];",
        "let value = v.push(2);",
        "std::hint::black_box(&value); }",
    )
    assert (row.expression, row.setup, row.claims) == ("v.push(2)", "let mut v = vec![1u8];", ("one", "two"))
    assert [fact.line for fact in row.snippet.facts] == [3]
    assert row.line == 3
    assert row.snippet.problems == ()


def test_a_row_alone_is_its_whole_program() -> None:
    (row,) = rows('"a ==> b".len() //@ claim: one')
    assert row.snippet.code[0] == 'fn main() { let value = "a ==> b".len();'
    assert (row.line, row.claims) == (None, ("one",))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("let v = 1 ==> v + 1", "what stands before '==>' is statements, and ends with ';'"),
        ("1 + 1 //@ claim: ", "'//@ claim:' names no claim"),
        ("let v = 1; ==> v; v", "a row is one expression, and 'v; v' is not; use a block: { …; … }"),
    ],
)
def test_what_is_wrong_with_a_row(text: str, problem: str) -> None:
    (row,) = rows(text)
    assert [found for _, found in row.snippet.problems] == [problem]


def ledger(*events: Event) -> Ledger:
    nothing = OutsideTotals(allocs=0, bytes=0)
    return Ledger(
        profile=Profile.DEBUG,
        toolchain=TOOLCHAIN,
        traced=True,
        events_left_out=0,
        unstable={},
        totals=Totals(allocs=2, reallocs=1, frees=0, bytes=12, peak=20, live=0),
        events=events,
        threads=1,
        outside=Outside(startup=nothing, shutdown=nothing),
        stdout="",
        stderr="",
        exit=Exit(kind=ExitKind.RETURNED, code=0, diagnostics=()),
    )


def event(kind: EventKind, size: int, line: int | None, old: int | None = None) -> Event:
    plain = Event(seq=0, kind=kind, size=size, align=1, block=1, line=line, thread=1, runtime=False, path=())
    return plain if old is None else msgspec.structs.replace(plain, old_size=old)


SETUP = event(EventKind.ALLOC, 8, 1)
GROWS = event(EventKind.REALLOC, 16, 2, 8)
ASKS = event(EventKind.ALLOC, 4, 2)


def test_only_calls_of_the_expression_count() -> None:
    one = ledger(SETUP, GROWS, ASKS)
    assert calls_text(one, 2) == "8 → 16 B, + 4 B"
    assert [metric(one, name, 2) for name in ("allocs", "reallocs", "bytes")] == [1, 1, 4]
    assert [metric(one, name) for name in ("allocs", "reallocs", "bytes")] == [2, 1, 12]
    assert calls_text(ledger(SETUP), 2) == "none"


def test_a_call_without_a_line_makes_the_row_unknown() -> None:
    one = ledger(SETUP, event(EventKind.ALLOC, 4, None))
    assert calls_text(one, 2) == "lines merged by the optimizer"
    assert metric(one, "allocs", 2) is None
    freed = ledger(SETUP, GROWS, event(EventKind.DEALLOC, 16, None))
    assert calls_text(freed, 2) == "8 → 16 B"


MEASURED = Measured(calls="alloc 4, alloc 8", allocs=2, reallocs=0, bytes=12)
MERGED = Measured(calls="lines merged by the optimizer", allocs=None, reallocs=None, bytes=None)
ROW = TableRow(
    id="t-pair",
    table="Pairs",
    setup='let s = "a,b";',
    expression='pair(s, "x")',
    debug=MEASURED,
    release=MERGED,
    verdict="verified",
    status="implementation",
    claims=("one", "two"),
)


def test_csv_keeps_commas_and_quotes_of_rust() -> None:
    text = as_csv([ROW], TOOLCHAIN).decode()
    (read,) = csv.DictReader(io.StringIO(text))
    assert read["setup"] == 'let s = "a,b";'
    assert read["expression"] == 'pair(s, "x")'
    assert (read["debug_calls"], read["debug_bytes"], read["release_bytes"]) == ("alloc 4, alloc 8", "12", "")
    assert (read["claims"], read["rustc"]) == ("one two", "1.95.0")


def test_json_says_the_same() -> None:
    found = json.loads(as_json([ROW], TOOLCHAIN))
    assert found["schema"] == 1
    assert found["toolchain"]["rustc"] == "1.95.0"
    (row,) = found["rows"]
    assert row["debug"] == {"calls": "alloc 4, alloc 8", "allocs": 2, "reallocs": 0, "bytes": 12}
    assert row["release"]["bytes"] is None
    assert row["claims"] == ["one", "two"]
