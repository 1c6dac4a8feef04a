"""``heapledger check``: verify documents through Sphinx's reading, without writing."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from heapledger.model import VerdictKind
from heapledger.session import Session, SnippetOutcome
from heapledger.verify.json_report import make_report


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--source",
    type=click.Path(path_type=Path, file_okay=False),
    default="docs",
    show_default=True,
    help="Folder of the documents, with conf.py.",
)
@click.option("--verbose", is_flag=True, help="Say for every snippet what was found.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--toolchain", help="A toolchain of rustup, or the path of a rustc.")
@click.option("--cache", help="Folder of the cache, or 'off'.")
@click.pass_context
def check(
    context: click.Context,
    paths: tuple[Path, ...],
    source: Path,
    verbose: bool,
    style: str,
    toolchain: str | None,
    cache: str | None,
) -> None:
    """Verify every snippet of the documents; PATHS narrow it to documents or folders."""
    from heapledger.sphinx.drive import check_documents  # noqa: PLC0415 - Sphinx is slow to import

    overrides: dict[str, object] = {}
    if toolchain:
        overrides["heapledger_rustc"] = toolchain if "/" in toolchain or toolchain.startswith("+") else f"+{toolchain}"
        overrides["heapledger_toolchain"] = ""
    if cache is not None:
        overrides["heapledger_cache"] = cache
    session = _narrow(check_documents(source, overrides, quiet=not verbose).session, source, paths)
    if style == "json":
        click.echo(msgspec.json.encode(make_report(session, documents=True)))
    else:
        _print(session, verbose=verbose)
    falsified = any(outcome.kind is VerdictKind.FALSIFIED for outcome in session.outcomes)
    context.exit(1 if falsified else 2 if session.rustc is None and session.outcomes else 0)


def _narrow(session: Session, source: Path, paths: tuple[Path, ...]) -> Session:
    if not paths:
        return session
    wanted = [path.resolve() for path in paths]

    def inside(outcome: SnippetOutcome) -> bool:
        place = (source / outcome.snippet.document).resolve()
        return any(place.is_relative_to(path) or place == path.with_suffix("") for path in wanted)

    outcomes = tuple(outcome for outcome in session.outcomes if inside(outcome))
    return Session(
        rustc=session.rustc, outcomes=outcomes, findings=session.findings, notes=session.notes, fresh=session.fresh
    )


def _print(session: Session, *, verbose: bool) -> None:
    counts = dict.fromkeys(VerdictKind, 0)
    for outcome in session.outcomes:
        counts[outcome.kind] += 1
        if verbose:
            click.echo(f"{outcome.snippet.document}: {outcome.snippet.id}: {outcome.kind.value}")
    told = f"rustc {session.rustc.toolchain.rustc}" if session.rustc else "no rustc"
    click.echo(f"{told}: " + ", ".join(f"{count} {kind.value}" for kind, count in counts.items()))
