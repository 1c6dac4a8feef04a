"""The language of ``:expect:``: ``METRIC OP VALUE, …``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from heapledger.model import COUNTED_METRICS
from heapledger.source.problems import MarkupProblem, nearest
from heapledger.source.questions import QUESTION_METRICS, WORDS, Question, closing_of, parse_question

OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}

_FORM = re.compile(r"(?P<metric>.+?)\s*(?P<op>==|!=|<=|>=|<|>)\s*(?P<value>\S.*)", re.DOTALL)
_OPENING = {"(": ")", "<": ">", "[": "]"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One comparison that the ledger must satisfy."""

    metric: str
    """A counted metric, or the text of a question: ``frame(main)``."""
    op: str
    value: int | str
    """A word for ``section`` and ``symbol``."""
    question: Question | None = None
    """What is asked, for what is not counted."""

    def holds(self, measured: int | str) -> bool:
        """Whether ``measured OP value``."""
        if isinstance(measured, int) and isinstance(self.value, int):
            return OPERATORS[self.op](measured, self.value)
        return (measured == self.value) == (self.op == "==")

    def __str__(self) -> str:
        return f"{self.metric} {self.op} {self.value}"


def parse_expectations(text: str) -> tuple[Expectation, ...]:
    """Parse a whole ``:expect:`` value.

    :raises MarkupProblem: with what is wrong.
    """
    parts = split_commas(text)
    if not parts or any(not part.strip() for part in parts):
        raise MarkupProblem("an expectation is empty; write METRIC OP VALUE, …")
    return tuple(_parse_one(part.strip()) for part in parts)


def split_commas(text: str) -> list[str]:
    """Split at commas that stand outside ``()``, ``[]`` and ``<>`` (a ``<`` or ``>`` of a comparison is no bracket)."""
    parts: list[str] = []
    current: list[str] = []
    closing: list[str] = []
    for position, character in enumerate(text):
        if character in "([" or (character == "<" and closing):
            closing.append(_OPENING[character])
        elif closing and character == closing[-1] and text[position - 1] not in "-=":
            closing.pop()
        if character == "," and not closing:
            parts.append("".join(current))
            current = []
        else:
            current.append(character)
    parts.append("".join(current))
    return parts if text.strip() else []


def _parse_one(text: str) -> Expectation:
    name = re.match(r"[A-Za-z_]+", text)
    if name is not None and name.group() in QUESTION_METRICS:
        return _parse_question(name.group(), text)
    match = _FORM.fullmatch(text)
    if match is None:
        raise MarkupProblem(f"'{text}' is not of the form METRIC OP VALUE (operators: {' '.join(OPERATORS)})")
    metric, op, value = match["metric"], match["op"], match["value"].strip()
    if metric not in COUNTED_METRICS:
        raise MarkupProblem(f"unknown metric '{metric}'{nearest(metric, (*COUNTED_METRICS, *QUESTION_METRICS))}")
    return Expectation(metric, op, _number(value))


def _parse_question(metric: str, text: str) -> Expectation:
    """``METRIC(…) OP VALUE``: what stands in the parentheses may hold operators of its own."""
    start = text.find("(")
    end = closing_of(text, start) if start == len(metric) else -1
    if end < 0:
        raise MarkupProblem(f"'{text}': {metric} takes its argument in parentheses, as in {metric}(…) == VALUE")
    match = re.fullmatch(r"\s*(==|!=|<=|>=|<|>)\s*(\S.*)", text[end + 1 :], re.DOTALL)
    if match is None:
        raise MarkupProblem(f"'{text}' is not of the form {metric}(…) OP VALUE (operators: {' '.join(OPERATORS)})")
    question = parse_question(metric, text[start + 1 : end])
    op, value = match[1], match[2].strip()
    words = WORDS.get(metric)
    if words is None:
        return Expectation(str(question), op, _number(value), question)
    if op not in {"==", "!="}:
        raise MarkupProblem(f"'{metric}' is compared with == or !=, not {op}")
    if value not in words:
        raise MarkupProblem(f"'{value}' is unknown to {metric}{nearest(value, words)}")
    return Expectation(str(question), op, value, question)


def _number(value: str) -> int:
    if re.fullmatch(r"\d[\d_]*", value) is None:
        raise MarkupProblem(f"'{value}' is not a whole number (digits and '_')")
    return int(value.replace("_", ""))
