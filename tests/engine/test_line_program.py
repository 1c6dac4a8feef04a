"""Our line programs give the rows that pyelftools gives, over all of std in a program of each profile."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from heapledger.measure.line_program import run_program

PROGRAM = 'fn main() {\n    let v: Vec<String> = (0..9).map(|x| format!("{x}")).collect();\n    println!("{v:?}");\n}\n'


@pytest.mark.parametrize("flags", [["-g"], ["-C", "opt-level=3", "-g"]], ids=["debug", "release"])
def test_rows(tmp_path: Path, rustc: str, flags: list[str]) -> None:
    (tmp_path / "main.rs").write_text(PROGRAM, encoding="utf-8")
    subprocess.run([rustc, *flags, "-o", "main", "main.rs"], cwd=tmp_path, check=True)
    compared = 0
    with (tmp_path / "main").open("rb") as file:
        dwarf = ELFFile(file).get_dwarf_info()
        for unit in list(dwarf.iter_CUs())[:40]:
            program = dwarf.line_program_for_CU(unit)
            if program is None:
                continue
            states = [entry.state for entry in program.get_entries() if entry.state is not None]
            wanted = [(state.address, state.file, state.line, state.end_sequence) for state in states]
            start = program.program_start_offset
            program.stream.seek(start)
            code = program.stream.read(program.program_end_offset - start)
            assert run_program(code, program.header) == wanted
            compared += len(wanted)
    assert compared > 1000
