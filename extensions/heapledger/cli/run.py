"""``heapledger run``: any Rust file, no Sphinx."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from heapledger.cli.shared import all_findings, console, exit_status, print_findings, progress_bar, styled, with_choices
from heapledger.config import Config
from heapledger.errors import SourceError
from heapledger.model import Profile
from heapledger.render.memory_text import memory_lines
from heapledger.render.terminal import annotate
from heapledger.session import evaluate
from heapledger.source.snippet import Snippet, read_rust
from heapledger.source.stops import with_marker
from heapledger.verify.json_report import make_report


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print ledgers as JSON (schema 1).")
@click.option("--memory", is_flag=True, help="Print memory at each '//@ memory' line; without one, at the end of main.")
@click.option("--profile", type=click.Choice(["debug", "release"]), help="Measure one profile only.")
@click.option("--toolchain", help="A toolchain of rustup, or the path of a rustc.")
@click.option("--cache", help="Folder of the cache, or 'off'.")
@click.pass_context
def run(
    context: click.Context,
    files: tuple[Path, ...],
    as_json: bool,
    memory: bool,
    profile: str | None,
    toolchain: str | None,
    cache: str | None,
) -> None:
    """Compile and run Rust FILES and show what each line asked the allocator for.

    '-' reads from standard input. With --memory, memory at '//@ memory: caption' lines is shown instead. '//~' facts in
    the files are checked; the exit status is 1 where one is false.
    """
    snippets = [read_file(path) for path in files]
    if memory:
        snippets = [with_marker(snippet) for snippet in snippets]
        profile = profile or Profile.DEBUG.value
    config = with_choices(Config(), profile, toolchain, cache)
    bar, move = progress_bar("measuring")
    with bar:
        session = evaluate(snippets, config, progress=move)
    if as_json:
        click.echo(
            msgspec.json.format(msgspec.json.encode(make_report(session)), indent=2 if sys.stdout.isatty() else -1)
        )
    else:
        out = console()
        for outcome in session.outcomes:
            taken = outcome.snapshots
            for line in memory_lines(taken, outcome.snippet.options) if memory and taken else annotate(outcome):
                out.print(styled(line))
    print_findings(all_findings(session))
    context.exit(exit_status(session))


def read_file(path: Path) -> Snippet:
    """Read a Rust file, or standard input for ``-``."""
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SourceError(f"{path}:{line}: is not UTF-8 (byte 0x{data[error.start]:02x})") from error
    name = "stdin" if str(path) == "-" else path.stem
    return read_rust(text=text, file=str(path), snippet_id=name)
