"""Addresses of one binary to functions, files and lines, inlined functions included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from elftools.elf.elffile import ELFFile
from symbolic.debuginfo import Archive

if TYPE_CHECKING:
    from elftools.elf.sections import SymbolTableSection


@dataclass(frozen=True, slots=True)
class Frame:
    """One function at one address; several stand at the same address where functions were inlined."""

    symbol: str
    """Mangled name, or the bare name of an inlined function."""
    file: str
    """Path in the debug info, empty where there is none."""
    line: int
    """Line from 1; 0 where the optimizer merged lines."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the symbol table."""

    name: str
    address: int
    """File virtual address."""
    size: int
    """Bytes."""


class Binary:
    """A linked program, opened for looking addresses up. Addresses are the file's own (before relocation)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            elf = ELFFile(file)
            loads = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_LOAD"]
            tables = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_PHDR"]
            first = min(segment["p_vaddr"] for segment in loads)
            self.image = (first, max(segment["p_vaddr"] + segment["p_memsz"] for segment in loads))
            self.phdr_vaddr = int(tables[0]["p_vaddr"]) if tables else first + int(elf.header["e_phoff"])
            self._segments = [(int(s["p_vaddr"]), s.data()) for s in loads if s["p_flags"] & 1]
            table = elf.get_section_by_name(".symtab")
            symbols = [] if table is None else list(cast("SymbolTableSection", table).iter_symbols())
        self.functions = tuple(
            sorted(
                (
                    Function(symbol.name, symbol["st_value"], symbol["st_size"])
                    for symbol in symbols
                    if symbol["st_info"]["type"] == "STT_FUNC" and symbol["st_value"]
                ),
                key=lambda function: function.address,
            )
        )
        self._archive = Archive.open(str(path))
        self._cache = next(iter(self._archive.iter_objects())).make_symcache()
        self.frames_at = lru_cache(maxsize=None)(self._frames_at)
        self.function_at = lru_cache(maxsize=None)(self._function_at)

    def frames_of_return(self, address: int) -> tuple[Frame, ...]:
        """Frames at a return address, innermost first: the call is the instruction before it."""
        return self.frames_at(address - 1)

    def code(self, address: int, size: int) -> bytes:
        """Return machine code at an address."""
        for start, data in self._segments:
            if start <= address < start + len(data):
                return bytes(data[address - start : address - start + size])
        return b""

    def _frames_at(self, address: int) -> tuple[Frame, ...]:
        return tuple(
            Frame(location.symbol or "", location.full_path or "", location.line or 0)
            for location in self._cache.lookup(address)  # type: ignore[no-untyped-call]
        )

    def _function_at(self, address: int) -> Function | None:
        low, high = 0, len(self.functions)
        while low < high:
            middle = (low + high) // 2
            if self.functions[middle].address <= address:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return None
        function = self.functions[low - 1]
        return function if address < function.address + max(function.size, 1) else None
