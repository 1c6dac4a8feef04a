"""The language of ``//~`` facts: which events a line must show, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from heapledger.model import Profile
from heapledger.source.problems import MarkupProblem, nearest

MAX_EVENTS = 100_000
"""Most events that one fact may spell out with ``xK``."""

KEYWORDS = ("none", "alloc", "zeroed", "any", "realloc", "free")

_TOKEN = re.compile(r"\s*(?:(?P<number>\d[\d_]*)|(?P<times>x\d[\d_]*)|(?P<word>[A-Za-z_][\w-]*)|(?P<mark>->|[(),]))")


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """One event that a fact asks for. Sizes and alignments in bytes."""

    kind: str
    """``alloc``, ``zeroed``, ``any``, ``realloc`` or ``free``."""
    size: int
    old_size: int | None = None
    align: int | None = None

    def __str__(self) -> str:
        if self.kind == "realloc":
            return f"realloc {self.old_size} -> {self.size}"
        aligned = "" if self.align is None else f" align {self.align}"
        return f"{self.kind} {self.size}{aligned}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What one ``//~`` marker says about its line."""

    line: int
    """Line of the snippet's source, from 1."""
    profile: Profile | None
    """The profile it speaks for, or None for every profile."""
    at_end: bool
    """It speaks for the drops at the end of a wrapped main, not for its line."""
    events: tuple[ExpectedEvent, ...]
    """Empty for ``none``."""
    text: str


class _Parser:
    """Recursive descent over ``FACT, …``; at most as deep as the parentheses."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def number(self, what: str) -> int:
        token = self.take()
        if not token[:1].isdigit():
            found = f"'{token}'" if token else "nothing"
            raise MarkupProblem(f"{what} takes a number of bytes, found {found}")
        return int(token.replace("_", ""))

    def sequence(self, *, nested: bool) -> list[ExpectedEvent]:
        events: list[ExpectedEvent] = []
        while True:
            events += self.item()
            if len(events) > MAX_EVENTS:
                raise MarkupProblem(f"a fact may ask for at most {MAX_EVENTS:,} events")
            if self.peek() != ",":
                break
            self.take()
        if not nested and self.peek():
            raise MarkupProblem(f"expected ',' or the end of the fact before '{self.peek()}'")
        return events

    def item(self) -> list[ExpectedEvent]:
        if self.peek() == "(":
            self.take()
            events = self.sequence(nested=True)
            if self.take() != ")":
                raise MarkupProblem("a '(' is not closed")
        else:
            events = [self.event()]
        if self.peek()[:1] == "x" and self.peek()[1:2].isdigit():
            times = int(self.take()[1:].replace("_", ""))
            if times == 0:
                raise MarkupProblem("x0 asks for no event at all; write 'none'")
            if times * len(events) > MAX_EVENTS:
                raise MarkupProblem(f"a fact may ask for at most {MAX_EVENTS:,} events")
            events = events * times
        return events

    def event(self) -> ExpectedEvent:
        word = self.take()
        if word == "realloc":
            old = self.number("realloc")
            if self.take() != "->":
                raise MarkupProblem("realloc is written 'realloc A -> B'")
            return ExpectedEvent("realloc", self.number("realloc"), old_size=old)
        if word in {"alloc", "zeroed", "any", "free"}:
            size = self.number(word)
            align = None
            if self.peek() == "align":
                self.take()
                align = self.number("align")
            return ExpectedEvent(word, size, align=align)
        if word == "none":
            raise MarkupProblem("'none' stands alone")
        if not word:
            raise MarkupProblem("the fact is empty or ends with ','")
        raise MarkupProblem(f"unknown fact '{word}'{nearest(word, KEYWORDS)}")


def parse_events(text: str) -> tuple[ExpectedEvent, ...]:
    """Parse ``FACT, …``; ``none`` gives no events.

    :raises MarkupProblem: with what is wrong.
    """
    if text.strip() == "none":
        return ()
    return tuple(_Parser(text).sequence(nested=False))


def parse_fact(text: str, line: int) -> Fact:
    """Parse what stands behind ``//~``: ``[profile]``, ``end:`` and the events.

    :raises MarkupProblem: with what is wrong.
    """
    profile: Profile | None = None
    rest = text
    if rest.startswith("["):
        name, closed, rest = rest[1:].partition("]")
        if not closed:
            raise MarkupProblem("'//~[' is not closed by ']'")
        names = [known.value for known in Profile]
        if name not in names:
            raise MarkupProblem(f"unknown profile '{name}'{nearest(name, names)}")
        profile = Profile(name)
    rest = rest.strip()
    at_end = rest.startswith("end:")
    if at_end:
        rest = rest.removeprefix("end:").strip()
    return Fact(line=line, profile=profile, at_end=at_end, events=parse_events(rest), text=rest)


def _tokens(text: str) -> list[str]:
    tokens = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise MarkupProblem(f"unexpected '{text[position:].strip()[0]}' in a fact")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens
