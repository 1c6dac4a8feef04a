"""Building small documentation projects with the real Sphinx, rustc and extension."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

CONF = """
project = "case"
extensions = ["myst_parser", "heapledger"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_inc*"]
myst_enable_extensions = ["colon_fence"]
html_theme = "alabaster"
"""


@dataclass(frozen=True)
class Built:
    """What one run of sphinx-build left."""

    status: int
    warnings: str
    output: str
    folder: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def sphinx_build(shared_cache: Path) -> Callable[..., Built]:
    """Run ``sphinx-build`` on a folder, as a user would, and return what it said."""

    def build(
        source: Path,
        out: Path,
        builder: str = "text",
        *arguments: str,
        cache: Path | None = shared_cache,
        env: dict[str, str] | None = None,
    ) -> Built:
        if not (source / "conf.py").exists():
            (source / "conf.py").write_text(CONF, encoding="utf-8")
        setting = ["-D", f"heapledger_cache={cache or 'off'}"]
        command = [sys.executable, "-m", "sphinx", "-b", builder, *setting, "-d", str(out / "doctrees"), *arguments]
        done = subprocess.run(
            [*command, ".", str(out / builder)],
            cwd=source,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            timeout=600,
        )
        return Built(done.returncode, without_versions(done.stderr), done.stdout, out / builder)

    return build


def without_versions(text: str) -> str:
    """Leave out what changes with the toolchain or the machine, so that expected files hold for all."""
    text = re.sub(r"(rustc\s+)1\.\d+\.\d+(-\w+)?", r"\1VERSION", text)
    return re.sub(r"[\w./-]*/(?=case/|cases/)", "", text)
