"""Places for hostile builds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .arena import Arena, arena


@pytest.fixture
def place() -> Iterator[Arena]:
    """An arena that must be empty of files and processes when the test is over."""
    with arena() as made:
        yield made
        assert made.leftovers() == []
