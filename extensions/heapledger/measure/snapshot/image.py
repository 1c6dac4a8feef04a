"""The executable of a snapshot: sections, symbols, thread-local storage. Addresses are the file's own."""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from heapledger.measure.names import demangled
from heapledger.source.stops import MODULE

_SYMBOL = struct.Struct("<IBBHQQ")
_OBJECT, _FUNCTION, _TLS = 1, 2, 6


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol that has a place."""

    name: str
    """As in the file, mangled."""
    address: int
    size: int
    is_function: bool


@dataclass(frozen=True, slots=True)
class Section:
    """One section that is loaded."""

    name: str
    start: int
    size: int


class Image:
    """A linked program."""

    def __init__(self, path: Path) -> None:
        """Open it and read its tables.

        :raises ValueError: where it is not an ELF file with a symbol table.
        """
        self.path = path
        with path.open("rb") as file:
            elf = ELFFile(file)
            loads = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_LOAD"]
            self.first = int(min(segment["p_vaddr"] for segment in loads))
            self.last = int(max(segment["p_vaddr"] + segment["p_memsz"] for segment in loads))
            tables = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_PHDR"]
            self.phdr = int(tables[0]["p_vaddr"]) if tables else self.first + int(elf.header["e_phoff"])
            tls = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_TLS"]
            self.tls_bytes = _rounded(int(tls[0]["p_memsz"]), int(tls[0]["p_align"])) if tls else 0
            self.tls_start = int(tls[0]["p_vaddr"]) if tls else 0
            self.sections = tuple(
                sorted(
                    (
                        Section(section.name, int(section["sh_addr"]), int(section["sh_size"]))
                        for section in elf.iter_sections()
                        if section["sh_flags"] & 2 and section["sh_size"] and not section["sh_flags"] & 0x400
                    ),
                    key=lambda section: section.start,
                )
            )
            self.tls_sections = tuple(
                Section(section.name, int(section["sh_addr"]), int(section["sh_size"]))
                for section in elf.iter_sections()
                if section["sh_flags"] & 0x400
            )
            table, names = elf.get_section_by_name(".symtab"), elf.get_section_by_name(".strtab")
            if table is None or names is None:
                raise ValueError(f"{path} has no symbol table")
            self.symbols = _symbols(table.data(), names.data())
        self._starts = [symbol.address for symbol in self.symbols]

    def section_at(self, address: int) -> str | None:
        """Name of the section that holds an address."""
        return next(
            (section.name for section in self.sections if section.start <= address < section.start + section.size), None
        )

    def symbol_at(self, address: int) -> Symbol | None:
        """Return the innermost symbol that covers an address."""
        index = bisect_right(self._starts, address)
        for symbol in reversed(self.symbols[max(0, index - 8) : index]):
            if symbol.address <= address < symbol.address + max(symbol.size, 1):
                return symbol
        return None

    def address_of(self, name: str) -> int:
        """Address of one of the names in the module that markers call.

        :raises ValueError: where it is missing.
        """
        for symbol in self.symbols:
            if MODULE in symbol.name and demangled(symbol.name).endswith(f"{MODULE}::{name}"):
                return symbol.address
        raise ValueError(f"{self.path.name} has no {MODULE}::{name}")


def _rounded(size: int, align: int) -> int:
    return (size + align - 1) // align * align if align else size


def _symbols(table: bytes, names: bytes) -> tuple[Symbol, ...]:
    found = []
    for name_at, info, _, index, value, size in _SYMBOL.iter_unpack(table):
        kind = info & 15
        if value and index and kind in {_OBJECT, _FUNCTION}:
            name = names[name_at : names.index(b"\0", name_at)].decode(errors="replace")
            found.append(Symbol(name, value, size, kind == _FUNCTION))
    return tuple(sorted(found, key=lambda symbol: symbol.address))
