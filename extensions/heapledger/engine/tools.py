"""Short questions to tools that we trust: ``rustc -vV``, ``cc --version``. Programs of authors never run here."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ANSWER_SECONDS = 60.0
"""Longest wait for an answer; a rustup proxy on a slow disk needs seconds."""

_PASSED = ("PATH", "HOME", "RUSTUP_HOME", "CARGO_HOME", "RUSTUP_TOOLCHAIN", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool said."""

    code: int | None
    """Exit status, or None where it could not be started or gave no answer in time."""
    out: str
    err: str


def tool_environment() -> dict[str, str]:
    """Return the few variables that tools need; ``RUSTC_BOOTSTRAP``, ``RUSTFLAGS`` and secrets stay out."""
    kept = {name: os.environ[name] for name in _PASSED if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "RUSTUP_AUTO_INSTALL": "0"}


def ask(argv: list[str], *, cwd: Path | None = None) -> Answer:
    """Run a tool from a neutral directory: no ``rust-toolchain.toml`` of a documentation tree can replace it."""
    try:
        done = subprocess.run(
            argv,
            cwd=cwd or tempfile.gettempdir(),
            env=tool_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        return Answer(code=None, out="", err=str(error))
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer(code=None, out="", err=str(error))
    return Answer(
        code=done.returncode, out=done.stdout.decode(errors="replace"), err=done.stderr.decode(errors="replace")
    )
