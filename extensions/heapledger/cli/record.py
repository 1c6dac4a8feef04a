"""``heapledger record``: keep the verified results beside the documents."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from heapledger.cli.check import by_document, narrow
from heapledger.cli.documents import source_option
from heapledger.errors import HeapledgerError
from heapledger.model import VerdictKind
from heapledger.recordings import write


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@source_option
@click.option("--cache", help="Folder of the cache, or 'off'.")
@click.pass_context
def record(context: click.Context, paths: tuple[Path, ...], source: Path, cache: str | None) -> None:
    """Verify the documents and write their results as recordings; PATHS narrow it to documents or folders.

    Where no rustc is at hand, pages are built from recordings and say so.
    """
    from heapledger.sphinx.drive import check_documents  # noqa: PLC0415 - Sphinx is slow to import

    overrides: dict[str, object] = {"heapledger_cache": cache} if cache is not None else {}
    checked = narrow(check_documents(source, overrides, quiet=not sys.stderr.isatty()), source, paths)
    session = checked.session
    if session.rustc is None or session.toolchain is None or session.missing:
        raise HeapledgerError(f"nothing can be recorded: {session.missing or 'there are no snippets'}")
    if any(outcome.kind is VerdictKind.FALSIFIED for outcome in session.outcomes):
        click.echo("nothing was recorded: something is falsified", err=True)
        context.exit(1)
    documents = by_document(session)
    folder = source / checked.ledgers
    changed = write(folder, documents, session.toolchain, keep_others=bool(paths))
    for docname in changed:
        click.echo(f"{folder / docname}.json")
    click.echo(f"{len(changed)} of {len(documents)} recordings changed")
