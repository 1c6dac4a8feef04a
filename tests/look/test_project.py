"""The cargo project that a page offers is pasted into a shell, and counts what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

pytestmark = pytest.mark.xdist_group("look")

PRINTED = re.compile(r"allocs (\d+), reallocs (\d+), bytes (\d+)")


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1].replace(",", "")) if found else 0


def counts(text: str) -> tuple[int, int, int]:
    """Allocations, reallocations and bytes, as a page writes them."""
    return (
        number(r"([\d,]+) allocations?\b", text),
        number(r"([\d,]+) reallocations?\b", text),
        number(r"allocations? \(([\d,]+) bytes?\)", text),
    )


@pytest.mark.parametrize("name", ["agrees", "differs"])
def test_pasted_project(name: str, themed: dict[str, Path], tmp_path: Path) -> None:
    if shutil.which("cargo") is None:
        pytest.skip("the project is built with cargo, and there is none")
    page = BeautifulSoup((themed["furo"] / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    for index, snippet in enumerate(page.select(".heapledger-snippet")):
        script = next(block.text for block in snippet.select("pre") if block.text.startswith("cargo new"))
        around = counts(next(one.text for one in snippet.select("p") if "the whole process" in one.text))
        verdicts = [counts(one.text) for one in snippet.select("p.heapledger-verdict")]
        folder = tmp_path / str(index)
        folder.mkdir()
        done = subprocess.run(
            ["bash", "-e"],
            input=script,
            cwd=folder,
            env={**os.environ, "CARGO_NET_OFFLINE": "true", "RUST_BACKTRACE": "0"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        printed = [tuple(int(value) for value in match) for match in PRINTED.findall(done.stderr)]
        debug, release = verdicts if len(verdicts) == 2 else verdicts * 2
        assert printed == [tuple(map(sum, zip(profile, around, strict=True))) for profile in (debug, release)]
