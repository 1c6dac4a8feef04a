"""Programs with a marker, all measured in one plan, and the snapshots that came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.model import Profile
from heapledger.outcome import SnippetOutcome
from heapledger.session import evaluate
from heapledger.source.snippet import Snippet, read_rust

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
FACT = (HERE / "fact.rs").read_text(encoding="utf-8")
"""A macro, on one line, with which a program prints what it knows of a variable: it stands before each program."""


def snippet_of(text: str, name: str = "program") -> Snippet:
    return read_rust(text=text, file=f"{name}.rs", snippet_id=name)


@pytest.fixture(scope="session")
def take(shared_cache: Path) -> Callable[..., SnippetOutcome]:
    """Take the snapshots of one program in debug."""

    def run(text: str, **settings: object) -> SnippetOutcome:
        config = Config(profiles=(Profile.DEBUG,), **settings)  # type: ignore[arg-type]
        return evaluate([snippet_of(text)], config, cache=Cache(shared_cache)).outcomes[0]

    return run


@pytest.fixture(scope="session")
def take_once(take: Callable[..., SnippetOutcome]) -> Callable[[str], SnippetOutcome]:
    """The same, each text once a session."""
    known: dict[str, SnippetOutcome] = {}

    def run(text: str) -> SnippetOutcome:
        if text not in known:
            known[text] = take(text)
        return known[text]

    return run
