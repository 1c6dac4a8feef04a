"""A linked program, opened for questions: symbols with their sections, what each call calls, where code came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

import capstone
from elftools.elf.elffile import ELFFile

from heapledger.measure.frames import Instruction
from heapledger.measure.lookup import Symbol
from heapledger.measure.symbols import Binary, Function
from heapledger.toolchain.flags import SOURCE_PATH

if TYPE_CHECKING:
    from elftools.elf.sections import SymbolTableSection

_THROUGH = re.compile(r"(?:qword ptr )?\[rip ([+-]) (0x[0-9a-f]+|\d+)\]")
_KINDS = {"STT_FUNC": "function", "STT_OBJECT": "object", "STT_TLS": "tls", "STT_GNU_IFUNC": "function"}
_SLOT_TYPES = {1, 6, 7}
"""R_X86_64_64, R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT: slots that the loader fills with an imported function."""


class NotReadable(Exception):
    """The program is stripped, or for another architecture; the text says so."""


class Linked:
    """One linked x86-64 program."""

    def __init__(self, path: Path) -> None:
        """Open it.

        :raises NotReadable: for another architecture, or without a symbol table.
        """
        self.path = path
        with path.open("rb") as file:
            elf = ELFFile(file)
            machine = elf.get_machine_arch()
            if machine != "x64":
                raise NotReadable(f"machine code is read on x86-64 only, and this program is for {machine}")
            table = elf.get_section_by_name(".symtab")
            if table is None:
                raise NotReadable("the program is stripped: it has no symbol table to look names up in")
            sections = [section.name for section in elf.iter_sections()]
            self.symbols = tuple(_symbols(cast("SymbolTableSection", table), sections))
            self._imports = _imports(elf)
        self.binary = Binary(path)
        self._decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)  # type: ignore[no-untyped-call]

    @cached_property
    def functions(self) -> tuple[Symbol, ...]:
        """Functions with code in this program."""
        return tuple(symbol for symbol in self.symbols if symbol.kind == "function" and symbol.section)

    def code(self, function: Symbol) -> list[Instruction]:
        """Decode a function."""
        data = self.binary.code(function.address, function.size)
        decoded = self._decoder.disasm_lite(data, function.address)  # type: ignore[no-untyped-call]
        return [Instruction(address, size, name, operands) for address, size, name, operands in decoded]

    def target(self, function: Symbol, instruction: Instruction) -> str | None:
        """Name (mangled) of what a call, or a jump out of the function, goes to; None for other instructions.

        An empty name: it goes through a register or a table, to a place that cannot be read from the code.
        """
        if instruction.mnemonic != "call" and not instruction.mnemonic.startswith("j"):
            return None
        through = _THROUGH.fullmatch(instruction.operands)
        if through is not None:
            offset = int(through[2], 0) * (1 if through[1] == "+" else -1)
            return self._behind(instruction.end + offset)
        if not instruction.operands.startswith("0x"):
            return "" if instruction.mnemonic == "call" else None
        destination = int(instruction.operands, 16)
        inside = function.address <= destination < function.address + function.size
        if inside and (instruction.mnemonic != "call" or destination != function.address):
            return None
        return self._name_at(destination)

    def referred(self, instruction: Instruction) -> tuple[int, str]:
        """Address and symbol that ``[rip + N]`` in an instruction names; (0, "") where it has none."""
        match = _THROUGH.search(instruction.operands)
        if match is None:
            return 0, ""
        address = instruction.end + int(match[2], 0) * (1 if match[1] == "+" else -1)
        imported = self._imports.get(address)
        if imported:
            return address, imported
        found = next((s for s in self._objects if s.address <= address < s.address + max(s.size, 1)), None)
        return address, found.name if found is not None else ""

    def line_at(self, address: int, is_own: Callable[[str], bool]) -> int | None:
        """Line of the snippet's file that an instruction comes from, or None."""
        frame = next((frame for frame in self.binary.frames_at(address) if is_own(frame.file)), None)
        return frame.line or None if frame is not None else None

    def section_at(self, address: int) -> str:
        """Name of the section that an address lies in, or an empty name."""
        return next((name for name, start, size in self._ranges if start <= address < start + size), "")

    @cached_property
    def _ranges(self) -> tuple[tuple[str, int, int], ...]:
        with self.path.open("rb") as file:
            return tuple(
                (section.name, int(section["sh_addr"]), int(section["sh_size"]))
                for section in ELFFile(file).iter_sections()
                if section["sh_addr"]
            )

    @cached_property
    def _objects(self) -> tuple[Symbol, ...]:
        return tuple(symbol for symbol in self.symbols if symbol.kind == "object" and symbol.section)

    def _behind(self, slot: int) -> str:
        """Name of the function that a slot of the global offset table holds."""
        return self._imports.get(slot) or self._name_at(self.binary.pointer_at(slot))

    def _name_at(self, address: int) -> str:
        function: Function | None = self.binary.function_at(address)
        if function is not None:
            return function.name if function.address == address else ""
        return self._stub(address)

    def _stub(self, address: int) -> str:
        """A stub of the procedure linkage table is one jump through a slot."""
        data = self.binary.code(address, 16)
        for place, size, name, operands in self._decoder.disasm_lite(data, address):  # type: ignore[no-untyped-call]
            match = _THROUGH.fullmatch(operands)
            if name.endswith("jmp") and match is not None:
                slot = place + size + int(match[2], 0) * (1 if match[1] == "+" else -1)
                return self._imports.get(slot, "")
            if name != "endbr64":
                break
        return ""


def is_own_file(path: str) -> bool:
    """Whether a path of the debug info is the snippet's own file."""
    return path.endswith(SOURCE_PATH) and not path.startswith("/rustc/")


def _symbols(table: SymbolTableSection, sections: list[str]) -> Iterator[Symbol]:
    for entry in table.iter_symbols():
        index = entry["st_shndx"]
        if not entry.name or entry["st_info"]["type"] in {"STT_SECTION", "STT_FILE"}:
            continue
        yield Symbol(
            name=entry.name.split("@")[0],
            kind=_KINDS.get(entry["st_info"]["type"], "other"),
            section=sections[index] if isinstance(index, int) and index < len(sections) else None,
            address=int(entry["st_value"]),
            size=int(entry["st_size"]),
        )


def _imports(elf: ELFFile) -> dict[int, str]:
    """Return slots that the loader fills, with the names of what they will hold."""
    found: dict[int, str] = {}
    dynamic = elf.get_section_by_name(".dynsym")
    if dynamic is None:
        return found
    table = cast("SymbolTableSection", dynamic)
    for name in (".rela.dyn", ".rela.plt"):
        section = elf.get_section_by_name(name)
        if section is None:
            continue
        data = section.data()
        for start in range(0, len(data) - 23, 24):
            info = int.from_bytes(data[start + 8 : start + 16], "little")
            if info & 0xFFFFFFFF in _SLOT_TYPES and info >> 32:
                slot = int.from_bytes(data[start : start + 8], "little")
                found[slot] = table.get_symbol(info >> 32).name.split("@")[0]
    return found
