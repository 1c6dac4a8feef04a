"""Machine code as text: instructions with the lines that they come from."""

from __future__ import annotations

from heapledger.model_below import Code
from heapledger.render.facts import bytes_text, count_text

LINE_COLUMN = 48
"""Column where the line of the source stands, unless the instruction is longer."""
WRAP = 96
"""Longest line: what is longer goes on below, indented."""


def listing(code: Code) -> str:
    """Write the code: labels at the margin, the line of the source where it changes."""
    written: list[str] = []
    before: int | None = None
    for line in code.lines:
        if line.is_label:
            written.append(line.text)
            continue
        text = f"    {line.text}"
        if line.line is not None and line.line != before:
            before = line.line
            text = f"{text.ljust(LINE_COLUMN)} ; line {line.line}"
        written += _wrapped(text)
    return "\n".join(written)


def summary(code: Code) -> str:
    """Say in one sentence what the code is, or why there is none."""
    if code.trouble:
        return code.trouble + "."
    instructions = sum(not line.is_label for line in code.lines)
    return (
        f"{count_text(instructions, 'instruction')}, {bytes_text(code.size)} of code, "
        f"{bytes_text(code.frame)} of stack taken by the prologue."
    )


def _wrapped(text: str) -> list[str]:
    if len(text) <= WRAP:
        return [text]
    head, mark, comment = text.partition(" ; line ")
    rows = []
    while len(head) > WRAP:
        cut = max(head.rfind(sep, 8, WRAP) + len(sep) for sep in (", ", "::", " "))
        cut = cut if cut > 8 else WRAP
        rows.append(head[:cut].rstrip())
        head = " " * 10 + head[cut:].lstrip()
    return [*rows, head.rstrip() + mark + comment]
