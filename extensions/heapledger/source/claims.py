"""A claim: a sentence with a stable id, what kind of fact it is, and the snippets that prove it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from heapledger.model import Location, Profile
from heapledger.source.expectations import Expectation
from heapledger.source.options import split_options
from heapledger.source.problems import MarkupProblem, nearest
from heapledger.source.snippet import Place, Snippet

ID = re.compile(r"[a-z][a-z0-9-]*")
_SOURCE = re.compile(r"[\w./-]+\.html(#[\w.,+%!'-]+)?")


class Status(StrEnum):
    """Who stands behind a fact."""

    DOCUMENTED = "documented"
    """The documentation of std or the Reference promises it."""
    IMPLEMENTATION = "implementation"
    """It holds for the toolchains that were measured; nobody promises it."""
    OPTIMIZER = "optimizer"
    """It depends on what LLVM removes or merges."""


OPTIONS = ("status", "source", "evidence", "keywords", "class")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOptions:
    """The options of a claim, checked."""

    status: Status | None = None
    source: str = ""
    """Page and anchor under the toolchain's documentation, as in ``std/vec/struct.Vec.html#guarantees``."""
    source_location: Location | None = None
    evidence: tuple[str, ...] = ()
    """Ids of snippets elsewhere that prove it too."""
    keywords: str = ""
    """Words that a reader may search for and that the sentence has not."""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim."""

    id: str
    sentence: str
    """Plain text of its first paragraph."""
    document: str
    location: Location
    options: ClaimOptions
    evidence: tuple[str, ...]
    """Ids of the snippets that prove it: those inside, then those that ``:evidence:`` names."""
    problems: tuple[tuple[Location, str], ...]
    """What is wrong with its text."""


def read_claim_options(
    lines: list[str], places: list[Place], location: Location
) -> tuple[ClaimOptions, int, list[tuple[Location, str]]]:
    """Split the option block off and check it.

    :returns: the options, the index of the first line after the block, and what is wrong, each at its place.
    """
    found, first, ill_formed = split_options(lines)
    problems = [(places[problem.line].location, problem.text) for problem in ill_formed]
    values: dict[str, str] = {}
    where: dict[str, Location] = {}
    for index, name, value in found:
        if name in values:
            problems.append((places[index].location, f"option ':{name}:' is repeated"))
        elif name not in OPTIONS:
            problems.append((places[index].location, f":{name}: is not an option{nearest(name, OPTIONS)}"))
        else:
            values[name], where[name] = value, places[index].location
    try:
        status = _status(values.get("status", ""))
    except MarkupProblem as problem:
        status = None
        problems.append((where.get("status", location), str(problem)))
    source = values.get("source", "")
    if source and _SOURCE.fullmatch(source) is None:
        problems.append((where["source"], f":source: '{source}' is not of the form 'std/page.html#anchor'"))
        source = ""
    elif status is Status.DOCUMENTED and not source and "source" not in values:
        problems.append(
            (location, "a documented claim names its ':source:', as in 'std/vec/struct.Vec.html#guarantees'")
        )
    options = ClaimOptions(
        status=status,
        source=source,
        source_location=where.get("source"),
        evidence=tuple(part.strip() for part in values.get("evidence", "").split(",") if part.strip()),
        keywords=values.get("keywords", ""),
        classes=tuple(values.get("class", "").split()),
    )
    return options, first, problems


def _status(value: str) -> Status:
    if not value:
        raise MarkupProblem(f"a claim needs ':status:', one of {', '.join(Status)}")
    if value not in set(Status):
        raise MarkupProblem(f":status: '{value}' is unknown{nearest(value, Status)}")
    return Status(value)


def can_fail(snippet: Snippet, profile: Profile) -> bool:
    """Whether something that the snippet expects in a profile could turn out false."""
    options = snippet.options
    if options.fails is not None:
        return True
    if options.panics is not None or options.exit is not None or options.stdout is not None:
        return True
    if not options.no_run and any(fact.profile in {None, profile} for fact in snippet.facts):
        return True
    return any(named in {None, profile} and not always_true(expectation) for named, expectation in options.expect)


def always_true(expectation: Expectation) -> bool:
    """Whether a comparison holds for every number that could be measured: sizes and counts are never negative."""
    return expectation.op == ">=" and expectation.value == 0


def evidence_problem(evidence: list[tuple[Snippet, tuple[Profile, ...]]]) -> str:
    """Return what is wrong with a claim's evidence, or nothing.

    :param evidence: each snippet with the profiles that it is measured in.
    """
    if not evidence:
        return "the claim has no evidence: put an '{alloc:snippet}' into it, or name one with ':evidence:'"
    profiles = {profile for _, measured in evidence for profile in measured}
    blank = [
        profile.value
        for profile in Profile
        if profile in profiles
        and not any(profile in measured and can_fail(snippet, profile) for snippet, measured in evidence)
    ]
    if not blank:
        return ""
    return (
        f"the claim's evidence expects nothing that could fail in {' and '.join(blank)}: "
        "give a snippet ':expect:' or '//~' facts that could turn out false"
    )
