"""One workshop a session: the corpus is measured once, and what is compiled is compiled once."""

from __future__ import annotations

from pathlib import Path

import pytest

from .workshop import Workshop


@pytest.fixture(scope="session")
def workshop(common: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("truth"), common)
