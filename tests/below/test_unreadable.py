"""Programs that cannot be read: stripped, or for another machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heapledger.measure.linked import Linked, NotReadable
from heapledger.model import Profile

from .conftest import Workshop

MACHINE_OFFSET = 18
AARCH64 = 183


def test_a_stripped_program(workshop: Workshop, tmp_path: Path) -> None:
    stripped = tmp_path / "stripped"
    source = workshop.program("calls", Profile.RELEASE).path
    subprocess.run(["strip", "-o", str(stripped), str(source)], check=True)
    with pytest.raises(NotReadable, match="the program is stripped: it has no symbol table to look names up in"):
        Linked(stripped)


def test_another_architecture(workshop: Workshop, tmp_path: Path) -> None:
    other = tmp_path / "other"
    data = bytearray(workshop.program("calls", Profile.RELEASE).path.read_bytes())
    data[MACHINE_OFFSET : MACHINE_OFFSET + 2] = AARCH64.to_bytes(2, "little")
    other.write_bytes(data)
    with pytest.raises(NotReadable, match="machine code is read on x86-64 only, and this program is for AArch64"):
        Linked(other)
