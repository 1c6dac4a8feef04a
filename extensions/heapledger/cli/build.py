"""``heapledger build``: the pages, or the book."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import click

from heapledger.cli.documents import source_option
from heapledger.engine.typeset import require_typesetting, typeset
from heapledger.errors import HeapledgerError

BUILDERS = {"html": "html", "pdf": "latex", "epub": "epub", "htmlzip": "singlehtml", "text": "text"}
"""What can be built, and Sphinx's builder for it."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of files in an archive, so that two builds are the same."""


@click.command()
@click.argument("output", type=click.Choice(list(BUILDERS)), default="html")
@source_option
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Folder to build into; SOURCE/_build.")
@click.option("-W", "--fail-on-warning", is_flag=True, help="End with status 1 where anything was warned about.")
@click.option("-j", "--jobs", default="1", show_default=True, help="Sphinx processes, or 'auto'.")
@click.option("--fresh", is_flag=True, help="Read every document again.")
@click.pass_context
def build(
    context: click.Context, output: str, source: Path, to: Path | None, fail_on_warning: bool, jobs: str, fresh: bool
) -> None:
    """Build the documents: measure what is not known yet, verify all, write pages.

    OUTPUT is html (the default), pdf, epub, htmlzip (one page and its pictures, to read from disk) or text.
    """
    from heapledger.sphinx.drive import build_pages  # noqa: PLC0415 - Sphinx is slow to import

    extra = ["-j", jobs, *(["-W", "--keep-going"] if fail_on_warning else []), *(["-E", "-a"] if fresh else [])]
    folder = to or source / "_build"
    if output == "pdf":
        require_typesetting()
        shutil.rmtree(folder / "latex", ignore_errors=True)  # latexmk trusts what an earlier run left
    status = build_pages(source, folder, BUILDERS[output], extra)
    if status == 0:
        click.echo(_finish(output, folder))
    context.exit(status)


def _finish(output: str, folder: Path) -> str:
    """Do what comes after Sphinx, and say where the result is."""
    if output == "pdf":
        return _pdf(folder)
    if output == "htmlzip":
        return f"The archive is {_archive(folder / 'singlehtml', folder / 'htmlzip')}"
    if output == "epub":
        (book,) = (folder / "epub").glob("*.epub")
        return f"The book is {book}"
    first = folder / output / ("index.html" if output == "html" else "index.txt")
    return f"The pages are in {folder / output}; open {first}"


def _pdf(folder: Path) -> str:
    click.echo("LaTeX sets the pages ...", err=True)
    made = typeset(folder / "latex")
    if made.errors:
        raise HeapledgerError("LaTeX found something wrong:\n" + "\n".join(made.errors[:5]))
    target = folder / "pdf" / made.pdf.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made.pdf, target)
    return f"The book is {target}"


def _archive(pages: Path, into: Path) -> Path:
    """Put pages into an archive with one folder in it, as Read the Docs does."""
    into.mkdir(parents=True, exist_ok=True)
    target = into / "htmlzip.zip"
    files = [path for path in sorted(pages.rglob("*")) if path.is_file()]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            if path.name == ".buildinfo" or path.suffix in {".doctree", ".pickle"}:
                continue
            entry = zipfile.ZipInfo(f"htmlzip/{path.relative_to(pages)}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return target
