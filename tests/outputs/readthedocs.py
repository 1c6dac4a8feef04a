"""The steps of Read the Docs in its order, read from ``.readthedocs.yaml``: environment, jobs, then each format."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

CANONICAL = "https://heapledger.readthedocs.io/en/latest/"
LONGEST_SECONDS = 900
"""What a build may take there, from the clone to the last format."""
MOST_BYTES = 7 * 1024**3
"""Memory of a build there."""

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def run(command: Sequence[str | Path], cwd: Path, env: dict[str, str]) -> str:
    """Run one step, and return what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS)
    assert done.returncode == 0, f"{' '.join(words)}\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout + done.stderr


def checkout(root: Path, into: Path) -> None:
    """Clone a repository, with what is changed in it and not committed yet."""
    env = dict(os.environ)
    run(["git", "clone", "-q", root, into], root, env)
    changed = run(["git", "ls-files", "--modified", "--others", "--exclude-standard"], root, env)
    for name in changed.splitlines():
        if (root / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, into / name)
        else:
            (into / name).unlink(missing_ok=True)


class ReadTheDocs:
    """A builder's machine: a clean clone, an environment of its own, and what the service puts into the environment."""

    def __init__(self, clone: Path, results: Path) -> None:
        """
        :param results: cache of heapledger, which is empty there; here the tests share one.
        """
        self.clone = clone
        self.config = yaml.safe_load((clone / ".readthedocs.yaml").read_text(encoding="utf-8"))
        self.out = clone / "_readthedocs"
        self.said = ""
        self._place = clone.parent / "environment"
        caches = clone.parent / "caches"
        caches.mkdir()
        (caches / "heapledger").symlink_to(results)
        foreign = ("VIRTUAL_ENV", "PYTHON", "UV_", "PYTEST", "READTHEDOCS", "COVERAGE")
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
            "READTHEDOCS": "True",
            "READTHEDOCS_VERSION": "latest",
            "READTHEDOCS_CANONICAL_URL": CANONICAL,
            "READTHEDOCS_OUTPUT": str(self.out),
            "READTHEDOCS_VIRTUALENV_PATH": str(self._place),
            "XDG_CACHE_HOME": str(caches),
            "PATH": f"{self._place / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "NO_COLOR": "1",
        }

    def build(self) -> Path:
        """Do all steps, and return the PDF."""
        self._create_environment()
        self._install()
        for line in self.config["build"]["jobs"]["pre_build"]:
            self._run("bash", "-c", line)
        assert set(self.config["formats"]) == {"htmlzip", "pdf", "epub"}
        strict = ("-W", "--keep-going") if self.config["sphinx"]["fail_on_warning"] else ()
        self._sphinx("html", "html", *strict)
        self._sphinx("singlehtml", "htmlzip", *strict)
        self._sphinx("latex", "latex")
        (source,) = (self.out / "latex").glob("*.tex")
        latexmk = ("latexmk", "-r", "latexmkrc", "-pdf", "-f", "-dvi-", "-ps-", "-jobname=heapledger")
        self._run(*latexmk, "-interaction=nonstopmode", source.name, cwd=self.out / "latex")
        self._sphinx("epub", "epub", *strict)
        (pdf,) = [path for path in (self.out / "latex").glob("*.pdf") if not path.name.startswith("heapledger-")]
        return pdf

    def _create_environment(self) -> None:
        run([sys.executable, "-m", "venv", self._place], self.clone, dict(os.environ))
        self._run("python", "-m", "pip", "install", "-q", "--upgrade", "--no-cache-dir", "pip", "setuptools")
        self._run("python", "-m", "pip", "install", "-q", "--upgrade", "--no-cache-dir", "sphinx")

    def _install(self) -> None:
        install = ("python", "-m", "pip", "install", "-q", "--upgrade", "--upgrade-strategy", "only-if-needed")
        for one in self.config["python"]["install"]:
            assert one["method"] == "pip"
            self._run(*install, "--no-cache-dir", f"{one['path']}[{','.join(one['extra_requirements'])}]")

    def _sphinx(self, builder: str, target: str, *strict: str) -> None:
        folder = (self.clone / self.config["sphinx"]["configuration"]).parent
        given = ("-b", builder, "-d", "_build/doctrees", "-D", "language=en", ".", str(self.out / target))
        self.said += self._run("python", "-m", "sphinx", "-T", *strict, *given, cwd=folder)

    def _run(self, *command: str, cwd: Path | None = None) -> str:
        program = shutil.which(command[0], path=self.env["PATH"])
        assert program is not None, f"{command[0]} is not installed"
        return run([program, *command[1:]], cwd or self.clone, self.env)


@contextmanager
def watched_memory(every: float = 0.5) -> Iterator[list[int]]:
    """Collect the memory of all processes below this one, in bytes; pages that several share are counted for each."""
    seen = [0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(every):
            seen.append(below(os.getpid()))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def below(root: int) -> int:
    """Resident bytes of all descendants of a process."""
    parents: dict[int, int] = {}
    resident: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(folder.name)] = int(stat[1])
        resident[int(folder.name)] = int(stat[21]) * PAGE_BYTES
    inside = {root}
    grown = True
    while grown:
        more = {process for process, parent in parents.items() if parent in inside} - inside
        inside |= more
        grown = bool(more)
    return sum(resident[process] for process in inside - {root})
