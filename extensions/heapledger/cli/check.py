"""``heapledger check``: verify documents through Sphinx's reading, without writing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from heapledger.cli.documents import source_option
from heapledger.cli.formats import github, junit
from heapledger.errors import HeapledgerError
from heapledger.model import VerdictKind
from heapledger.outcome import Session
from heapledger.recordings import Recordable, stale
from heapledger.source.surroundings import why_alone
from heapledger.verify.json_report import make_report

if TYPE_CHECKING:
    from heapledger.sphinx.drive import Checked

FORMATS: dict[str, Callable[[Checked], str] | None] = {
    "text": None,
    "json": lambda checked: msgspec.json.encode(make_report(checked.session, documents=True)).decode(),
    "github": github,
    "junit": junit,
}
"""What ``--format`` may be, with what writes it to stdout; warnings stand on stderr in any of them."""


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@source_option
@click.option("--standalone", is_flag=True, help="Compile every program alone, to compare with batches.")
@click.option("--recorded", is_flag=True, help="Fail where recordings are not what was measured now.")
@click.option("--verbose", is_flag=True, help="Say for every snippet what was found.")
@click.option("--format", "style", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--toolchain", help="A toolchain of rustup, or the path of a rustc.")
@click.option("--cache", help="Folder of the cache, or 'off'.")
@click.pass_context
def check(
    context: click.Context,
    paths: tuple[Path, ...],
    source: Path,
    standalone: bool,
    recorded: bool,
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
    if standalone:
        overrides["heapledger_executor"] = "standalone"
    if cache is not None:
        overrides["heapledger_cache"] = cache
    quiet = not verbose and not sys.stderr.isatty()
    checked = narrow(check_documents(source, overrides, quiet=quiet), source, paths)
    session = checked.session
    write = FORMATS[style]
    if write is None:
        _print(checked, verbose=verbose)
    elif text := write(checked):
        click.echo(text)
    old = stale_documents(checked, source) if recorded else ()
    for docname in old:
        click.echo(f"{docname}: the recording is stale; write it again with 'heapledger record'", err=True)
    falsified = old or checked.findings or any(outcome.kind is VerdictKind.FALSIFIED for outcome in session.outcomes)
    context.exit(1 if falsified else 2 if session.missing else 0)


def stale_documents(checked: Checked, source: Path) -> tuple[str, ...]:
    """Return the documents whose recordings are not what was measured now."""
    toolchain = checked.session.toolchain
    if toolchain is None or checked.session.rustc is None:
        raise HeapledgerError("without a rustc nothing can be compared with the recordings")
    return stale(source / checked.ledgers, by_document(checked.session), toolchain)


def by_document(session: Session) -> dict[str, list[Recordable]]:
    """Group all results by document."""
    documents: dict[str, list[Recordable]] = {}
    for outcome in session.outcomes:
        documents.setdefault(outcome.snippet.document, []).extend(outcome.recordable)
    return documents


def narrow(checked: Checked, source: Path, paths: tuple[Path, ...]) -> Checked:
    """Keep what concerns some documents or folders; all where none is named."""
    if not paths:
        return checked
    wanted = [path.resolve() for path in paths]

    def inside(document: str) -> bool:
        place = (source / document).resolve()
        return any(place.is_relative_to(path) or place in {path, path.with_suffix("")} for path in wanted)

    outcomes = tuple(outcome for outcome in checked.session.outcomes if inside(outcome.snippet.document))
    return replace(
        checked,
        session=replace(checked.session, outcomes=outcomes),
        claims=tuple(outcome for outcome in checked.claims if inside(outcome.claim.document)),
        findings=tuple(finding for finding in checked.findings if inside(finding.location.file)),
    )


def _print(checked: Checked, *, verbose: bool) -> None:
    session = checked.session
    if verbose:
        for outcome in session.outcomes:
            reason = why_alone(outcome.program) if outcome.program is not None else ""
            alone = f" (compiled alone: {reason})" if reason else ""
            click.echo(f"{outcome.snippet.document}: {outcome.snippet.id}: {outcome.kind.value}{alone}")
        for claim in checked.claims:
            click.echo(f"{claim.claim.document}: claim {claim.claim.id}: {claim.kind.value}")
    told = f"rustc {session.toolchain.rustc}" if session.toolchain else "no rustc"
    click.echo(f"{told}: {_counts(outcome.kind for outcome in session.outcomes)}")
    if checked.claims:
        click.echo(f"{len(checked.claims)} claims: {_counts(claim.kind for claim in checked.claims)}")


def _counts(kinds: Iterable[VerdictKind]) -> str:
    counts = Counter(kinds)
    return ", ".join(f"{counts[kind]} {kind.value}" for kind in VerdictKind)
