"""Questions about types and machine code: ``size(TYPE)``, ``frame(FN)``, ``calls(FN, SYMBOL)`` and the others."""

from __future__ import annotations

from dataclasses import dataclass

from heapledger.source import rust
from heapledger.source.problems import MarkupProblem

PROBE_METRICS = ("size", "align", "offset")
"""Asked in a probe program with the snippet's items in scope."""

IMAGE_METRICS = ("section", "frame", "calls", "symbol")
"""Read from the linked program without the tracer."""

QUESTION_METRICS = (*PROBE_METRICS, *IMAGE_METRICS)

SECTIONS = (".rodata", ".data", ".data.rel.ro", ".bss", ".tdata", ".tbss", ".text", "none")
WORDS: dict[str, tuple[str, ...]] = {"section": SECTIONS, "symbol": ("present", "absent")}
"""Metrics whose value is a word, and the words."""

_FORMS = {
    "size": "size(TYPE)",
    "align": "align(TYPE)",
    "offset": "offset(TYPE.field)",
    "section": "section(ITEM)",
    "frame": "frame(FN)",
    "calls": "calls(FN, SYMBOL)",
    "symbol": "symbol(NAME)",
}
_OPENING = {"(": ")", "<": ">", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Equal questions of different snippets are equal."""

    metric: str
    arguments: tuple[str, ...]
    """As the author wrote them; of ``offset`` the type and the path of fields."""

    def __str__(self) -> str:
        joint = "." if self.metric == "offset" else ", "
        return f"{self.metric}({joint.join(self.arguments)})"

    @property
    def is_for_probe(self) -> bool:
        """Whether the probe program answers it."""
        return self.metric in PROBE_METRICS


def parse_question(metric: str, inside: str) -> Question:
    """Parse what stands between the parentheses.

    :raises MarkupProblem: with what is wrong.
    """
    form = _FORMS[metric]
    inside = inside.strip()
    if not inside:
        raise MarkupProblem(f"'{metric}()' is empty; write {form}")
    if metric in {"size", "align"}:
        return Question(metric, (checked_type(inside),))
    if metric == "offset":
        whole, _, field = _split_last_dots(inside)
        if not whole or not field:
            raise MarkupProblem(f"'offset({inside})' names no field; write {form}")
        return Question(metric, (checked_type(whole), field))
    arguments = tuple(part.strip() for part in split_outside(inside, ","))
    if len(arguments) != form.count(",") + 1 or not all(arguments):
        raise MarkupProblem(f"'{metric}({inside})' is not of the form {form}")
    return Question(metric, arguments)


def checked_type(text: str) -> str:
    """Return the type, if it is one by its form; ``typeof(EXPRESSION)`` stands for the type of a value.

    :raises MarkupProblem: where the text is not a type.
    """
    expression = expression_of(text)
    if expression is not None:
        if not rust.is_expression(expression):
            raise MarkupProblem(f"'{expression}' is not an expression")
    elif not rust.is_type(text):
        raise MarkupProblem(f"'{text}' is not a type")
    return text


def expression_of(text: str) -> str | None:
    """Return EXPRESSION of ``typeof(EXPRESSION)``, or None for a type."""
    if text.startswith("typeof(") and text.endswith(")"):
        return text.removeprefix("typeof(").removesuffix(")").strip()
    return None


def split_outside(text: str, separator: str) -> list[str]:
    """Split at a separator that stands outside all brackets; ``->`` closes none."""
    parts = [""]
    closing: list[str] = []
    for position, character in enumerate(text):
        if character in _OPENING:
            closing.append(_OPENING[character])
        elif closing and character == closing[-1] and not (character == ">" and text[position - 1] in "-="):
            closing.pop()
        if character == separator and not closing:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def closing_of(text: str, start: int) -> int:
    """Return the index of the parenthesis that closes the one at ``start``, or -1."""
    depth = 0
    for position in range(start, len(text)):
        if text[position] == "(":
            depth += 1
        elif text[position] == ")":
            depth -= 1
            if depth == 0:
                return position
    return -1


def _split_last_dots(inside: str) -> tuple[str, str, str]:
    """Split ``TYPE.a.b`` at the first dot outside brackets."""
    parts = split_outside(inside, ".")
    return parts[0].strip(), ".", ".".join(part.strip() for part in parts[1:])
