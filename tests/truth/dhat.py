"""Valgrind's DHAT over an untouched program: blocks and bytes by the line where they were born."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from heapledger.engine.task import Task

from .workshop import available, run

DEEPEST = 500
"""Most frames that valgrind keeps."""

_PLACE = re.compile(r"^0x[0-9A-F]+: (?P<name>.*) \((?:in (?P<object>[^()]*)|(?P<file>[^()]*?)(?::(?P<line>\d+))?)\)$")


@dataclass(frozen=True)
class Frame:
    """One function on a stack, inlined ones too."""

    name: str
    object: str
    """Path of the executable or library where valgrind knows no source file; else empty."""
    file: str
    line: int | None


@dataclass(frozen=True)
class Point:
    """All blocks that were born with one stack."""

    blocks: int
    """Births, and later reallocations of what was born here: DHAT counts each as one more block of its birth place."""
    bytes: int
    """Bytes asked for at the births, and at the reallocations of them."""
    frames: tuple[Frame, ...]
    """Innermost first, without malloc itself."""


def profile(task: Task, folder: Path) -> list[Point]:
    """Run the program of ``folder`` under DHAT."""
    out = folder / "dhat.json"
    options = ["--tool=dhat", f"--num-callers={DEEPEST}", "--fullpath-after=", f"--dhat-out-file={out}"]
    done = run(task, folder, available("valgrind"), *options)
    assert out.is_file(), done.stderr.decode(errors="replace")
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["dhatFileVersion"], found["mode"]) == (2, "heap")
    frames = [_frame(text) for text in found["ftbl"]]
    return [Point(point["tbk"], point["tb"], tuple(frames[index] for index in point["fs"])) for point in found["pps"]]


def _frame(text: str) -> Frame:
    match = _PLACE.match(text)
    if match is None:
        return Frame(text, "", "", None)
    line = int(match["line"]) if match["line"] else None
    return Frame(match["name"], match["object"] or "", match["file"] or "", line or None)
