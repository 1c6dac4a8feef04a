"""Programs that cannot be read: stripped, or for another machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.engine.image import make_image_work, read
from heapledger.engine.task import Surroundings
from heapledger.measure.linked import Linked, NotReadable
from heapledger.model import Location, Profile
from heapledger.source.snippet import Place, read_body
from heapledger.verify.below import Below, check_expectation, check_shown, questions_of

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


def test_the_message_stands_at_the_line_that_asks(workshop: Workshop, tmp_path: Path) -> None:
    body = [":expect: frame(main) == 8, symbol(__rust_alloc) == present", ":show: asm=main", "", "fn main() {}"]
    places = [Place(Location("page.md", line), 0) for line in range(4, 8)]
    snippet = read_body(body=body, places=places, snippet_id="asked", document="page", location=Location("page.md", 3))
    task = workshop.task("fn main() {}\n", Profile.RELEASE)
    around = Surroundings(rustc=workshop.rustc(""), config=Config())
    work = make_image_work(task, questions_of(snippet, Profile.RELEASE), snippet.options.codes, around)
    stripped = tmp_path / "stripped"
    subprocess.run(["strip", "-o", str(stripped), str(workshop.program("calls", Profile.RELEASE).path)], check=True)
    below = Below(image=read(work, stripped))
    found = [
        finding
        for _, expectation in snippet.options.expect
        for finding in check_expectation(snippet, Profile.RELEASE, snippet.option_place("expect"), expectation, below)
    ]
    found += check_shown(snippet, Profile.RELEASE, below)
    assert [finding.location.line for finding in found] == [4, 4, 5]
    assert all("the program is stripped" in finding.text for finding in found)
