"""Where the raw lines of a directive stand in the file that the author edits.

MyST and reStructuredText count lines differently, and some directives hand a line on that is off by one: a line is
claimed only where the file's own text confirms it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from heapledger.model import Location
from heapledger.source.snippet import Place

FARTHEST = 40
"""How many lines away from the line that was told the directive is looked for."""
TAB_WIDTH = 8
"""docutils turns tabs of reStructuredText into spaces at this width, also in string literals."""
TABS = "reStructuredText turned a tab of this line into spaces; write \\t in a literal, or use MyST"
CARRIAGE_RETURN = "the line holds a lone carriage return: not all programs end a line there; end lines with line feeds"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a directive was found."""

    directive: Location
    places: tuple[Place, ...]
    """One for each raw line of the body."""
    confirmed: bool
    """Whether the file's text has the directive and every line of its body."""
    problems: tuple[tuple[Location, str], ...] = ()
    """What the markup did to the text before we saw it."""


def find_places(body: list[str], name: str, source: str, line: int, first: int) -> Found:
    """Find the lines of a directive's body.

    :param name: the directive's name, which stands on its own first line.
    :param line: the line that the markup tells for the directive.
    :param first: the line of ``body[0]``, counted from there.
    """
    lines = _file_lines(source)
    shift = _shift(body, name, lines, line, first)
    if shift is None:
        near = Place(Location(source, line, near=True), 0)
        places = tuple(
            Place(Location(source, first + index), column)
            if (column := _column(row, lines, first + index)) is not None
            else near
            for index, row in enumerate(body)
        )
        return Found(
            Location(source, line), places, confirmed=False, problems=_carriage_returns(lines, source, line, body)
        )
    numbers = [first + shift + index for index in range(len(body))]
    places = tuple(
        Place(Location(source, number), _column(row, lines, number) or 0)
        for row, number in zip(body, numbers, strict=True)
    )
    tabs = tuple(
        (Location(source, number), TABS)
        for row, number in zip(body, numbers, strict=True)
        if "\t" in lines[number - 1].strip() and "\t" not in row and row.strip()
    )
    return Found(Location(source, line + shift), places, confirmed=True, problems=tabs)


def closes(source: str, number: int, fence: str) -> bool:
    """Whether a line of the file closes a fence of Markdown."""
    lines = _file_lines(source)
    text = lines[number - 1].strip(" \t>") if 0 < number <= len(lines) else ""
    return text.startswith(fence) and not text.strip(fence[0])


def _carriage_returns(
    lines: tuple[str, ...], source: str, line: int, body: list[str]
) -> tuple[tuple[Location, str], ...]:
    """Lone carriage returns in the lines of the body: Markdown ends a line there, editors and rustc do not."""
    numbers = range(line, min(line + len(body), len(lines)) + 1)
    return tuple((Location(source, number), CARRIAGE_RETURN) for number in numbers if "\r" in lines[number - 1])


def _shift(body: list[str], name: str, lines: tuple[str, ...], line: int, first: int) -> int | None:
    """By how many lines the told line is off; None where nothing near has the directive's first line and its body."""
    for distance in range(FARTHEST + 1):
        for shift in dict.fromkeys((distance, -distance)):
            head = line + shift
            if not 0 < head <= len(lines) or name not in lines[head - 1]:
                continue
            if all(
                not row.strip() or _column(row, lines, first + shift + index) is not None
                for index, row in enumerate(body)
            ):
                return shift
    return None


def _column(row: str, lines: tuple[str, ...], number: int) -> int | None:
    """Characters before a row's text in a line of the file; None where the line does not hold it."""
    if not 0 < number <= len(lines):
        return None
    text, row = lines[number - 1].rstrip(), row.rstrip()
    for seen in (text, text.expandtabs(TAB_WIDTH).rstrip()):
        if seen.endswith(row):
            return max(0, len(text) - len(row)) if seen is text else len(text) - len(text.lstrip())
        if row.lstrip() and row.lstrip() in seen:
            return max(0, seen.index(row.lstrip()) - (len(row) - len(row.lstrip())))
    return None


def _file_lines(source: str) -> tuple[str, ...]:
    try:
        stamp = Path(source).stat().st_mtime_ns
    except OSError:
        return ()
    return _lines_of(source, stamp)


@lru_cache(maxsize=64)
def _lines_of(source: str, stamp: int) -> tuple[str, ...]:  # noqa: ARG001 - the stamp makes an edited file a new entry
    try:
        return tuple(Path(source).read_bytes().decode("utf-8-sig").replace("\r\n", "\n").split("\n"))
    except (OSError, UnicodeDecodeError):
        return ()
