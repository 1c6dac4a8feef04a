"""Annotated source for the terminal."""

from __future__ import annotations

from heapledger.model import Profile
from heapledger.outcome import ProfileOutcome, SnippetOutcome
from heapledger.render.chips import chips
from heapledger.render.facts import ledger_text, same_events
from heapledger.verify.compare import events_by_line
from heapledger.verify.endings import describe_exit
from heapledger.verify.report import printable

COLUMN = 60
"""Column where facts begin, unless the line is longer."""

Piece = tuple[str, str]
"""Text and a style: ``plain``, ``number``, ``alloc``, ``realloc``, ``free``, ``more``, ``good``, ``bad``, ``soft``."""


def annotate(outcome: SnippetOutcome) -> list[list[Piece]]:
    """Return the lines of a snippet with what each did; one listing where all profiles agree."""
    measured = [profile for profile in outcome.profiles if profile.ledger is not None]
    if (
        len(measured) == 2
        and measured[0].ledger
        and measured[1].ledger
        and same_events(measured[0].ledger, measured[1].ledger)
    ):
        return _listing(outcome, measured[0], "debug = release")
    lines: list[list[Piece]] = []
    for profile in outcome.profiles:
        if profile.ledger is None:
            lines.append(
                [(f"{outcome.snippet.id} [{profile.profile.value}] skipped: {profile.verdict.reason}", "soft")]
            )
        else:
            lines += _listing(outcome, profile, profile.profile.value)
    return lines


def _listing(outcome: SnippetOutcome, profile: ProfileOutcome, label: str) -> list[list[Piece]]:
    ledger = profile.ledger
    if ledger is None:
        return []
    groups = events_by_line(ledger)
    width = len(str(len(outcome.snippet.lines)))
    lines: list[list[Piece]] = [[(f"{outcome.snippet.id} [{label}]", "soft")]]
    for number, text in enumerate(outcome.snippet.code, start=1):
        line: list[Piece] = [(f"{number:>{width}} ", "number"), (printable(text.replace("\t", "    ")), "plain")]
        lines.append(line + _facts(len(text), chips(groups.get(number, []))))
    at_end = groups.get(len(outcome.snippet.lines) + 1, [])
    if at_end:
        lines.append([(" " * (width + 1), "number"), ("(end of main)", "soft"), *_facts(13, chips(at_end))])
    lost = groups.get(None, [])
    if lost:
        what = "no line of the program" if ledger.profile is Profile.DEBUG else "lines merged by the optimizer"
        lines.append([(" " * (width + 1), "number"), (f"({what})", "soft"), *_facts(len(what) + 2, chips(lost))])
    mark = {"verified": ("✓ verified", "good"), "falsified": ("✗ falsified", "bad")}
    verdict = mark.get(profile.verdict.kind.value, (profile.verdict.kind.value, "soft"))
    lines.append([verdict, (f"  {ledger_text(ledger)}", "plain")])
    if ledger.exit.kind.value != "returned" or ledger.exit.code:
        lines.append([(f"  {printable(describe_exit(ledger.exit))}", "soft")])
    return [*lines, []]


def _facts(length: int, facts: tuple[tuple[str, str], ...]) -> list[Piece]:
    if not facts:
        return []
    pieces: list[Piece] = [(" " * max(2, COLUMN - length), "plain")]
    for index, (kind, text) in enumerate(facts):
        if index:
            pieces.append((", ", "soft"))
        pieces.append((text, kind))
    return pieces
