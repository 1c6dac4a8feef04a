"""The case pages in four themes, and a browser to look at them with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

CASES = Path(__file__).parent / "cases"
THEMES = ("furo", "alabaster", "sphinx_rtd_theme", "pydata_sphinx_theme")
CONF = """
project = "case"
extensions = ["myst_parser", "sphinx_design", "sphinx_copybutton", "heapledger"]
exclude_patterns = ["out*"]
"""
INDEX = "# Cases\n\n```{toctree}\n:glob:\n*\n```\n"


def build(source: Path, out: Path, cache: Path, builder: str = "html", *arguments: str) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-b", builder, "-D", f"heapledger_cache={cache}", *arguments]
    done = subprocess.run(
        [*command, "-d", str(out / "doctrees"), str(source), str(out / "pages")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
        timeout=600,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("look") / "case"
    shutil.copytree(CASES, folder, ignore=shutil.ignore_patterns("*.html"))
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    (folder / "index.md").write_text(INDEX, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def themed(source: Path, shared_cache: Path) -> dict[str, Path]:
    """Folder of the built pages for each theme."""
    folders = {}
    for theme in THEMES:
        out = source.parent / theme
        build(source, out, shared_cache, "html", "-D", f"html_theme={theme}")
        folders[theme] = out / "pages"
    return folders


@pytest.fixture
def open_page(browser: Browser) -> Iterator[object]:
    """Open a page from ``file://``; returns it and the addresses of all its requests."""
    contexts = []

    def opened(
        path: Path, *, width: int = 1280, scheme: Literal["light", "dark"] = "light", script: bool = True
    ) -> tuple[Page, list[str]]:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page, asked

    yield opened
    for context in contexts:
        context.close()
