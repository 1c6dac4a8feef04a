"""A snippet: one piece of Rust in a document or a file, with its options and markers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from heapledger.model import Location, Profile
from heapledger.source import rust
from heapledger.source.facts import Fact, parse_fact
from heapledger.source.options import Options, parse_options, split_options
from heapledger.source.problems import MarkupProblem, Problem

MAX_BYTES = 64 * 1024
"""Longest source of a snippet; longer ones belong into ``rust_snippets/`` in pieces."""

_ID = re.compile(r"[a-z][a-z0-9-]*")
_INVISIBLE = {
    **dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD], "an invisible character"),
    **dict.fromkeys(
        [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C], "a bidirectional control"
    ),
    **dict.fromkeys(range(0xE0000, 0xE0080), "an invisible tag character"),
    **dict.fromkeys([*range(9), *range(0x0B, 0x20), 0x7F], "a control character"),
}
_NEARLY = re.compile(
    r"//\s+~\s*(?:\[\w+\]\s*)?(?:end:\s*)?(?:\(\s*)?(?:(?:alloc|zeroed|any|realloc|free)\s+\d|none\s*$)"
)
"""A comment that was meant as a fact."""
_INVISIBLE_CHARACTER = re.compile(f"[{re.escape(''.join(map(chr, _INVISIBLE)))}]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one line of a snippet's source stands."""

    location: Location
    column: int
    """Characters that stand before the line's text in the file: the indentation of a list, the ``>`` of a quote."""


@dataclass(frozen=True, slots=True)
class MemoryMarker:
    """``//@ memory: caption``: a snapshot is wanted here, after the statement before it."""

    line: int
    caption: str
    time: int | None = None
    """Which time the program comes here, from 1; None: the last."""
    column: int | None = None
    """Bytes of the line that stand before it; None: all of them."""


@dataclass(frozen=True, slots=True)
class AskedLayout:
    """A type whose layout an ``{alloc:layout}`` shows."""

    type: str
    line: int
    """Line of the source that asks for it, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """One piece of Rust with everything its author said about it."""

    id: str
    document: str
    """Name of the document, or the file's path."""
    location: Location
    """The directive itself."""
    options: Options
    option_lines: tuple[tuple[str, Location, str], ...] = ()
    """Name, place and text of each given option."""
    lines: tuple[str, ...]
    """The source as the author wrote it, hidden lines and markers included."""
    places: tuple[Place, ...]
    """Where each of ``lines`` stands."""
    code: tuple[str, ...]
    """``lines`` with the prefix of hidden lines and the markers taken out: what is compiled."""
    hidden: frozenset[int]
    """Lines (from 1) that the page folds away."""
    facts: tuple[Fact, ...]
    memory: tuple[MemoryMarker, ...]
    problems: tuple[tuple[Location, str], ...]
    """What is wrong with the text; a snippet with problems is not run."""
    layouts: tuple[AskedLayout, ...] = ()
    """Of ``{alloc:layout}``, whose source is nothing but types and the items that they need."""

    def option_place(self, name: str) -> Location:
        """Location of an option, or of the directive where it was not given."""
        return next((place for given, place, _ in self.option_lines if given == name), self.location)

    def text_at(self, location: Location) -> str | None:
        """Text of the author's line at a location: code or an option."""
        for line, place in zip(self.lines, self.places, strict=True):
            if place.location == location:
                return line
        return next((text for _, place, text in self.option_lines if place == location), None)

    def place_of(self, line: int | None) -> Location:
        """Location of a line of the source; of the line after the last for the end of a wrapped main."""
        if line is None or not self.places or line < 1:
            return self.location
        return self.places[min(line, len(self.places)) - 1].location

    def column_of(self, line: int, column: int) -> int:
        """Column in the file, from 1, of a column of the compiled line, from 1."""
        if not 1 <= line <= len(self.places):
            return column
        prefix = 2 if line in self.hidden and self.lines[line - 1].startswith("# ") else 0
        return self.places[line - 1].column + prefix + column

    def facts_for(self, profile: Profile, line: int, *, at_end: bool) -> tuple[Fact, ...]:
        """Return the facts that hold for a line in a profile; one that names the profile stands before one for both."""
        here = [fact for fact in self.facts if fact.line == line and fact.at_end == at_end]
        own = tuple(fact for fact in here if fact.profile is profile)
        return own or tuple(fact for fact in here if fact.profile is None)


