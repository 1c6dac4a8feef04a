"""One workshop a session: the corpus is measured once, and what is compiled is compiled once."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from heapledger.engine.cache import Cache

from .workshop import Workshop


@pytest.fixture(scope="session")
def workshop(common: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    with (common / "corpus.lock").open("w") as lock:
        # The first worker measures, on all cores; the others find its results in the cache.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Workshop(tmp_path_factory.mktemp("truth"), Cache(common / "corpus-cache"))
