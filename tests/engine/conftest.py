"""The guide's own snippets, measured once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapledger.session import Session
from heapledger.sphinx.drive import check_documents

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def guide(shared_cache: Path) -> Session:
    """Every snippet of the guide with its ledgers."""
    checked = check_documents(ROOT / "docs", {"heapledger_cache": str(shared_cache)}, quiet=True)
    assert len(checked.session.outcomes) >= 25
    return checked.session
