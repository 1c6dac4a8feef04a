"""The body of one of our directives, taken from the source text itself, and where each of its lines stands.

MyST would split options off and change code (DESIGN section 5), so the directives declare no options to docutils and
read ``block_text``. A line number is claimed only where the text of the file confirms it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapledger.model import Location
from heapledger.source.snippet import Place
from heapledger.sphinx.places import closes, find_places

if TYPE_CHECKING:
    from sphinx.util.docutils import SphinxDirective

UNCLOSED = "the fence is not closed; everything down to the end was taken for code"

_FENCE = re.compile(r"(`|~|:)\1\1")
_DIRECTIVE = re.compile(r"\s*(?:>\s*)*(?:`{3,}|~{3,}|:{3,})\{[\w:-]+\}")
_RST_MARK = re.compile(r"\s*\.\. ")


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in a directive."""

    argument: str
    """First line of the argument, empty where there is none."""
    lines: list[str]
    """Raw lines, options included."""
    places: list[Place]
    """Where each of ``lines`` stands."""
    location: Location
    """The directive itself."""
    problems: tuple[tuple[Location, str], ...]
    """What the markup did to the text: tabs turned into spaces, a fence that is not closed."""


def read_directive(directive: SphinxDirective) -> Body:
    """Read the body of a directive from its source text."""
    source, line = directive.get_source_info()
    text = directive.block_text
    lines, first = _raw_lines(text, line)
    argument = directive.arguments[0].split("\n")[0].strip() if directive.arguments else ""
    if is_rst(text) and argument.startswith(":"):
        argument = ""
    found = find_places(lines, directive.name, source, line, first)
    problems = found.problems
    if found.confirmed and (not _is_closed(text, found.directive) or _opens_another(text)):
        problems += ((found.directive, UNCLOSED),)
    return Body(argument, lines, list(found.places), found.directive, problems)


def _is_closed(text: str, directive: Location) -> bool:
    """Whether the fence ends where MyST says: an unclosed one takes the rest of the page for code."""
    fence = _FENCE.match(text)
    if fence is None or directive.line is None:
        return True
    return closes(directive.file, directive.line + text.count("\n") - 1, fence[0])


def _opens_another(text: str) -> bool:
    """Whether a directive begins in the code: the fence ends where the next one does."""
    return not is_rst(text) and any(_DIRECTIVE.match(line) for line in text.split("\n")[1:])


def is_rst(block_text: str) -> bool:
    """Whether a directive was written in reStructuredText."""
    return _RST_MARK.match(block_text) is not None


def _raw_lines(text: str, line: int) -> tuple[list[str], int]:
    """Return the raw lines of the body, and the line of the first one."""
    if is_rst(text):
        rows = text.split("\n")[1:]
        filled = [row for row in rows if row.strip()]
        indent = min((len(row) - len(row.lstrip()) for row in filled), default=0)
        rows = [row[indent:] for row in rows]
    else:
        rows = text.split("\n")[1:-2]
    while rows and not rows[-1].strip():
        rows.pop()
    skipped = 0
    while rows and not rows[0].strip():
        rows.pop(0)
        skipped += 1
    return rows, line + 1 + skipped
