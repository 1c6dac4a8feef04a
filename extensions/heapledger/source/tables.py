"""``{alloc:table}``: one expression a row, each measured alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from heapledger.model import COUNTED_METRICS, Location
from heapledger.source import rust
from heapledger.source.facts import Fact, parse_fact
from heapledger.source.options import Options, split_options
from heapledger.source.problems import MarkupProblem, nearest
from heapledger.source.snippet import Place, Snippet

COLUMNS = ("debug", "release", *COUNTED_METRICS, "status", "claim")
DEFAULT_COLUMNS = ("debug", "release", "bytes")
OPTIONS = ("columns", "elide", "caption", "name", "class", "toolchain")
HEAD = "fn main() { let value = "
BOUND = "let value = "
"""What stands before the expression of a row whose preparation has the line above."""
ARROW = " ==> "
"""Stands between what prepares a row and its expression; no Rust has it."""
CLAIMS = "//@ claim:"
KEEP = "std::hint::black_box(&value); }"
ELIDE = "}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """The options of a table, checked."""

    columns: tuple[str, ...] = DEFAULT_COLUMNS
    elide: bool = False
    """``black_box`` is left out: what the optimizer does to a value that nobody looks at."""
    caption: str = ""
    name: str = ""
    classes: tuple[str, ...] = ()
    toolchain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: what it shows, and the program that measures it."""

    snippet: Snippet
    expression: str
    setup: str = ""
    """Statements that prepare the expression; what they ask for is not the expression's."""
    claims: tuple[str, ...] = ()
    """Ids of claims that the row names itself."""

    @property
    def line(self) -> int | None:
        """Line of the program that the expression has for itself; None where the whole program is the row's."""
        return len(self.snippet.code) - 1 if self.setup else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with one snippet for each row."""

    options: TableOptions
    rows: tuple[Row, ...]
    problems: tuple[tuple[Location, str], ...]
    """What is wrong with the table itself; problems of a row are the row's."""


def read_table(*, lines: list[str], places: list[Place], name: str, document: str, location: Location) -> Table:
    """Make a table of the raw lines of a directive's body."""
    options, first, problems = _options(lines, places)
    if not name or re.fullmatch(r"[a-z][a-z0-9-]*", name) is None:
        problems.append((location, f"a table needs a name that matches [a-z][a-z0-9-]*, found '{name}'"))
        name = "table"
    declared: list[tuple[str, Place]] = []
    rows: list[Row] = []
    taken: set[str] = set()
    for text, place in zip(lines[first:], places[first:], strict=True):
        if not text.strip():
            continue
        if text.startswith("# "):
            declared.append((text[2:], place))
            continue
        parts = _split_row(text, len(declared) + 1, place)
        row_id = _unique(f"{name}-{slug(parts.expression)}", taken)
        snippet = _row(row_id, document, options, declared, (text, place), parts)
        rows.append(Row(snippet=snippet, expression=parts.expression, setup=parts.setup, claims=parts.claims))
    if not rows:
        problems.append((location, "the table has no rows; write one expression a line"))
    return Table(options=options, rows=tuple(rows), problems=tuple(problems))


def slug(expression: str) -> str:
    """Return the words of an expression, joined by hyphens: what a row's id ends with."""
    return re.sub(r"[^a-z0-9]+", "-", expression.lower()).strip("-")[:48].rstrip("-") or "row"


def _unique(wanted: str, taken: set[str]) -> str:
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    taken.add(found)
    return found


def _options(lines: list[str], places: list[Place]) -> tuple[TableOptions, int, list[tuple[Location, str]]]:
    found, first, ill_formed = split_options(lines)
    problems = [(places[problem.line].location, problem.text) for problem in ill_formed]
    options = TableOptions()
    seen: set[str] = set()
    for index, name, value in found:
        place = places[index].location
        if name in seen:
            problems.append((place, f"option ':{name}:' is repeated"))
            continue
        seen.add(name)
        try:
            options = _apply(options, name, value)
        except MarkupProblem as problem:
            problems.append((place, f":{name}: {problem}"))
    return options, first, problems


