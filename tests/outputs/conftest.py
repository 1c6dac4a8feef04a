"""A project of many pages, built by every builder, and what was measured for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from heapledger.outcome import Session, SnippetOutcome
from heapledger.sphinx.drive import check_documents
from tests.sphinx.conftest import CONF, Built, logging_rustc, sphinx_build

__all__ = ["logging_rustc", "sphinx_build"]

CASES = Path(__file__).parents[1] / "sphinx" / "cases"
PAGES = ("agrees.md", "differs.md", "endings.md", "literal.md", "nested.md", "structured.rst", "unicode.md")


@dataclass(frozen=True)
class Project:
    """The pages, how to build them, and what was measured."""

    source: Path
    out: Path
    session: Session
    build_with: Callable[..., Built]

    def build(self, builder: str, *arguments: str) -> Built:
        return self.build_with(self.source, self.out, builder, *arguments)

    @property
    def outcomes(self) -> list[SnippetOutcome]:
        """Snippets in the order of the pages and on them."""
        return list(self.session.outcomes)


def make_source(folder: Path) -> Path:
    """Copy the pages into a folder of their own."""
    source = folder / "case"
    source.mkdir(parents=True)
    for page in PAGES:
        shutil.copy(CASES / page, source / page)
    toctree = "\n".join(Path(page).stem for page in PAGES)
    (source / "index.md").write_text(f"# Pages\n\n```{{toctree}}\n{toctree}\n```\n", encoding="utf-8")
    extra = 'latex_engine = "lualatex"\nepub_show_urls = "no"\nsuppress_warnings = ["epub.unknown_project_files"]\n'
    (source / "conf.py").write_text(CONF + extra, encoding="utf-8")
    return source


@pytest.fixture(scope="session")
def project(
    tmp_path_factory: pytest.TempPathFactory, shared_cache: Path, sphinx_build: Callable[..., Built]
) -> Project:
    root = tmp_path_factory.mktemp("outputs")
    source = make_source(root)
    session = check_documents(source, {"heapledger_cache": str(shared_cache)}, quiet=True).session
    return Project(source, root / "out", session, sphinx_build)
