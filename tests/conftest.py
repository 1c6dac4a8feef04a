"""Shared by all tests: the switch that re-records expected output, and the compiler under test."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from heapledger.engine.cache import default_folder
from heapledger.outcome import Session
from heapledger.sphinx.drive import Checked, check_documents

ROOT = Path(__file__).resolve().parents[1]

for name in ("CI", "FORCE_COLOR"):  # with them Sphinx and rich write colours into pipes too
    os.environ.pop(name, None)

HOW_TO_RECORD = "to accept the new output: pytest --record {nodeid}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write the measured output into the expected files")
    parser.addoption("--long", action="store_true", help="ask the slow oracles about everything, not about a sample")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, where they do not say otherwise: what they share is measured once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the minutes of each folder: of all its tests, set-up included, however many ran at a time."""
    spent: dict[str, float] = {}
    tests: dict[str, set[str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                folder = "/".join(report.nodeid.split("/")[:2])
                spent[folder] = spent.get(folder, 0.0) + report.duration
                tests.setdefault(folder, set()).add(report.nodeid)
    if os.environ.get("HEAPLEDGER_CI") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("a test was skipped, and on CI none may be", red=True)
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if len(spent) > 1:
        terminalreporter.section("minutes of each folder")
        for folder, seconds in sorted(spent.items(), key=lambda item: -item[1]):
            terminalreporter.write_line(f"{folder:20} {seconds / 60:5.1f}  {len(tests[folder]):5} tests")


@pytest.fixture
def check_expected(request: pytest.FixtureRequest):
    """Compare text with an expected file beside the case, or re-record it."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--record"):
            path.write_text(text, encoding="utf-8")
            return
        assert path.is_file(), f"{path} is missing; " + HOW_TO_RECORD.format(nodeid=request.node.nodeid)
        expected = path.read_text(encoding="utf-8")
        assert text == expected, HOW_TO_RECORD.format(nodeid=request.node.nodeid)

    return check


@pytest.fixture(scope="session")
def rustc() -> str:
    """The real rustc under the sysroot."""
    sysroot = subprocess.run(
        ["rustc", "--print", "sysroot"], cwd=tempfile.gettempdir(), capture_output=True, text=True, check=True
    ).stdout.strip()
    return f"{sysroot}/bin/rustc"


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the tests of a session that measure the same programs; each starts empty."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder that all workers of a run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


@pytest.fixture(scope="session")
def guide_cache() -> Path:
    """The user's own cache: what a build of the guide has measured with this very code holds here too."""
    return default_folder()


@pytest.fixture(scope="session")
def checked_guide(common: Path, guide_cache: Path) -> Checked:
    """Every snippet and claim of the guide, measured once at most: the first worker does, on all cores."""
    with (common / "guide.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        checked = check_documents(ROOT / "docs", {"heapledger_cache": str(guide_cache)}, quiet=True)
    assert len(checked.session.outcomes) >= 25
    return checked


@pytest.fixture(scope="session")
def guide(checked_guide: Checked) -> Session:
    """Every snippet of the guide with its ledgers."""
    return checked_guide.session


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium from the system; one for all tests of a process, for playwright runs only once in each."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("these tests look at pages with Chromium, and there is none: apt-get install chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=flags)
        yield found
        found.close()
