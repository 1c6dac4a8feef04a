"""Running Sphinx from the command line: checking documents and building pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from sphinx.application import Sphinx
from sphinx.cmd.build import build_main
from sphinx.errors import SphinxError
from sphinx.util.console import color_terminal, nocolor
from sphinx.util.docutils import docutils_namespace, patch_docutils

from heapledger.config import Config
from heapledger.errors import HeapledgerError
from heapledger.model import Finding
from heapledger.outcome import Session
from heapledger.source.snippet import Snippet
from heapledger.sphinx.collect import read_config
from heapledger.verify.claims import ClaimOutcome

if TYPE_CHECKING:
    from heapledger.sphinx.domain import AllocDomain


@dataclass(frozen=True, slots=True)
class Checked:
    """What ``check`` found."""

    session: Session
    claims: tuple[ClaimOutcome, ...]
    findings: tuple[Finding, ...]
    """What is wrong with claims, quotes, tables and typed numbers."""
    ledgers: str
    """Folder of the recordings, in that of the documents."""
    warnings: int
    """Warnings of the whole reading, ours and others'."""


def check_documents(source: Path, overrides: dict[str, object], *, quiet: bool) -> Checked:
    """Read all documents and verify their snippets, without writing pages.

    :raises HeapledgerError: where there is no ``conf.py`` or it does not load heapledger.
    """
    with _read("heapledger", source, overrides, quiet=quiet) as app:
        domain = cast("AllocDomain", app.env.get_domain("alloc"))
        session = domain.session or Session(rustc=None, outcomes=(), findings=(), notes=(), fresh=0)
        claims, findings = tuple(domain.claim_outcomes.values()), tuple(domain.findings)
        ledgers = app.config.heapledger_ledgers or "ledgers"
        return Checked(session, claims, findings, ledgers, app._warncount)  # noqa: SLF001 - Sphinx offers no other way to the count


@contextmanager
def _read(builder: str, source: Path, overrides: dict[str, object], *, quiet: bool) -> Iterator[Sphinx]:
    """Read all documents with a builder that writes nothing."""
    if not (source / "conf.py").is_file():
        raise HeapledgerError(f"there is no conf.py in {source}; give the folder of the documents with --source")
    if not color_terminal():
        nocolor()
    try:
        with TemporaryDirectory(prefix="heapledger-") as scratch, patch_docutils(str(source)), docutils_namespace():
            app = Sphinx(
                srcdir=str(source),
                confdir=str(source),
                outdir=str(Path(scratch) / "out"),
                doctreedir=str(Path(scratch) / "doctrees"),
                buildername=builder,
                confoverrides=overrides,
                status=None if quiet else sys.stderr,
                warning=sys.stderr,
                parallel=1,
            )
            app.build(force_all=False)
            yield app
    except SphinxError as error:
        raise HeapledgerError(f"the documents in {source} cannot be read: {error.category}: {error}") from error


def read_documents(source: Path) -> tuple[list[Snippet], Config]:
    """Read all documents, and return their snippets and configuration. Nothing is measured.

    :raises HeapledgerError: where there is no ``conf.py`` or it does not load heapledger.
    """
    with _read("dummy", source, {}, quiet=True) as app:
        domain = cast("AllocDomain", app.env.get_domain("alloc"))
        return [entry.snippet for _, _, entry in domain.all_entries()], read_config(app.config)


def build_pages(source: Path, output: Path, builder: str, extra: Sequence[str]) -> int:
    """Build pages as ``sphinx-build`` does, and return its exit status."""
    arguments = ["-b", builder, "-d", str(output / "doctrees"), *extra, str(source), str(output / builder)]
    return int(build_main(arguments))
