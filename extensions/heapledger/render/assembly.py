"""Machine code as text: instructions with the lines that they come from."""

from __future__ import annotations

from heapledger.messages import _, counted
from heapledger.model_below import Code
from heapledger.render.facts import bytes_text

WRAP = 96
"""Longest line: what is longer goes on below, indented."""


def listing(code: Code) -> str:
    """Write the code: labels at the margin, the line of the source before the instructions that come from it."""
    written: list[str] = []
    before: int | None = None
    for line in code.lines:
        if line.is_label:
            written.append(line.text)
            continue
        if line.line is not None and line.line != before:
            before = line.line
            written.append(f"    ; line {line.line}")
        written += _wrapped(f"    {line.text}")
    return "\n".join(written)


def summary(code: Code) -> str:
    """Say in one sentence what the code is, or why there is none."""
    if code.trouble:
        return code.trouble + "."
    count = sum(not line.is_label for line in code.lines)
    about = {
        "count": counted("%s instruction", "%s instructions", count),
        "size": bytes_text(code.size),
        "frame": bytes_text(code.frame),
    }
    return _("%(count)s, %(size)s of code; the prologue takes %(frame)s of stack.") % about


def _wrapped(text: str) -> list[str]:
    """Break a long line behind a comma, inside a path, or anywhere."""
    rows = []
    while len(text) > WRAP:
        cut = max(text.rfind(mark, 8, WRAP) + len(mark) for mark in (", ", "::", " "))
        cut = cut if cut > 8 else WRAP
        rows.append(text[:cut].rstrip())
        text = " " * 10 + text[cut:].lstrip()
    return [*rows, text]
