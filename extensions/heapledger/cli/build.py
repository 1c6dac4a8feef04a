"""``heapledger build``: the pages."""

from __future__ import annotations

from pathlib import Path

import click

from heapledger.cli.documents import source_option


@click.command()
@click.argument("output", type=click.Choice(["html"]), default="html")
@source_option
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Folder to build into; SOURCE/_build.")
@click.option("-W", "--fail-on-warning", is_flag=True, help="End with status 1 where anything was warned about.")
@click.option("-j", "--jobs", default="1", show_default=True, help="Sphinx processes, or 'auto'.")
@click.option("--fresh", is_flag=True, help="Read every document again.")
@click.pass_context
def build(
    context: click.Context, output: str, source: Path, to: Path | None, fail_on_warning: bool, jobs: str, fresh: bool
) -> None:
    """Build the documents: measure what is not known yet, verify all, write pages."""
    from heapledger.sphinx.drive import build_pages  # noqa: PLC0415 - Sphinx is slow to import

    extra = ["-j", jobs, *(["-W", "--keep-going"] if fail_on_warning else []), *(["-E", "-a"] if fresh else [])]
    folder = to or source / "_build"
    status = build_pages(source, folder, output, extra)
    if status == 0:
        click.echo(f"The pages are in {folder / output}; open {folder / output / 'index.html'}")
    context.exit(status)
