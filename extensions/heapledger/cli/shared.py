"""What several subcommands need: settings from options, progress, coloured lines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from heapledger.config import Config
from heapledger.engine.plan import Progress as ProgressCall
from heapledger.model import Finding, Profile, VerdictKind
from heapledger.outcome import Session
from heapledger.source.snippet import Snippet
from heapledger.verify.report import describe

STYLES = {
    "plain": "",
    "number": "dim",
    "soft": "dim",
    "alloc": "yellow",
    "realloc": "yellow",
    "free": "green",
    "more": "dim",
    "good": "bold green",
    "bad": "bold red",
}


def console(*, stderr: bool = False) -> Console:
    """Return a console that respects NO_COLOR (bold and dim are left out with the colours) and pipes."""
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Console(stderr=stderr, highlight=False, emoji=False, markup=False, soft_wrap=True, color_system=system)


def with_choices(config: Config, profile: str | None, toolchain: str | None, cache: str | None) -> Config:
    """Return a configuration changed by command-line options."""
    if profile:
        config = replace(config, profiles=(Profile(profile),))
    if toolchain:
        named = toolchain if "/" in toolchain or toolchain.startswith("+") else f"+{toolchain}"
        config = replace(config, rustc=named, toolchain="")
    return replace(config, cache=cache) if cache is not None else config


def progress_bar(what: str) -> tuple[Progress, ProgressCall]:
    """Return a progress bar on stderr, shown on terminals only, and the call that moves it."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
        disable=not console(stderr=True).is_terminal,
    )
    task = bar.add_task(what, total=None)

    def move(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    return bar, move


def print_findings(findings: Iterable[tuple[Finding, Snippet | None]]) -> int:
    """Print findings as a build would, and return how many there were."""
    count = 0
    for finding, snippet in findings:
        place = f"{finding.location}: " if finding.location.file else ""
        click.echo(f"{place}WARNING: {describe(finding, snippet)} [heapledger.{finding.kind.value}]", err=True)
        count += 1
    return count


def all_findings(session: Session) -> list[tuple[Finding, Snippet | None]]:
    """Findings of a session with the snippets that they concern."""
    found: list[tuple[Finding, Snippet | None]] = [(finding, None) for finding in session.findings]
    found += [(finding, outcome.snippet) for outcome in session.outcomes for finding in outcome.findings]
    return found


def exit_status(session: Session) -> int:
    """0 all verified, 1 something falsified, 2 nothing could be measured."""
    if any(outcome.kind is VerdictKind.FALSIFIED for outcome in session.outcomes):
        return 1
    return 2 if session.missing else 0


def styled(pieces: list[tuple[str, str]]) -> Text:
    """Join styled pieces into one line."""
    return Text.assemble(*((text, STYLES[style]) for text, style in pieces))
