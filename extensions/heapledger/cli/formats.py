"""What ``check`` found, for the machines that run it: workflow commands of GitHub, and JUnit's XML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from heapledger.model import Finding, VerdictKind
from heapledger.outcome import SnippetOutcome
from heapledger.source.snippet import Snippet
from heapledger.verify.json_report import shown_file
from heapledger.verify.report import describe, headline

if TYPE_CHECKING:
    from heapledger.sphinx.drive import Checked

_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def findings_of(checked: Checked) -> list[tuple[Finding, Snippet | None]]:
    """Every finding with the snippet that it concerns: of the machine, of snippets, of claims and quotes."""
    found: list[tuple[Finding, Snippet | None]] = [(finding, None) for finding in checked.session.findings]
    found += [(finding, outcome.snippet) for outcome in checked.session.outcomes for finding in outcome.findings]
    return found + [(finding, None) for finding in checked.findings]


def github(checked: Checked) -> str:
    """One ``::error`` a finding: GitHub shows it at the line of the pull request."""
    return "\n".join(_command(finding, snippet) for finding, snippet in findings_of(checked))


def _command(finding: Finding, snippet: Snippet | None) -> str:
    place = {"file": shown_file(finding.location.file), "line": str(finding.location.line or "")}
    named = {**place, "title": f"heapledger.{finding.kind.value}"}
    properties = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in named.items() if value)
    return f"::error {properties}::{describe(finding, snippet).translate(_MESSAGE)}"


def junit(checked: Checked) -> str:
    """One test case a snippet, in a suite for each document; what concerns no snippet in a suite of its own."""
    root = ET.Element("testsuites", name="heapledger")
    documents: dict[str, list[SnippetOutcome]] = {}
    for outcome in checked.session.outcomes:
        documents.setdefault(outcome.snippet.document, []).append(outcome)
    for document, outcomes in documents.items():
        suite = _suite(
            root, document, len(outcomes), sum(outcome.kind is VerdictKind.FALSIFIED for outcome in outcomes)
        )
        for outcome in outcomes:
            case = ET.SubElement(suite, "testcase", classname=document, name=outcome.snippet.id)
            _failures(case, ((finding, outcome.snippet) for finding in outcome.findings))
            if outcome.kind is VerdictKind.SKIPPED:
                ET.SubElement(case, "skipped", message=outcome.profiles[0].verdict.reason)
    loose = [(finding, snippet) for finding, snippet in findings_of(checked) if snippet is None]
    if loose:
        suite = _suite(root, "documents", 1, 1)
        _failures(ET.SubElement(suite, "testcase", classname="documents", name="all"), loose)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _suite(root: ET.Element, name: str, tests: int, failures: int) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=name, tests=str(tests), failures=str(failures))


def _failures(case: ET.Element, findings: Iterable[tuple[Finding, Snippet | None]]) -> None:
    for finding, snippet in findings:
        place = f"{shown_file(finding.location.file)}:{finding.location.line or ''}"
        failure = ET.SubElement(case, "failure", type=finding.kind.value, message=headline(finding))
        failure.text = f"{place}\n{describe(finding, snippet)}"
