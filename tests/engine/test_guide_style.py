"""The guide's snippets are formatted as rustfmt would, so that a reader's editor changes nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile

from heapledger.outcome import Session
from heapledger.source.program import Program
from heapledger.source.tables import BOUND, HEAD, KEEP

ROW = HEAD.removesuffix(BOUND)
"""A main whose first statement stands beside it: the program of a row of a table."""


def formatted(program: Program, edition: str) -> str:
    done = subprocess.run(
        ["rustfmt", "--edition", edition, "--emit", "stdout"],
        input=indented(program),
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout or done.stderr


def indented(program: Program) -> str:
    """The program with the body of a wrapped main moved in, as it would stand in a file."""
    if not program.wrapped:
        return unfolded_row(program.text)
    lines = program.text.split("\n")
    first, last = program.kept_above + 1, len(lines) - 2
    return "\n".join(f"    {line}" if line and first <= number < last else line for number, line in enumerate(lines))


def unfolded_row(text: str) -> str:
    """The program of a row of a table with its two statements on lines of their own; any other program as it is."""
    declared, head, row = text.partition(HEAD)
    if not head or not row.rstrip().endswith(KEEP):
        return text
    value, keep = row.removesuffix("\n").rsplit("\n", 1)
    return f"{declared}fn main() {{\n    let value = {value}\n    {keep.removesuffix(' }')}\n}}\n"


def one_line(text: str) -> str:
    """A program without the breaks that rustfmt puts into long rows: a row of a table is a line by its form."""
    joined = re.sub(r",?\n\s*(?=[)\]])|(?<=[(\[])\n\s*|\n\s*(?=\.)", "", text)
    return re.sub(r"\n\s*", " ", joined)


def test_snippets_are_formatted(guide: Session) -> None:
    assert shutil.which("rustfmt"), "rustfmt is missing: rustup component add rustfmt"
    wrong = {}
    for outcome in guide.outcomes:
        if outcome.program is None or outcome.snippet.options.fails:
            continue
        text, written = formatted(outcome.program, outcome.edition), indented(outcome.program)
        if ROW in outcome.program.text:
            text, written = one_line(text), one_line(written)
        if text != written:
            wrong[outcome.snippet.id] = text
    assert not wrong, "\n".join(f"{name} should be\n{text}" for name, text in wrong.items())
    assert len(guide.outcomes) >= 40
