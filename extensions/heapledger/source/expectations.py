"""The language of ``:expect:``: ``METRIC OP VALUE, …``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from heapledger.model import COUNTED_METRICS
from heapledger.source.problems import MarkupProblem, nearest

OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}

LATER_METRICS = ("size", "align", "offset", "section", "frame", "calls", "symbol")
"""Metrics of the language that a later version measures."""

_FORM = re.compile(r"(?P<metric>.+?)\s*(?P<op>==|!=|<=|>=|<|>)\s*(?P<value>\S.*)", re.DOTALL)
_OPENING = {"(": ")", "<": ">", "[": "]"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One comparison that the ledger must satisfy."""

    metric: str
    op: str
    value: int

    def holds(self, measured: int) -> bool:
        """Whether ``measured OP value``."""
        return OPERATORS[self.op](measured, self.value)

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
        elif closing and character == closing[-1] and text[position - 1] != "-":
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
    if name is not None and name.group() in LATER_METRICS and text[name.end() :].lstrip().startswith("("):
        raise MarkupProblem(
            f"'{name.group()}(…)' is not available yet; this version measures {', '.join(COUNTED_METRICS)}"
        )
    match = _FORM.fullmatch(text)
    if match is None:
        raise MarkupProblem(f"'{text}' is not of the form METRIC OP VALUE (operators: {' '.join(OPERATORS)})")
    metric, op, value = match["metric"], match["op"], match["value"].strip()
    if metric not in COUNTED_METRICS:
        raise MarkupProblem(f"unknown metric '{metric}'{nearest(metric, COUNTED_METRICS)}")
    if re.fullmatch(r"\d[\d_]*", value) is None:
        raise MarkupProblem(f"'{value}' is not a whole number (digits and '_')")
    return Expectation(metric, op, int(value.replace("_", "")))
