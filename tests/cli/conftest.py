"""The command as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path, shared_cache: Path) -> Run:
    """Run ``heapledger`` in a folder of the test, with the cache of the session."""

    def run(*arguments: str, given: str = "", env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        cached = [] if arguments[0] == "build" or "--cache" in arguments or "-h" in arguments else ["--cache", "CACHE"]
        words = [*arguments, *cached]
        return subprocess.run(
            [sys.executable, "-m", "heapledger", *(str(shared_cache) if word == "CACHE" else word for word in words)],
            cwd=tmp_path,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "100", **(env or {})},
            timeout=300,
        )

    return run
