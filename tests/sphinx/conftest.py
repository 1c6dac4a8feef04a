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
        under: tuple[str, ...] = (),
    ) -> Built:
        if not (source / "conf.py").exists():
            (source / "conf.py").write_text(CONF, encoding="utf-8")
        setting = ["-D", f"heapledger_cache={cache or 'off'}"]
        command = [sys.executable, "-m", "sphinx", "-b", builder, *setting, "-d", str(out / "doctrees"), *arguments]
        done = subprocess.run(
            [*under, *command, ".", str(out / builder)],
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


@dataclass(frozen=True)
class LoggingRustc:
    """The real rustc behind a script that notes each start: what was started is counted by it, not by us."""

    path: Path
    log: Path

    def started(self) -> list[str]:
        """What was started since the last question: the marker in the program, or else the arguments."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


WRAPPER = """\
#!/bin/sh
case "$*" in
  "--print sysroot") echo "asked for the sysroot" >> "{log}"; echo "{sysroot}"; exit 0 ;;
  -vV) echo "asked for the version" >> "{log}" ;;
  *) echo "$(grep -o 'marker-[a-z-]*' src/main.rs 2>/dev/null || echo "$*")" >> "{log}" ;;
esac
exec "{rustc}" "$@"
"""


@pytest.fixture
def logging_rustc(tmp_path: Path, rustc: str) -> LoggingRustc:
    """A sysroot whose ``bin/rustc`` is the wrapper, for the engine calls the rustc under the sysroot itself."""
    sysroot, log = tmp_path / "sysroot", tmp_path / "rustc.log"
    (sysroot / "bin").mkdir(parents=True)
    (sysroot / "lib").symlink_to(Path(rustc).parent.parent / "lib")
    wrapper = sysroot / "bin" / "rustc"
    wrapper.write_text(WRAPPER.format(log=log, sysroot=sysroot, rustc=rustc), encoding="utf-8")
    wrapper.chmod(0o755)
    return LoggingRustc(wrapper, log)
