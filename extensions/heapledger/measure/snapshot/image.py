"""The executable of a snapshot: sections, symbols, thread-local storage. Addresses are the file's own."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from heapledger.measure.names import demangled
from heapledger.measure.symtab import Symbol, read_symbols
from heapledger.source.stops import MODULE


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
            names_of_sections = elf.get_section(elf.header["e_shstrndx"])
            at = int(names_of_sections["sh_offset"])
            self.section_names = (at, at + int(names_of_sections["sh_size"]))
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
            self.symbols = read_symbols(elf)
        if not self.symbols:
            raise ValueError(f"{path.name} has no symbol table")
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
