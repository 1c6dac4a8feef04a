"""Ledgers of real programs, and pictures drawn by the real renderer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.engine.draw import Drawn, PictureJob, draw_all, find_renderer
from heapledger.model import Ledger, Location, Profile
from heapledger.render.mermaid.diagram import Diagram
from heapledger.render.mermaid.palette import config
from heapledger.session import evaluate
from heapledger.source.snippet import Place, Snippet, read_body


@dataclass(frozen=True)
class Measured:
    """A snippet and its ledger."""

    snippet: Snippet
    ledger: Ledger


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("diagrams"))


@pytest.fixture(scope="session")
def measure(cache: Cache) -> Callable[..., Measured]:
    """Measure a body as ``{alloc:snippet}`` would, in debug unless told otherwise."""

    def measure(text: str, profile: Profile = Profile.DEBUG) -> Measured:
        body = text.strip("\n").split("\n")
        places = [Place(Location("page.md", number), 0) for number in range(2, len(body) + 2)]
        snippet = read_body(
            body=body, places=places, snippet_id="case", document="page", location=Location("page.md", 1)
        )
        assert snippet.problems == ()
        session = evaluate([snippet], Config(profiles=(profile,)), cache=cache)
        ledger = session.outcomes[0].profiles[0].ledger
        assert ledger is not None
        return Measured(snippet, ledger)

    return measure


@pytest.fixture(scope="session")
def draw(cache: Cache) -> Callable[..., Drawn]:
    """Draw one diagram."""

    def draw(diagram: Diagram, *, for_printing: bool = False) -> Drawn:
        renderer = find_renderer()
        assert renderer is not None, "the development environment has heapledger[diagrams]"
        job = PictureJob(
            key=diagram.key,
            source=diagram.source,
            config=config(diagram.kind, diagram.width),
            title=diagram.title,
            description=diagram.description,
        )
        drawn, _ = draw_all([job], cache, renderer, for_printing=for_printing, workers=1)
        return drawn[diagram.key]

    return draw


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder for documents, with a configuration that draws."""
    source = tmp_path / "case"
    source.mkdir()
    (source / "conf.py").write_text(
        'project = "case"\nextensions = ["myst_parser", "sphinxcontrib.mermaid", "heapledger"]\nhtml_theme = "furo"\n',
        encoding="utf-8",
    )
    return source
