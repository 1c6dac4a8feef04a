"""Addresses of one binary to functions, files and lines, inlined functions included."""

from __future__ import annotations

import struct
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from elftools.elf.elffile import ELFFile
from symbolic.debuginfo import Archive
from symbolic.symcache import SymCache

from heapledger.measure.lines import LineTable, Row
from heapledger.measure.symtab import read_symbols
from heapledger.toolchain.flags import CRATE_NAME


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
            self._segments = [(int(segment["p_vaddr"]), segment.data()) for segment in loads]
            self._relocated = _relative_relocations(elf)
            symbols = read_symbols(elf)
        self.functions = tuple(
            Function(symbol.name, symbol.address, symbol.size) for symbol in symbols if symbol.is_function
        )
        self._aliases = _aliases(self.functions)
        self._table: LineTable | None = None
        self._reading = threading.Lock()  # the workers of a batch share its binary
        # Not lru_cache on bound methods: an object that refers to itself stays until the garbage collector comes, and
        # this one holds a whole binary.
        self._frames: dict[int, tuple[Frame, ...]] = {}
        self._functions_found: dict[int, Function | None] = {}

    @cached_property
    def _cache(self) -> SymCache:
        return next(iter(Archive.open(str(self.path)).iter_objects())).make_symcache()

    def frames_of_return(self, address: int) -> tuple[Frame, ...]:
        """Frames at a return address, innermost first: the call is the instruction before it."""
        return self.frames_at(address - 1)

    def code(self, address: int, size: int) -> bytes:
        """Return the bytes of the file that are loaded at an address."""
        for start, data in self._segments:
            if start <= address < start + len(data):
                return bytes(data[address - start : address - start + size])
        return b""

    def pointer_at(self, address: int) -> int:
        """Return the address that a pointer in the image holds once the program is loaded: a slot of the GOT, say."""
        if address in self._relocated:
            return self._relocated[address]
        return int.from_bytes(self.code(address, 8), "little")

    def frames_at(self, address: int) -> tuple[Frame, ...]:
        """Frames at an address, innermost first."""
        if address not in self._frames:
            self._frames[address] = self._look_up(address)
        return self._frames[address]

    def function_at(self, address: int) -> Function | None:
        """Return the function that an address lies in."""
        if address not in self._functions_found:
            self._functions_found[address] = self._search(address)
        return self._functions_found[address]

    def _look_up(self, address: int) -> tuple[Frame, ...]:
        found = tuple(
            Frame(
                self._aliases.get(location.symbol, location.symbol or ""), location.full_path or "", location.line or 0
            )
            for location in self._cache.lookup(address)  # type: ignore[no-untyped-call]
        )
        if any(frame.file for frame in found):
            return found
        row = self._row_at(address)
        if row is None:
            return found
        function = self.function_at(address)
        return (Frame(function.name if function else "", row.file, row.line),)

    def _name(self, symbol: str) -> str:
        return self._aliases.get(symbol, symbol)

    def _row_at(self, address: int) -> Row | None:
        with self._reading:  # of one stream
            if self._table is None:
                self._table = LineTable(self.path)
            return self._table.at(address)

    def _search(self, address: int) -> Function | None:
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


def _aliases(functions: Iterable[Function]) -> dict[str, str]:
    """Return one name for functions of std that were compiled to one: which of them is found differs from link to link.

    ``<u64 as Display>::fmt`` and ``<usize as Display>::fmt`` are the same code.
    """
    names: dict[int, list[str]] = defaultdict(list)
    for function in functions:
        names[function.address].append(function.name)
    shared = [group for group in names.values() if len(group) > 1 and not any(CRATE_NAME in name for name in group)]
    return {name: min(group) for group in shared for name in group}


def _relative_relocations(elf: ELFFile) -> dict[int, int]:
    """Return the pointers that loading fills in: address of the slot, and where it points in the file."""
    section = elf.get_section_by_name(".rela.dyn")
    if section is None:
        return {}
    relative = 8  # R_X86_64_RELATIVE
    data, entry = section.data(), 24
    found = {}
    for start in range(0, len(data) - entry + 1, entry):
        offset, info, addend = struct.unpack_from("<QQq", data, start)
        if info & 0xFFFFFFFF == relative:
            found[offset] = addend
    return found
