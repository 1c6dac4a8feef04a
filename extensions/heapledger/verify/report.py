"""The text of a finding, in the form that Rust users know."""

from __future__ import annotations

from heapledger.model import Finding
from heapledger.render.output import visible
from heapledger.source.snippet import Snippet

MAX_LINES = 40


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
        parts.append(f"   {number} | {source}")
    bar = f"   {gutter} |" if source is not None else "    "
    if finding.expected:
        parts.append(f"{bar}     expected: {finding.expected}")
        parts.append(f"{bar}     measured: {finding.measured}")
    details = finding.text.split("\n") if finding.snippet else finding.text.split("\n")[1:]
    parts += [f"{' ' * (4 + len(gutter))}= {line}" for line in details if line][:MAX_LINES]
    return "\n".join(printable(part) for part in parts)


def printable(text: str) -> str:
    """Make what a program printed safe for terminals and CI logs: no escape sequences, no workflow commands."""
    return "\n".join(_tame(line) for line in visible(text).split("\n"))


def _tame(line: str) -> str:
    """GitHub reads lines that begin with ``::`` and Azure those with ``##[`` as commands."""
    stripped = line.lstrip()
    return line.replace(stripped, "\\" + stripped, 1) if stripped.startswith(("::", "##[", "##vso")) else line


def _source_line(finding: Finding, snippet: Snippet | None) -> str | None:
    if snippet is None or finding.location.near:
        return None
    return snippet.text_at(finding.location)
