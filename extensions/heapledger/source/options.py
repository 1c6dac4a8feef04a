"""The option block of a snippet, split and checked by our own rules.

MyST reads option blocks as YAML-like text: with it ``::std::mem::drop(1);`` as the first line of code, a quote in a
caption, a repeated key or a leading ``---`` silently lose options or code. Here an option is a line
``:name: value`` at the start of the body, and the first line that does not begin with a single colon ends the block.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from heapledger.config import MAX_TIMEOUT
from heapledger.model import Profile
from heapledger.source.expectations import Expectation, parse_expectations
from heapledger.source.problems import MarkupProblem, Problem, nearest
from heapledger.source.questions import checked_type, split_outside

EDITIONS = ("2015", "2018", "2021", "2024")
SHOWN = ("lines", "output", "path", "timeline", "blocks", "blocks=peak", "memory", "none")
SHOWN_OF = {"layout": "layout=TYPE", "asm": "asm=FUNCTION"}
"""What is shown of a type or a function that the author names."""
LATER = ("deps", "elide")
MAX_ITEMS = 200
"""Most items of a diagram: a larger one is unreadable, and slow to draw."""

_OPTION = re.compile(r":(?P<name>[A-Za-z][\w-]*):(?:[ \t]+(?P<value>.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one snippet; the defaults are what an absent option means."""

    expect: tuple[tuple[Profile | None, Expectation], ...] = ()
    """Expectations with the profile they speak for (None: every profile)."""
    profiles: tuple[Profile, ...] | None = None
    file: str | None = None
    region: str | None = None
    show: tuple[str, ...] = ("lines",)
    fails: str | None = None
    """Error code that compiling must end with."""
    panics: str | None = None
    exit: int | str | None = None
    """Status that the program must end with, or the name of the signal that must end it."""
    stdout: str | None = None
    no_run: bool = False
    edition: str | None = None
    toolchain: str | None = None
    targets: tuple[str, ...] = ()
    timeout: float | None = None
    """Seconds of processor time."""
    variables: tuple[str, ...] = ()
    """Variables that memory diagrams show; ``!name`` leaves one out. Empty: all."""
    frames: tuple[str, ...] = ()
    """Functions whose frames memory diagrams show. Empty: all."""
    max_items: int | None = None
    """Most blocks or calls in one diagram, most elements of a collection in a memory diagram; None: what suits."""
    caption: str | None = None
    name: str | None = None
    classes: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = field(default=())
    """Name of each given option and the index of its line in the body, for messages."""

    @property
    def layouts(self) -> tuple[str, ...]:
        """Types whose layout is shown."""
        return tuple(word.partition("=")[2] for word in self.show if word.startswith("layout="))

    @property
    def codes(self) -> tuple[str, ...]:
        """Functions whose machine code is shown."""
        return tuple(word.partition("=")[2] for word in self.show if word.startswith("asm="))

    def line_of(self, name: str) -> int:
        """Index of the option's line in the body, or -1 where it was not given."""
        return dict(self.lines).get(name, -1)


def split_options(body: list[str]) -> tuple[list[tuple[int, str, str]], int, list[Problem]]:
    """Split a directive's body into options and code.

    :returns: the options as (line index, name, value), the index of the first line of code, and what is ill-formed.
    """
    found: list[tuple[int, str, str]] = []
    problems: list[Problem] = []
    index = 0
    if body and body[0].rstrip() == "---":
        text = "a '---' block is not read here; write each option as ':name: value' on a line of its own"
        return [], 0, [Problem(0, text)]
    while index < len(body):
        line = body[index].rstrip()
        if not line.startswith(":") or line.startswith("::"):
            break
        match = _OPTION.fullmatch(line)
        if match is None:
            problems.append(Problem(index, f"ill-formed option '{line}'; write ':name: value'"))
        else:
            found.append((index, match["name"], (match["value"] or "").strip()))
        index += 1
    if found or problems:
        while index < len(body) and not body[index].strip():
            index += 1
    return found, index, problems


def parse_options(found: list[tuple[int, str, str]]) -> tuple[Options, list[Problem]]:
    """Check every option and collect all problems, each at its line."""
    problems: list[Problem] = []
    options = Options()
    seen: dict[str, int] = {}
    for index, name, value in found:
        if name in seen:
            problems.append(
                Problem(index, f"option ':{name}:' is repeated; the first stands {index - seen[name]} line(s) above")
            )
            continue
        seen[name] = index
        try:
            options = _apply(options, name, value)
        except MarkupProblem as problem:
            problems.append(Problem(index, f":{name}: {problem}"))
    options = replace(options, lines=tuple(seen.items()))
    problems += _contradictions(options, seen)
    return options, problems


def _apply(options: Options, name: str, value: str) -> Options:
    if name in {"expect", "expect-debug", "expect-release"}:
        profile = None if name == "expect" else Profile(name.removeprefix("expect-"))
        added = tuple((profile, expectation) for expectation in parse_expectations(value))
        return replace(options, expect=options.expect + added)
    if name in LATER:
        raise MarkupProblem("is not available yet")
    setter = _SETTERS.get(name)
    if setter is None:
        known = {*_SETTERS, *LATER, "expect", "expect-debug", "expect-release"}
        raise MarkupProblem(f"is not an option{nearest(name, known)}")
    key, convert = setter
    changed: dict[str, Any] = {key: convert(value)}
    return replace(options, **changed)


