"""Rows of the snippet's crate are found with the table of address ranges, and the same ones without it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heapledger.measure.lines import LineTable
from heapledger.measure.symbols import Binary

PROGRAM = """\
#[inline(never)]
fn doubled(x: u32) -> u32 {
    std::hint::black_box(x) * 2
}
fn main() {
    let v: Vec<String> = (0..doubled(4)).map(|x| format!("{x}")).collect();
    println!("{v:?}");
}
"""


@pytest.mark.parametrize("flags", [["-g"], ["-C", "opt-level=3", "-C", "debuginfo=1"]], ids=["debug", "release"])
def test_same_rows(tmp_path: Path, rustc: str, flags: list[str]) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text(PROGRAM, encoding="utf-8")
    subprocess.run([rustc, *flags, "-o", "main", "src/main.rs"], cwd=tmp_path, check=True)
    data = (tmp_path / "main").read_bytes()
    assert data.count(b".debug_aranges\0") == 1
    (tmp_path / "other").write_bytes(data.replace(b".debug_aranges\0", b".debug_unknown\0"))
    by_address, by_unit = LineTable(tmp_path / "main"), LineTable(tmp_path / "other")
    found = set()
    own = [one for one in Binary(tmp_path / "main").functions if "main" in one.name]
    for function in own:
        for address in range(function.address, function.address + min(function.size, 400), 3):
            row = by_address.at(address)
            assert row == by_unit.at(address), f"{function.name} at {address:#x}"
            if row is not None and row.file.endswith("src/main.rs"):
                found.add(row.line)
    assert {3, 6} <= found
