"""The text of a finding, in the form that Rust users know."""

from __future__ import annotations

import re
import unicodedata

from heapledger.model import Finding
from heapledger.render.output import visible
from heapledger.source.snippet import Snippet

MAX_LINES = 40

_ANYWHERE = re.compile(r"##(\w*)\[")

_MARKER = re.compile(r"//~(\[\w+\])?\s*|^\s*:[\w-]+:\s*")


def headline(finding: Finding) -> str:
    """First line of a finding, without the place."""
    profile = f" [{finding.profile.value}]" if finding.profile else ""
    if not finding.snippet:
        return finding.text.split("\n")[0]
    return f"snippet falsified: {finding.snippet}{profile}"


def describe(finding: Finding, snippet: Snippet | None) -> str:
    """Whole text of a finding: the headline, the line of source, expected and measured, and what to know."""
    parts = [headline(finding)]
    number = str(finding.location.line or "")
    gutter = " " * len(number)
    source = _source_line(finding, snippet)
    if source is not None:
        source = source.expandtabs(4)
        parts.append(f"   {number} | {source}")
    if finding.expected:
        bar = f"   {gutter} | " if source is not None else "    "
        indent = " " * _claim_column(source or "", finding.expected)
        parts.append(f"{bar}{indent}expected: {finding.expected}")
        parts.append(f"{bar}{indent}measured: {finding.measured}")
    details = finding.text.split("\n") if finding.snippet else finding.text.split("\n")[1:]
    parts += [f"{' ' * (4 + len(gutter))}= {line}" for line in details if line][:MAX_LINES]
    return "\n".join(printable(part) for part in parts)


def _claim_column(source: str, expected: str) -> int:
    """Columns before what the author claims in a line of source, so that what was measured stands below it."""
    start = source.find(expected)
    if start < 0 and (marker := _MARKER.search(source)):
        start = marker.end()
    before = source[: max(start, 0)]
    columns = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in before)
    return columns or 4


def printable(text: str) -> str:
    """Make what a program printed safe for terminals and CI logs: no escape sequences, no workflow commands."""
    return "\n".join(_tame(line) for line in visible(text).split("\n"))


def _tame(line: str) -> str:
    """GitHub reads lines that begin with ``::`` as commands; Azure and GitHub ``##word[`` and ``##[`` anywhere."""
    line = _ANYWHERE.sub(r"##\1\\[", line)
    stripped = line.lstrip()
    return line.replace("::", "\\::", 1) if stripped.startswith("::") else line


def _source_line(finding: Finding, snippet: Snippet | None) -> str | None:
    if snippet is None or finding.location.near:
        return None
    return snippet.text_at(finding.location)
