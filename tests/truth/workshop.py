"""Programs of the corpus: measured by the engine, run with the other counter, and left untouched.

Everything is compiled once in a session; the tests of one program run on one worker.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from elftools.elf.elffile import ELFFile

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.engine.compile import rustc_command
from heapledger.engine.run import RUN_ENVIRONMENT
from heapledger.engine.task import Surroundings, Task, make_task
from heapledger.engine.tools import tool_environment
from heapledger.measure.names import demangled
from heapledger.model import Ledger, Profile
from heapledger.outcome import SnippetOutcome
from heapledger.session import evaluate
from heapledger.source.program import Program
from heapledger.source.snippet import Snippet, read_rust
from heapledger.toolchain.find import Rustc, find_rustc
from heapledger.toolchain.flags import CRATE_NAME

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
NAMES = sorted(path.stem for path in CORPUS.glob("*.rs"))
PROFILES = (Profile.DEBUG, Profile.RELEASE)
COUNTER = "heapledger_counter"
RUN_SECONDS = 60


@dataclass(frozen=True)
class Sums:
    """What the other counter found in the region, and outside it."""

    allocs: int
    reallocs: int
    frees: int
    bytes: int
    live: int
    peak: int
    outside_allocs: int
    outside_bytes: int
    regions: int


_SUMS = struct.Struct("<4Q2q3Q")


def snippet_of(name: str) -> Snippet:
    """Read a program of the corpus."""
    text = (CORPUS / f"{name}.rs").read_text(encoding="utf-8")
    snippet = read_rust(text=text, file=f"{name}.rs", snippet_id=name)
    if text.startswith("// edition 2021:"):
        return replace(snippet, options=replace(snippet.options, edition="2021"))
    return snippet


class Workshop:
    """Compiles and runs; remembers what it did."""

    def __init__(self, folder: Path, common: Path) -> None:
        """Make it.

        :param folder: its own.
        :param common: a folder that all workers of a run share.
        """
        self.folder = folder
        self.common = common
        self.cache = Cache(common / "corpus-cache")
        self.rustc: Rustc = find_rustc("", self.cache)
        self._binaries: dict[tuple[str, str], Path] = {}

    @cached_property
    def _outcomes(self) -> dict[str, SnippetOutcome]:
        """Measure the whole corpus with the engine, in one plan, as a build of documents does."""
        with (self.common / "corpus.lock").open("w") as lock:
            # The first worker measures, on all cores; the others find its results in the cache.
            fcntl.flock(lock, fcntl.LOCK_EX)
            session = evaluate([snippet_of(name) for name in NAMES], Config(), cache=self.cache)
        return {outcome.snippet.id: outcome for outcome in session.outcomes}

    def program(self, name: str) -> Program:
        program = self._outcomes[name].program
        assert program is not None
        assert program.traced
        return program

    def ledger(self, name: str, profile: Profile) -> Ledger:
        """Return what the engine measured."""
        (found,) = [part.ledger for part in self._outcomes[name].profiles if part.profile is profile]
        assert found is not None
        assert found.traced, [diagnostic.message for diagnostic in found.exit.diagnostics]
        return found

    def task(self, name: str, profile: Profile) -> Task:
        return self.task_of(self.program(name), profile)

    def task_of(self, program: Program, profile: Profile) -> Task:
        around = Surroundings(rustc=self.rustc, config=Config())
        return make_task(program, profile, around, run=True, timeout=None)

    def untouched(self, task: Task) -> Path:
        """Compile the program as it is, with the engine's flags; return the folder, which has ``target/…/snippet``."""
        return self._compile(task, "untouched", task.program.text, rustc_command(task, self.rustc, None, _output(task)))

    def counted(self, task: Task) -> Sums:
        """Run the program with the other counter linked in."""
        command = rustc_command(task, self.rustc, None, _output(task))
        command += ["--extern", f"{COUNTER}={self._counter}", "-C", f"link-arg=-Wl,--wrap={self._lang_start}"]
        text = f"{task.program.text}extern crate {COUNTER} as _;\n"
        folder = self._compile(task, "counted", text, command)
        counts = folder / "counts"
        counts.write_bytes(bytes(4096))
        run(task, folder)
        return Sums(*_SUMS.unpack_from(counts.read_bytes()))

    def _compile(self, task: Task, kind: str, text: str, command: list[str]) -> Path:
        known = self._binaries.get((task.key, kind))
        if known is not None:
            return known
        folder = self.folder / f"{kind}-{task.key[:16]}"
        (folder / "src").mkdir(parents=True)
        (folder / "src" / "main.rs").write_text(text, encoding="utf-8")
        (folder / _output(task)).parent.mkdir(parents=True)
        _checked(command, folder)
        self._binaries[task.key, kind] = folder
        return folder

    @cached_property
    def _lang_start(self) -> str:
        """Mangled name of std's function that calls main."""
        folder = self.folder / "empty"
        folder.mkdir()
        (folder / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
        _checked([self.rustc.path, "-o", "main", "main.rs"], folder)
        with (folder / "main").open("rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            names = [symbol.name for symbol in table.iter_symbols()]
        (found,) = [name for name in names if demangled(name) == "std::rt::lang_start_internal"]
        return found

    @cached_property
    def _counter(self) -> Path:
        folder = self.folder / "counter"
        folder.mkdir()
        text = (HERE / "counter" / "lib.rs").read_text(encoding="utf-8")
        (folder / "lib.rs").write_text(text.replace("LANG_START_INTERNAL", self._lang_start), encoding="utf-8")
        flags = ["--edition", "2024", "--crate-type", "rlib", "-C", "opt-level=3", "-C", "embed-bitcode=no"]
        _checked([self.rustc.path, "--crate-name", COUNTER, *flags, "lib.rs"], folder)
        return folder / f"lib{COUNTER}.rlib"


def run(task: Task, folder: Path, *before: str) -> subprocess.CompletedProcess[bytes]:
    """Run a compiled program, or a tool on it, with the name, folder and environment that the engine gives it."""
    return subprocess.run(
        [*before, _output(task)],
        cwd=folder,
        env=RUN_ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=RUN_SECONDS,
    )


def _output(task: Task) -> str:
    return f"target/{task.profile.value}/{CRATE_NAME}"


def _checked(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, env=tool_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def available(tool: str) -> str:
    """Return the path of a tool that these tests cannot do without."""
    for folder in os.get_exec_path():
        if (Path(folder) / tool).is_file():
            return str(Path(folder) / tool)
    raise AssertionError(f"{tool} is not installed; on Debian and Ubuntu: apt-get install {tool}")
