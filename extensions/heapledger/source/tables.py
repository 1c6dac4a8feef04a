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
class Table:
    """A table with one snippet for each row."""

    options: TableOptions
    rows: tuple[Snippet, ...]
    expressions: tuple[str, ...]
    """What each row shows."""
    problems: tuple[tuple[Location, str], ...]
    """What is wrong with the table itself; problems of a row are the row's."""


def read_table(*, lines: list[str], places: list[Place], name: str, document: str, location: Location) -> Table:
    """Make a table of the raw lines of a directive's body."""
    options, first, problems = _options(lines, places)
    if not name or re.fullmatch(r"[a-z][a-z0-9-]*", name) is None:
        problems.append((location, f"a table needs a name that matches [a-z][a-z0-9-]*, found '{name}'"))
        name = "table"
    declared: list[tuple[str, Place]] = []
    rows: list[Snippet] = []
    expressions: list[str] = []
    taken: set[str] = set()
    for text, place in zip(lines[first:], places[first:], strict=True):
        if not text.strip():
            continue
        if text.startswith("# "):
            declared.append((text[2:], place))
            continue
        expression, facts, wrong = _split_row(text, len(declared) + 1, place)
        row_id = _unique(f"{name}-{slug(expression)}", taken)
        rows.append(_row(row_id, document, options, declared, (text, place), expression, facts, wrong))
        expressions.append(expression)
    if not rows:
        problems.append((location, "the table has no rows; write one expression a line"))
    return Table(options=options, rows=tuple(rows), expressions=tuple(expressions), problems=tuple(problems))


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


def _split_row(text: str, line: int, place: Place) -> tuple[str, list[Fact], list[tuple[Location, str]]]:
    """Split a row into its expression and its facts; facts of the end speak for the last line, where the drop is."""
    comments = [comment for row, _, comment in rust.line_comments(HEAD + text) if row == 0 and "//~" in comment]
    markers = comments[0][comments[0].index("//~") :] if comments else ""
    expression = text.removesuffix(markers).strip() if markers else text.strip()
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
    return expression, facts, wrong


def _row(
    row_id: str,
    document: str,
    options: TableOptions,
    declared: list[tuple[str, Place]],
    row: tuple[str, Place],
    expression: str,
    facts: list[Fact],
    problems: list[tuple[Location, str]],
) -> Snippet:
    text, place = row
    shifted = Place(place.location, place.column - len(HEAD))
    return Snippet(
        id=row_id,
        document=document,
        location=place.location,
        options=Options(show=("none",), toolchain=options.toolchain or None),
        lines=(*(line for line, _ in declared), text, ""),
        places=(*(where for _, where in declared), shifted, place),
        code=(*(line for line, _ in declared), f"{HEAD}{expression};", ELIDE if options.elide else KEEP),
        hidden=frozenset(range(1, len(declared) + 1)),
        facts=tuple(facts),
        memory=(),
        problems=tuple(problems),
    )
