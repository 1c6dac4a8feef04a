"""A place of its own for one hostile build: nothing may be left in it afterwards, no file and no process."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CONF = """
project = "hostile"
extensions = ["myst_parser", "heapledger"]
myst_enable_extensions = ["colon_fence"]
exclude_patterns = ["_*"]
html_theme = "alabaster"
"""

NEIGHBOUR = """
## A neighbour

```{{alloc:snippet}} {name}-neighbour
:expect: allocs == 2, bytes == 1_064
let mut v: Vec<u64> = Vec::with_capacity(5); //~ alloc 40
v.push(std::hint::black_box(7));
println!("{{}}", v[0]); //~ alloc 1024
std::hint::black_box(&v); //~ end: free 40
```
"""

MASKED = (
    (r"rustc 1\.\d+\.\d+(-\w+)?", "rustc VERSION"),
    (r"/rustc/[0-9a-f]+/", "/rustc/COMMIT/"),
    (r"(panicking\.rs):\d+:\d+", r"\1:LINE"),
    (r"= \S*ld: .*heapledger_nowhere.*?(?= \[|$)", "= LINKER: heapledger_nowhere is missing"),
)
"""What differs between toolchains and machines."""

DIES_SECONDS = 3.0
"""How long after the end of a build its helpers may still be ending."""


@dataclass(frozen=True)
class Built:
    """What one command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def warnings(self) -> str:
        """Sphinx's warnings, sorted by page and line; versions masked."""
        found: list[list[str]] = []
        for line in self.err.splitlines():
            if re.search(r"WARNING|ERROR|CRITICAL", line) and not line.startswith(" "):
                found.append([line])
            elif found:
                found[-1].append(line)
        text = "".join("\n".join(one) + "\n" for one in sorted(found, key=_place))
        for pattern, shown in MASKED:
            text = re.sub(pattern, shown, text)
        return text


def _place(lines: list[str]) -> tuple[str, int]:
    match = re.match(r"([^:]*):(\d+)", lines[0])
    return (match[1], int(match[2])) if match else ("", 0)


@dataclass
class Arena:
    """A folder with documents, output, cache and a temporary folder of its own.

    It is readable to all, as ``/tmp`` is: where tests run as root, programs run as another user.
    """

    root: Path
    clients: list[int] = field(default_factory=list)
    """Process numbers of the commands that were started."""

    @property
    def docs(self) -> Path:
        return self.root / "docs"

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    def page(self, name: str, text: str) -> None:
        """Write a page."""
        (self.docs / name).write_text(text, encoding="utf-8")

    def command(self, builder: str, *arguments: str) -> list[str]:
        """Return the command line of a build, in which every warning is an error."""
        settings = ["-D", f"heapledger_cache={self.root / 'cache'}"]
        return [sys.executable, "-m", "sphinx", "-W", "-b", builder, *settings, "-d", str(self.out / "doctrees"),
                *arguments, ".", str(self.out / builder)]  # fmt: skip

    def environment(self, **changes: str) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.temporary), "NO_COLOR": "1", **changes}

    def start(self, command: list[str], **changes: str) -> subprocess.Popen[str]:
        """Start a command that is interrupted later."""
        process = subprocess.Popen(
            command,
            cwd=self.docs,
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.clients.append(process.pid)
        return process

    def run(self, command: list[str], **changes: str) -> Built:
        """Run a command to its end."""
        process = self.start(command, **changes)
        try:
            out, err = process.communicate(timeout=540)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        return Built(process.returncode, out, err)

    def build(self, builder: str = "text", *arguments: str, **changes: str) -> Built:
        """Build all pages."""
        return self.run(self.command(builder, *arguments), **changes)

    def leftovers(self) -> list[str]:
        """Files in the temporary folder, and processes that belong to us; both must be none."""
        until = time.monotonic() + DIES_SECONDS
        while (found := self._processes()) and time.monotonic() < until:
            time.sleep(0.05)
        files = (path.name for path in self.temporary.iterdir())
        # Sphinx itself keeps the traceback of an error that ends a build.
        return [*sorted(name for name in files if not name.startswith("sphinx-err-")), *found]

    def _processes(self) -> list[str]:
        """What runs from, in or on behalf of the arena, also where it changed its name, folder and session."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            if int(process.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                places = [command, str((process / "exe").readlink()), str((process / "cwd").readlink())]
                helps = "supervisor.py" in command and command.rpartition(" ")[2] in map(str, self.clients)
                if helps or any(str(self.root) in place for place in places):
                    found.append(f"{process.name}: {command}")
        return found

    def kill_leftovers(self) -> None:
        """End what a failed test left."""
        for line in self._processes():
            with contextlib.suppress(OSError):
                os.kill(int(line.split(":")[0]), signal.SIGKILL)


@contextlib.contextmanager
def arena() -> Iterator[Arena]:
    """Make an arena, and remove it."""
    root = Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        root.chmod(0o755)
        place = Arena(root)
        place.docs.mkdir()
        place.temporary.mkdir()
        place.temporary.chmod(0o1777)
        (place.docs / "conf.py").write_text(CONF, encoding="utf-8")
        (place.docs / "index.md").write_text("# Pages\n\n```{toctree}\n:glob:\n*\n```\n", encoding="utf-8")
        yield place
        place.kill_leftovers()
    finally:
        shutil.rmtree(root, ignore_errors=True)
