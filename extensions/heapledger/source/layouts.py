"""``{alloc:layout}``: types, one a line, and the declarations that they need; a struct or an enum is shown too."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from heapledger.model import Location
from heapledger.source import rust
from heapledger.source.options import split_options
from heapledger.source.problems import MarkupProblem
from heapledger.source.questions import checked_type, expression_of
from heapledger.source.snippet import AskedLayout, Place, Snippet, read_body

ALLOWED = frozenset({"caption", "name", "class", "profiles", "edition", "toolchain", "targets"})
"""Options of a snippet that a layout has too."""


@dataclass(slots=True)
class _Read:
    code: list[str] = field(default_factory=list)
    """What is compiled: declarations, and the types as comments."""
    asked: list[AskedLayout] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Index of a line of the code, and what is wrong there."""


def read_layouts(
    *, body: list[str], places: list[Place], snippet_id: str, document: str, location: Location
) -> Snippet:
    """Make a snippet of the directive's body: its declarations are compiled, its types asked about."""
    _, first, _ = split_options(body)
    read = _read(body[first:])
    snippet = read_body(
        body=[*body[:first], *read.code],
        places=places,
        snippet_id=snippet_id,
        document=document,
        location=location,
    )
    problems = [(places[first + index].location, text) for index, text in read.problems]
    problems += [
        (snippet.option_place(name), f":{name}: is not an option of a layout")
        for name, _ in snippet.options.lines
        if name not in ALLOWED
    ]
    if not read.asked and not problems:
        problems.append((location, "the layout names no type: write one a line, or define a struct or an enum"))
    return replace(
        snippet,
        options=replace(snippet.options, no_run=True),
        lines=tuple(body[first : first + len(snippet.lines)]),
        layouts=tuple(read.asked),
        problems=(*snippet.problems, *problems),
    )


def _read(lines: list[str]) -> _Read:
    read = _Read()
    index = 0
    while index < len(lines):
        text = lines[index].split("//")[0].strip()
        if text and (expression_of(text) is not None or rust.is_type(text)):
            _ask(read, text, index)
            index += 1
            continue
        length = rust.declaration_length(lines[index:]) if text else 1
        if length == 0:
            read.problems.append((index, f"'{text}' is neither a type nor the start of a declaration"))
            length = 1
        taken = lines[index : index + length]
        read.code += taken
        defined = rust.type_defined("\n".join(taken))
        if defined:
            row = next(row for row, line in enumerate(taken) if defined in line.split("//")[0])
            read.asked.append(AskedLayout(defined, index + row + 1))
        index += length
    return read


def _ask(read: _Read, text: str, index: int) -> None:
    try:
        read.asked.append(AskedLayout(checked_type(text), index + 1))
    except MarkupProblem as problem:
        read.problems.append((index, str(problem)))
    read.code.append(f"// {text}")
