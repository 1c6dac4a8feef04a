"""A build that was killed goes on with what it had finished."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from .conftest import CONF, LoggingRustc

COUNT = 60
SNIPPET = """```{{alloc:snippet}} number-{0}
let v: Vec<u16> = (0..{0}).collect();
println!("{{}}", v.len());
```
"""


def test_what_was_finished_is_not_done_again(tmp_path: Path, logging_rustc: LoggingRustc) -> None:
    docs, cache = tmp_path / "docs", tmp_path / "cache"
    docs.mkdir()
    (docs / "conf.py").write_text(CONF + f'heapledger_rustc = "{logging_rustc.path}"\n', encoding="utf-8")
    pages = "\n".join(SNIPPET.format(number) for number in range(10, 10 + COUNT))
    (docs / "index.md").write_text(f"# Page\n\n{pages}", encoding="utf-8")
    command = [sys.executable, "-m", "heapledger", "check", "--verbose", "--source", str(docs), "--cache", str(cache)]

    def stored() -> int:
        return sum(len(path.name) == 62 for path in (cache / "v1").rglob("*"))

    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    until = time.monotonic() + 200
    while stored() < COUNT // 2:
        assert time.monotonic() < until
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    kept = stored()
    assert COUNT // 2 <= kept < 2 * COUNT
    before = logging_rustc.started()
    assert any("src/batch.rs" in line for line in before), "programs were compiled in batches"

    again = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert again.returncode == 0, again.stderr
    assert f"{COUNT} measured" in again.stdout
    measured = re.search(r"(\d+) results measured now", again.stderr)
    assert measured is not None
    assert int(measured[1]) == 2 * COUNT - kept, "what was stored did not run again"
    crates = sum("src/root-" in line for line in logging_rustc.started())
    assert crates <= 2 * COUNT - kept, "nor was it compiled"
    assert stored() == 2 * COUNT
