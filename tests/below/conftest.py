"""Programs compiled as the engine compiles them, without the tracer, by every toolchain at hand."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.engine.compile import rustc_command
from heapledger.engine.task import Surroundings, Task, make_task
from heapledger.engine.tools import tool_environment
from heapledger.measure.image import Declared, Reader
from heapledger.measure.linked import Linked
from heapledger.model import Profile
from heapledger.source import rust
from heapledger.source.program import build_program
from heapledger.source.snippet import read_rust
from heapledger.toolchain.find import Rustc, find_rustc

PROGRAMS = Path(__file__).parent / "programs"
NIGHTLY = "+nightly"


def installed() -> list[str]:
    """The default toolchain, and those of rustup that the guide speaks about."""
    if shutil.which("rustup") is None:
        return [""]
    listed = subprocess.run(["rustup", "toolchain", "list"], capture_output=True, text=True, check=False).stdout
    names = [name for name in ("1.96", "nightly") if re.search(rf"^{re.escape(name)}", listed, re.MULTILINE)]
    return ["", *(f"+{name}" for name in names)]


TOOLCHAINS = installed()


@dataclass(frozen=True)
class Built:
    """One linked program."""

    path: Path
    reader: Reader
    text: str


class Workshop:
    """Compiles each program once per toolchain and profile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rustcs: dict[str, Rustc] = {}
        self.built: dict[tuple[str, str, Profile], Built] = {}

    def rustc(self, toolchain: str) -> Rustc:
        if toolchain not in self.rustcs:
            self.rustcs[toolchain] = find_rustc(toolchain, Cache(self.folder / "cache"))
        return self.rustcs[toolchain]

    def task(self, text: str, profile: Profile, toolchain: str = "") -> Task:
        program, _ = build_program(read_rust(text=text, file="p.rs", snippet_id="p"))
        around = Surroundings(rustc=self.rustc(toolchain), config=Config())
        return make_task(program, profile, around, run=False, timeout=None)

    def program(self, name: str, profile: Profile, toolchain: str = "") -> Built:
        key = (name, toolchain, profile)
        if key not in self.built:
            text = (PROGRAMS / f"{name}.rs").read_text(encoding="utf-8")
            extra = ["-Z", "emit-stack-sizes"] if toolchain == NIGHTLY else []
            self.built[key] = self.link(text, profile, toolchain, extra)
        return self.built[key]

    def link(self, text: str, profile: Profile, toolchain: str = "", extra: list[str] | None = None) -> Built:
        """Compile with the engine's own command line."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "src").mkdir()
        (folder / "src" / "main.rs").write_text(text, encoding="utf-8")
        task = self.task(text, profile, toolchain)
        command = [*rustc_command(task, self.rustc(toolchain), None, "program"), *(extra or [])]
        done = subprocess.run(command, cwd=folder, env=tool_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, "".join(re.findall(r'"rendered":"(error.*?)"[,}]', done.stderr))
        path = folder / "program"
        names = rust.declared_names(task.program.text)
        declared = Declared(names["function_item"], names["static_item"], names["const_item"])
        return Built(path, Reader(Linked(path), declared), text)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("below"))