def read_body(
    *,
    body: list[str],
    places: list[Place],
    snippet_id: str,
    document: str,
    location: Location,
    included: IncludedSource | None = None,
    trouble: tuple[str, str] | None = None,
) -> Snippet:
    """Make a snippet from the raw lines of a directive's body.

    :param places: where each raw line of ``body`` stands.
    :param included: the text that ``:file:`` names, already read by the caller; replaces the body's code.
    :param trouble: the option at fault (``file`` or ``region``) and why that text could not be read.
    """
    found, first, problems = split_options(body)
    options, more = parse_options(found)
    at = _Problems(location, places)
    at.extend([*problems, *more])
    at.name(options, body)
    if trouble:
        option, text = trouble
        at.found.append((next((place for name, place, _ in at.named if name == option), location), text))
    if snippet_id and _ID.fullmatch(snippet_id) is None:
        at.here(f"the id '{snippet_id}' must match [a-z][a-z0-9-]*")
    lines, code_places = body[first:], places[first:]
    outside: frozenset[int] = frozenset()
    if included is not None:
        if any(line.strip() for line in lines):
            at.here(":file: and code in the directive contradict each other")
        lines, code_places, outside = list(included.lines), list(included.places), included.outside
    while lines and not lines[-1].strip():
        lines.pop()
        code_places.pop()
    return _assemble(snippet_id, document, options, lines, code_places, outside, at)


