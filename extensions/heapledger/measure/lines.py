"""The line table of the snippet's own crate, read directly.

With line tables only, LLVM describes a function by an entry of its own only where something was inlined into it;
``symbolic`` knows no lines of the others. Their rows are in the line table all the same.
"""

from __future__ import annotations

import bisect
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from elftools.dwarf.ranges import BaseAddressEntry
from elftools.elf.elffile import ELFFile

from heapledger.measure.line_program import run_program

OWN_UNIT = b"src/"
"""Start of the name of every compilation unit of a snippet's crate: std's have absolute paths."""


@dataclass(frozen=True, slots=True)
class Row:
    """From ``address`` on, code comes from this line."""

    address: int
    file: str
    line: int
    ends: bool
    """The first address after a sequence: nothing is known from here on."""


RawRow = tuple[int, str, int, bool]
"""The fields of a :class:`Row`: a batch has tens of thousands of them."""


class LineTable:
    """Rows of the units of the snippet's crate. A batch has a hundred of them, so each is read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self._dwarf: Any = None
        self._read: dict[int, _Rows] = {}
        with path.open("rb") as file:
            elf = ELFFile(file)
            if elf.has_dwarf_info():
                self._dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False)
                # By address, where the compiler wrote them: it saves reading the first entry of every unit.
                self._aranges = self._dwarf.get_aranges()
                # pyelftools' objects refer to each other and stay until the garbage collector comes.
                weakref.finalize(self, close_sections, self._dwarf)

    def at(self, address: int) -> Row | None:
        """Return the row that covers an address."""
        for unit in self._units_at(address):
            if unit.cu_offset not in self._read:
                self._read[unit.cu_offset] = _Rows(_rows(self._dwarf, unit))
            row = self._read[unit.cu_offset].at(address)
            if row is not None:
                return row
        return None

    def _units_at(self, address: int) -> Iterator[Any]:
        """Return units of the snippet's crate that may have code at an address."""
        if self._dwarf is None:
            return
        if self._aranges is None:
            for unit, ranges in self._units:
                if ranges is None or any(address in one for one in ranges):
                    yield unit
            return
        offset = self._aranges.cu_offset_at_addr(address)
        if offset is not None:
            unit = self._dwarf.get_CU_at(offset)
            if _is_own(unit):
                yield unit

    @cached_property
    def _units(self) -> list[tuple[Any, list[range] | None]]:
        return [(unit, unit_ranges(self._dwarf, unit)) for unit in own_units(self._dwarf)]


class _Rows:
    """Rows of one unit, by address."""

    def __init__(self, rows: list[RawRow]) -> None:
        self._rows = sorted(rows, key=lambda row: (row[0], not row[3]))
        self._addresses = [row[0] for row in self._rows]

    def at(self, address: int) -> Row | None:
        """Return the row that covers an address."""
        index = bisect.bisect_right(self._addresses, address) - 1
        if index < 0 or self._rows[index][3]:
            return None
        return Row(*self._rows[index])


def close_sections(dwarf: Any) -> None:
    """Give back the copies of a binary's sections, some megabytes."""
    for section in vars(dwarf).values():
        if hasattr(section, "stream"):
            section.stream.close()


def unit_ranges(dwarf: Any, unit: Any) -> list[range] | None:
    """Return the addresses of a unit's code, or None where it does not say."""
    said = unit.get_top_DIE().attributes
    start = said["DW_AT_low_pc"].value if "DW_AT_low_pc" in said else None
    if "DW_AT_ranges" not in said:
        if start is None or "DW_AT_high_pc" not in said:
            return None
        end = said["DW_AT_high_pc"]
        return [range(start, end.value if end.form == "DW_FORM_addr" else start + end.value)]
    lists = dwarf.range_lists()
    if lists is None:
        return None
    base, found = start or 0, []
    for entry in lists.get_range_list_at_offset(said["DW_AT_ranges"].value, cu=unit):
        if isinstance(entry, BaseAddressEntry):
            base = entry.base_address
        else:
            moved = 0 if getattr(entry, "is_absolute", False) else base
            found.append(range(moved + entry.begin_offset, moved + entry.end_offset))
    return found


def _is_own(unit: Any) -> bool:
    name = unit.get_top_DIE().attributes.get("DW_AT_name")
    return name is not None and bool(name.value.startswith(OWN_UNIT))


def own_units(dwarf: Any) -> list[Any]:
    """Return the compilation units of the snippet's crate: they stand first, since the crate is linked first."""
    found: list[Any] = []
    for unit in dwarf.iter_CUs():
        if _is_own(unit):
            found.append(unit)
        elif found:
            break
    return found


def _rows(dwarf: Any, unit: Any) -> list[RawRow]:
    program = dwarf.line_program_for_CU(unit)
    if program is None:
        return []
    first = 0 if program.header["version"] >= 5 else 1
    files = [_path(program, entry) for entry in program.header["file_entry"]]
    names = [""] * first + files
    start, end = program.program_start_offset, program.program_end_offset
    program.stream.seek(start)
    found = run_program(program.stream.read(end - start), program.header)
    return [(address, names[file] if file < len(names) else "", line, ends) for address, file, line, ends in found]


def _path(program: Any, entry: Any) -> str:
    directories = program.header["include_directory"]
    index = entry.dir_index if program.header["version"] >= 5 else entry.dir_index - 1
    name = str(entry.name.decode(errors="replace"))
    if name.startswith("/") or not 0 <= index < len(directories):
        return name
    folder = directories[index].decode(errors="replace")
    if not folder.startswith("/") and directories and program.header["version"] >= 5:
        folder = f"{directories[0].decode(errors='replace')}/{folder}"
    return f"{folder}/{name}"
