"""What a command writes into a pipe has no colours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .conftest import CONF

PAGE = "# Page\n\n```{alloc:snippet} wrong\n:expect: allocs == 2\n\nstd::hint::black_box(Box::new(1u8));\n```\n"


def test_check_writes_plain_text_into_a_pipe(tmp_path: Path, shared_cache: Path) -> None:
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
    (tmp_path / "index.md").write_text(PAGE, encoding="utf-8")
    command = [sys.executable, "-m", "heapledger", "check", "--source", ".", "--cache", str(shared_cache)]
    env = {name: value for name, value in os.environ.items() if name not in {"FORCE_COLOR", "FORCE_COLOUR", "CI"}}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("index.md:4: WARNING: snippet falsified: wrong\n")
    assert "\x1b" not in done.stderr + done.stdout