def _apply(options: TableOptions, name: str, value: str) -> TableOptions:
    if name == "columns":
        columns = tuple(part.strip() for part in value.split(","))
        for column in columns:
            if column not in COLUMNS:
                raise MarkupProblem(f"unknown column '{column}'{nearest(column, COLUMNS)}")
        return replace(options, columns=columns)
    if name == "elide":
        if value:
            raise MarkupProblem("takes no value")
        return replace(options, elide=True)
    if name == "caption":
        return replace(options, caption=value)
    if name == "name":
        return replace(options, name=value)
    if name == "class":
        return replace(options, classes=tuple(value.split()))
    if name == "toolchain":
        return replace(options, toolchain=value)
    raise MarkupProblem(f"is not an option{nearest(name, OPTIONS)}")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A row's text, taken apart."""

    expression: str
    setup: str
    facts: tuple[Fact, ...]
    claims: tuple[str, ...]
    problems: tuple[tuple[Location, str], ...]


def _split_row(text: str, line: int, place: Place) -> _Parts:
    """Take a row apart.

    Facts speak for the line of the expression, those of the end for the last line, where the drop is.
    """
    found = [comment for row, _, comment in rust.line_comments(HEAD + text) if row == 0]
    comment = next((one for one in found if "//~" in one or CLAIMS in one), "")
    comment = comment[min(at for mark in ("//~", CLAIMS) if (at := comment.find(mark)) >= 0) :] if comment else ""
    code = text.removesuffix(comment).strip() if comment else text.strip()
    setup, arrow, expression = ("", "", code) if rust.is_one_expression(code) else code.rpartition(ARROW)
    setup, expression = setup.strip(), expression.strip()
    markers, _, named = comment.partition(CLAIMS)
    claims = tuple(part.strip() for part in named.split(",") if part.strip())
    line += bool(arrow)
    facts: list[Fact] = []
    wrong: list[tuple[Location, str]] = []
    for marker in markers.split("//~")[1:]:
        try:
            fact = parse_fact(marker.strip(), line)
        except MarkupProblem as problem:
            wrong.append((place.location, f"//~ {problem}"))
            continue
        facts.append(replace(fact, line=line + 1, at_end=False) if fact.at_end else fact)
    if not rust.is_one_expression(expression):
        wrong.append((place.location, f"a row is one expression, and '{expression}' is not; use a block: {{ …; … }}"))
    if arrow and not setup.endswith((";", "}")):
        wrong.append((place.location, f"what stands before '{ARROW.strip()}' is statements, and ends with ';'"))
    if named and not claims:
        wrong.append((place.location, f"'{CLAIMS}' names no claim"))
    return _Parts(expression, setup, tuple(facts), claims, tuple(wrong))


def _row(
    row_id: str,
    document: str,
    options: TableOptions,
    declared: list[tuple[str, Place]],
    row: tuple[str, Place],
    parts: _Parts,
) -> Snippet:
    text, place = row
    last = ELIDE if options.elide else KEEP
    if parts.setup:
        head = HEAD.removesuffix(BOUND)
        code: tuple[str, ...] = (f"{head}{parts.setup}", f"{BOUND}{parts.expression};", last)
        shift = text.find(ARROW) + len(ARROW) - len(BOUND)
        lines: tuple[str, ...] = (text, text, "")
        places: tuple[Place, ...] = (
            Place(place.location, place.column - len(head)),
            Place(place.location, place.column + shift),
            place,
        )
    else:
        code = (f"{HEAD}{parts.expression};", last)
        lines, places = (text, ""), (Place(place.location, place.column - len(HEAD)), place)
    return Snippet(
        id=row_id,
        document=document,
        location=place.location,
        options=Options(show=("none",), toolchain=options.toolchain or None),
        lines=(*(line for line, _ in declared), *lines),
        places=(*(where for _, where in declared), *places),
        code=(*(line for line, _ in declared), *code),
        hidden=frozenset(range(1, len(declared) + 1)),
        facts=parts.facts,
        memory=(),
        problems=parts.problems,
    )