def _contradictions(options: Options, seen: dict[str, int]) -> list[Problem]:
    pairs = [
        (first, second)
        for first, seconds in (
            ("fails", ("panics", "exit", "stdout", "no-run", "expect", "expect-debug", "expect-release")),
            ("no-run", ("panics", "exit", "stdout")),
            ("panics", ("exit",)),
        )
        for second in seconds
        if first in seen and second in seen
    ]
    problems = [Problem(seen[second], f":{first}: and :{second}: contradict each other") for first, second in pairs]
    if options.no_run:
        # What is read from the linked program or its types needs no run.
        counted = [(profile, e) for profile, e in options.expect if e.question is None]
        named = dict.fromkeys("expect" if profile is None else f"expect-{profile.value}" for profile, _ in counted)
        problems += [Problem(seen[name], f":no-run: and :{name}: contradict each other") for name in named]
    if options.region is not None and options.file is None:
        problems.append(Problem(seen["region"], ":region: needs :file:"))
    return problems


def _text(value: str) -> str:
    if not value:
        raise MarkupProblem("needs a value")
    return value


def _flag(value: str) -> bool:
    if value:
        raise MarkupProblem(f"takes no value, found '{value}'")
    return True


def _words(value: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in _text(value).split(","))
    if not all(words):
        raise MarkupProblem("has an empty entry between commas")
    return words


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if value not in known:
            raise MarkupProblem(f"'{value}' is unknown{nearest(value, known)}")
        return value

    return convert


def _profiles(value: str) -> tuple[Profile, ...]:
    check = _one_of(tuple(profile.value for profile in Profile))
    return tuple(Profile(check(word)) for word in _words(value))


def _show(value: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in split_outside(_text(value), ","))
    if not all(words):
        raise MarkupProblem("has an empty entry between commas")
    for word in words:
        stem, _, named = word.partition("=")
        if stem in SHOWN_OF:
            if not named.strip():
                raise MarkupProblem(f"'{word}' names nothing; write {SHOWN_OF[stem]}")
            if stem == "layout":
                checked_type(named)
            continue
        if word not in SHOWN:
            raise MarkupProblem(f"'{word}' is unknown{nearest(word, (*SHOWN, *SHOWN_OF))}")
    if "none" in words and len(words) > 1:
        raise MarkupProblem("'none' stands alone")
    return words


def _error_code(value: str) -> str:
    if re.fullmatch(r"E\d{4}", value) is None:
        raise MarkupProblem(f"takes a code such as E0382, found '{value}'")
    return value


def _status(value: str) -> int | str:
    if value in signal.Signals.__members__:
        return value
    if not value.isdecimal() or int(value) > 255:
        raise MarkupProblem(f"takes an exit status from 0 to 255 or a signal such as SIGABRT, found '{value}'")
    return int(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= MAX_TIMEOUT:
        raise MarkupProblem(f"takes seconds of processor time above 0 and up to {MAX_TIMEOUT:g}, found '{value}'")
    return seconds


def _variables(value: str) -> tuple[str, ...]:
    words = _words(value)
    for word in words:
        if re.fullmatch(r"!?[A-Za-z_]\w*", word) is None:
            raise MarkupProblem(f"takes names of variables, '!name' to leave one out; found '{word}'")
    return words


def _items(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) <= MAX_ITEMS:
        raise MarkupProblem(f"takes a number from 1 to {MAX_ITEMS}, found '{value}'")
    return int(value)


def _versions(value: str) -> str:
    try:
        SpecifierSet(_text(value))
    except InvalidSpecifier:
        raise MarkupProblem(f"takes a range such as '>=1.85,<1.97', found '{value}'") from None
    return value


def _identifier(value: str) -> str:
    if re.fullmatch(r"[A-Za-z_][\w.-]*", _text(value)) is None:
        raise MarkupProblem(f"takes one word, found '{value}'")
    return value


def _stdout(value: str) -> str:
    return value.replace("\\n", "\n")


_SETTERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "profiles": ("profiles", _profiles),
    "file": ("file", _text),
    "region": ("region", _identifier),
    "show": ("show", _show),
    "fails": ("fails", _error_code),
    "panics": ("panics", _text),
    "exit": ("exit", _status),
    "stdout": ("stdout", _stdout),
    "no-run": ("no_run", _flag),
    "edition": ("edition", _one_of(EDITIONS)),
    "toolchain": ("toolchain", _versions),
    "targets": ("targets", _words),
    "timeout": ("timeout", _seconds),
    "variables": ("variables", _variables),
    "frames": ("frames", _words),
    "max-items": ("max_items", _items),
    "caption": ("caption", _text),
    "name": ("name", _identifier),
    "class": ("classes", lambda value: tuple(_text(value).split())),
}
