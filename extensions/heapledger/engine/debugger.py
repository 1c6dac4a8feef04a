"""Which gdb is used: the one on PATH, else that of PyPI's ``gdb-for-pwndbg`` (extra ``heapledger[gdb]``)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache as memoize
from pathlib import Path

from heapledger.engine.tools import ask

HOW_TO_GET_ONE = "install gdb (on Debian and Ubuntu: apt-get install gdb; or pip install 'heapledger[gdb]')"

_PACKAGE = "gdb_for_pwndbg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Debugger:
    """One gdb that can run our script."""

    path: str
    version: str
    """First line of ``gdb --version``."""
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    """What gdb itself needs; programs never see it."""


@dataclass(frozen=True, slots=True)
class NoDebugger:
    """There is none, and why."""

    reason: str


def find_debugger() -> Debugger | NoDebugger:
    """Find gdb; asked once for each PATH."""
    return _find(os.environ.get("PATH", ""))


def debugger_identity() -> str:
    """Paths, sizes and times of the gdbs that may be used; starts none, so that known snapshots cost nothing."""
    found = []
    for candidate in _candidates(os.environ.get("PATH", "")):
        path = Path(candidate.path)
        if path.is_file():
            status = path.resolve().stat()
            found.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return "; ".join(found)


@memoize
def _find(path: str) -> Debugger | NoDebugger:
    reasons = []
    for candidate in _candidates(path):
        answer = ask([*_environment_prefix(candidate.env), candidate.path, *candidate.arguments, *PROBE])
        said = answer.out.strip().splitlines()
        if answer.code == 0 and said and said[-1].startswith("python "):
            return Debugger(
                path=candidate.path, version=said[0], arguments=candidate.arguments, env=dict(candidate.env)
            )
        first = (answer.err.strip() or answer.out.strip() or "no answer").splitlines()[0]
        reasons.append(f"{candidate.path} cannot run our script: {first}")
    why = "; ".join(reasons) or "no gdb was found"
    return NoDebugger(f"{why}; {HOW_TO_GET_ONE}")


PROBE = (
    "-nx",
    "-nh",
    "-batch",
    "-ex",
    "python import gdb, sys; print(gdb.VERSION); print('python %d.%d' % sys.version_info[:2])",
)


def _environment_prefix(env: Mapping[str, str]) -> list[str]:
    return ["/usr/bin/env", *(f"{name}={value}" for name, value in env.items())] if env else []


def _candidates(path: str) -> list[Debugger]:
    found = []
    on_path = shutil.which("gdb", path=path)
    # The wheel's own start script may be the gdb on PATH: it is found through its package.
    if on_path is not None and not _is_script(Path(on_path)):
        found.append(Debugger(path=on_path, version=""))
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is not None and spec.origin is not None:
        vendor = Path(spec.origin).parent / "_vendor"
        found.append(
            Debugger(
                path=str(vendor / "bin" / "gdb"),
                version="",
                arguments=("--data-directory", str(vendor / "share" / "gdb")),
                env=_python_of_the_wheel(Path(spec.origin).parent.parent),
            )
        )
    return found


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True


def _python_of_the_wheel(packages: Path) -> dict[str, str]:
    """The wheel's gdb embeds the libpython of the Python that runs us; it must find it, its library and ``gdb``."""
    folders = [str(sysconfig.get_config_var("LIBDIR") or ""), str(Path(sys.base_exec_prefix) / "lib")]
    return {
        "LD_LIBRARY_PATH": ":".join(folder for folder in folders if folder),
        "PYTHONPATH": str(packages),
        "PYTHONHOME": f"{sys.base_prefix}:{sys.base_exec_prefix}",
        "PYTHONNOUSERSITE": "1",
    }
