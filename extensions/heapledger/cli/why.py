"""``heapledger why``: whether the results of a snippet are known, and what changed where they are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from heapledger.cli.documents import source_option
from heapledger.cli.run import read_file
from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.errors import HeapledgerError
from heapledger.source.snippet import Snippet
from heapledger.why import Change, Explained, explain, snippets_at

MEANS = {
    "program": "the program's text",
    "lines": "how the program's lines stand for those of the document",
    "heapledger": "heapledger's own measuring code",
    "flags": "rustc's flags",
    "rustc": "the toolchain",
    "rustc files": "the files of the toolchain",
    "asked": "what the snippet asks about machine code or types",
    "limits": "seconds and bytes that the program may take",
}
"""What the parts of a key are, where the name does not say it."""


@click.command()
@click.argument("place", metavar="FILE:LINE")
@source_option
@click.option("--cache", help="Folder of the cache, or 'off'.")
def why(place: str, source: Path, cache: str | None) -> None:
    """Say whether the results of the snippet at FILE:LINE are known, or what changed since it ran.

    FILE is a document under --source, or a Rust file as for 'heapledger run'. Nothing is compiled or run.
    """
    name, _, number = place.rpartition(":")
    if not name or not number.isdecimal():
        raise click.BadParameter(f"'{place}' is not FILE:LINE, as in docs/heap/vec.md:41", param_hint="FILE:LINE")
    file, line = Path(name), int(number)
    if not file.is_file():
        raise HeapledgerError(f"there is no file {file}")
    snippets, config = _read(file, source)
    config = replace(config, cache=cache) if cache is not None else config
    here = snippets_at(snippets, file.resolve(), line)
    if not here:
        raise HeapledgerError(f"there is no snippet at line {line} of {file}")
    for explained in explain(here, config, Cache.from_setting(config.cache)):
        for text in describe(explained):
            click.echo(text)


def _read(file: Path, source: Path) -> tuple[list[Snippet], Config]:
    if file.suffix == ".rs":
        return [read_file(file)], Config()
    from heapledger.sphinx.drive import read_documents  # noqa: PLC0415 - Sphinx is slow to import

    return read_documents(source)


def describe(explained: Explained) -> list[str]:
    """Return the lines about one snippet."""
    lines = [f"{explained.snippet.location}: {explained.snippet.id}"]
    if explained.trouble:
        return [*lines, f"  nothing is measured: {explained.trouble}"]
    for work in explained.works:
        told = "known" if work.known else f"has to run{': ' if work.reason else ''}{work.reason}"
        lines.append(f"  {work.kind} [{work.profile}]: {told}")
        for change in work.changes:
            lines += _change(change)
    return lines


def _change(change: Change) -> list[str]:
    means = f" ({MEANS[change.part]})" if change.part in MEANS else ""
    if change.old.startswith("sha256") or change.new.startswith("sha256") or change.part in {"lines", "program"}:
        return [f"    {change.part} changed{means}"]
    return [
        f"    {change.part} changed{means}",
        f"      was: {change.old or 'nothing'}",
        f"      is:  {change.new or 'nothing'}",
    ]