def read_rust(*, text: str, file: str, snippet_id: str) -> Snippet:
    """Make a snippet of a whole Rust file: no option block, no hidden lines, markers as everywhere."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip("\n").split("\n")
    places = [Place(Location(file, number), 0) for number in range(1, len(lines) + 1)]
    edition = re.match(r"//\s*edition:\s*(\d{4})\s*$", lines[0])
    options = Options(file=file, edition=edition[1] if edition else None)
    return _assemble(snippet_id, file, options, lines, places, frozenset(), _Problems(Location(file, 1), places))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludedSource:
    """The text of ``:file:``, with the lines outside ``:region:`` marked hidden."""

    lines: tuple[str, ...]
    places: tuple[Place, ...]
    outside: frozenset[int]
    """Lines from 1 that the page does not show."""


class _Problems:
    """Turns line indices of the body into locations while problems are collected."""

    def __init__(self, location: Location, places: list[Place]) -> None:
        self.location = location
        self.places = places
        self.found: list[tuple[Location, str]] = []
        self.named: tuple[tuple[str, Location, str], ...] = ()

    def name(self, options: Options, body: list[str]) -> None:
        """Remember where each option stands."""
        self.named = tuple((name, self.places[index].location, body[index]) for name, index in options.lines)

    def here(self, text: str) -> None:
        self.found.append((self.location, text))

    def at(self, place: Place, text: str) -> None:
        self.found.append((place.location, text))

    def need_marker(self) -> None:
        """Refuse options that say how memory is shown, where nothing says when."""
        for name, place, text in self.named:
            asks = name in {"variables", "frames"} or (name == "show" and "memory" in text)
            if asks:
                self.found.append((place, f":{name}: needs a line '//@ memory: caption' in the code"))

    def know_names(self, options: Options, text: str) -> None:
        """Refuse names of variables and functions that the program has nowhere: the picture would be empty."""
        known = set(re.findall(r"\w+", text)) | {"main"}
        asked = [("variables", name.removeprefix("!")) for name in options.variables]
        asked += [("frames", name.rpartition("::")[2]) for name in options.frames if "{" not in name]
        for option, name in asked:
            if name not in known:
                place = next((place for given, place, _ in self.named if given == option), self.location)
                what = "variable" if option == "variables" else "function"
                self.found.append((place, f":{option}: names '{name}', but the program has no {what} of that name"))

    def extend(self, problems: list[Problem]) -> None:
        for problem in problems:
            place = self.places[problem.line].location if 0 <= problem.line < len(self.places) else self.location
            self.found.append((place, problem.text))


def _assemble(
    snippet_id: str,
    document: str,
    options: Options,
    lines: list[str],
    places: list[Place],
    outside: frozenset[int],
    at: _Problems,
) -> Snippet:
    _check_characters(lines, places, at)
    if not any(line.strip() for line in lines) and options.file is None:
        at.here("the snippet is empty")
    if sum(len(line.encode()) + 1 for line in lines) > MAX_BYTES:
        at.here(f"the snippet is longer than {MAX_BYTES:,} bytes; move it to rust_snippets/ and show a region of it")
        lines, places = [], []
    hidden, code = (outside, list(lines)) if options.file else _unhide(lines)
    facts, memory = _take_markers(code, places, at)
    if not memory:
        at.need_marker()
    elif options.fails is not None or options.no_run:
        at.at(places[memory[0].line - 1], "'//@ memory' needs a program that runs; this one is not run")
    if memory and not at.found:
        at.know_names(options, "\n".join(code))
    return Snippet(
        id=snippet_id,
        document=document,
        location=at.location,
        options=options,
        option_lines=at.named,
        lines=tuple(lines),
        places=tuple(places),
        code=tuple(code),
        hidden=frozenset(hidden),
        facts=tuple(facts),
        memory=tuple(memory),
        problems=tuple(at.found),
    )


def _unhide(lines: list[str]) -> tuple[set[int], list[str]]:
    """Take the prefix from hidden lines (``# `` or a lone ``#``) and the doubling from ``## ``."""
    hidden: set[int] = set()
    code = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("# ") or line.rstrip() == "#":
            hidden.add(number)
            code.append(line[2:])
        else:
            code.append(line[1:] if line.startswith("## ") else line)
    return hidden, code


def _take_markers(code: list[str], places: list[Place], at: _Problems) -> tuple[list[Fact], list[MemoryMarker]]:
    """Collect ``//~`` and ``//@`` markers and blank them in ``code``, in place."""
    facts: list[Fact] = []
    memory: list[MemoryMarker] = []
    for row, column, comment in rust.line_comments("\n".join(code)):
        if _NEARLY.match(comment):
            at.at(places[row], f"'{comment}' is an ordinary comment, and nothing is checked; a fact begins with '//~'")
        start = 0 if comment.startswith("//@") else comment.find("//~")
        if start < 0:
            continue
        for mark in re.split(r"(?=//[~@])", comment[start:])[1:]:
            try:
                if mark.startswith("//~"):
                    facts.append(parse_fact(mark.removeprefix("//~").strip(), row + 1))
                else:
                    memory.append(_memory_marker(mark.removeprefix("//@").strip(), row + 1))
            except MarkupProblem as problem:
                at.at(places[row], f"{mark[:3]} {problem}" if mark.startswith("//~") else str(problem))
        code[row] = code[row][: column + start].rstrip()
    return facts, memory


def _memory_marker(text: str, line: int) -> MemoryMarker:
    keyword, _, caption = text.partition(":")
    found = re.fullmatch(r"memory(?:\[(\d+)\])?", keyword.strip())
    if found is None:
        raise MarkupProblem(f"unknown marker '//@ {keyword.strip()}'; write '//@ memory: caption'")
    if found[1] is not None and not 0 < int(found[1]) < 1 << 32:
        raise MarkupProblem(f"'//@ memory[{found[1]}]': times are counted from 1")
    return MemoryMarker(line, caption.strip(), int(found[1]) if found[1] else None)


def _check_characters(lines: list[str], places: list[Place], at: _Problems) -> None:
    """Refuse what makes the shown code differ from the compiled one, a lone carriage return among it."""
    for line, place in zip(lines, places, strict=True):
        found = _INVISIBLE_CHARACTER.search(line)
        if found is not None:
            code = ord(found[0])
            what = f"{_INVISIBLE[code]} (U+{code:04X})"
            at.at(place, f"column {found.start() + 1} holds {what}: readers would not see what is compiled")
