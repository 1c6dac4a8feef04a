"""Debugging information entries of the snippet's own compilation units, read in one pass.

DWARF 4, which the snapshot program is compiled with; the units of std are skipped. pyelftools finds the sections and
reads file tables, but takes 25 microseconds an entry, and a program that prints has ten thousand of them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

Value = int | str | bytes | None

TAGS = {
    0x01: "array_type",
    0x04: "enumeration_type",
    0x05: "formal_parameter",
    0x0B: "lexical_block",
    0x0D: "member",
    0x0F: "pointer_type",
    0x11: "compile_unit",
    0x13: "structure_type",
    0x15: "subroutine_type",
    0x16: "typedef",
    0x17: "union_type",
    0x19: "variant",
    0x1D: "inlined_subroutine",
    0x21: "subrange_type",
    0x24: "base_type",
    0x28: "enumerator",
    0x2E: "subprogram",
    0x2F: "template_type_parameter",
    0x33: "variant_part",
    0x34: "variable",
    0x39: "namespace",
}
ATTRIBUTES = {
    0x02: "location",
    0x03: "name",
    0x0B: "byte_size",
    0x10: "stmt_list",
    0x11: "low_pc",
    0x12: "high_pc",
    0x15: "discr",
    0x16: "discr_value",
    0x1C: "const_value",
    0x1D: "containing_type",
    0x22: "lower_bound",
    0x2F: "upper_bound",
    0x31: "abstract_origin",
    0x34: "artificial",
    0x37: "count",
    0x38: "data_member_location",
    0x3A: "decl_file",
    0x3B: "decl_line",
    0x3E: "encoding",
    0x40: "frame_base",
    0x47: "specification",
    0x49: "type",
    0x55: "ranges",
    0x59: "call_line",
    0x6E: "linkage_name",
    0x88: "alignment",
}
_REFERENCES = frozenset({0x10, 0x11, 0x12, 0x13, 0x14, 0x15})


@dataclass(slots=True, eq=False)
class Die:
    """One entry. References among entries are offsets in ``.debug_info``."""

    offset: int
    tag: str
    """Without ``DW_TAG_``; empty for the ones that mean nothing here."""
    unit: Unit
    parent: Die | None
    children: list[Die] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)

    def number(self, name: str) -> int | None:
        """Return an attribute that is a number."""
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str:
        """Return an attribute that is a text, or an empty one."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def block(self, name: str) -> bytes | None:
        """Return an attribute that is an expression."""
        value = self.values.get(name)
        return value if isinstance(value, bytes) else None


@dataclass(slots=True, eq=False)
class Unit:
    """One compilation unit."""

    name: str
    low_pc: int
    own_files: frozenset[int]
    """Numbers of the snippet's own file in this unit's file table."""


class Dies:
    """All entries of the units whose name begins with the snippet's file."""

    def __init__(self, path: Path, own_file: str) -> None:
        """Read them.

        :raises ValueError: where there is no debug info, or it is not DWARF 4.
        """
        with path.open("rb") as file:
            elf = ELFFile(file)
            if not elf.has_dwarf_info():
                raise ValueError("the program has no debug info")
            self._dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False)
            sections = {
                name: elf.get_section_by_name(name)
                for name in (".debug_info", ".debug_abbrev", ".debug_str", ".debug_ranges", ".debug_loc")
            }
            data = {name: section.data() if section is not None else b"" for name, section in sections.items()}
            self._info, self._abbrev = data[".debug_info"], data[".debug_abbrev"]
            self._strings, self._ranges = data[".debug_str"], data[".debug_ranges"]
            self._locations = data[".debug_loc"]
            self._string_cache: dict[int, str] = {}
            self._abbrevs: dict[int, dict[int, tuple[str, bool, list[tuple[str, int]]]]] = {}
            self.by_offset: dict[int, Die] = {}
            self.roots: list[Die] = []
            for start, end, version, abbrev_at in self._units():
                self._read_unit(start, end, version, abbrev_at, own_file)
        if not self.roots:
            raise ValueError("the debug info has no unit of the snippet")

    def origin(self, die: Die) -> Die:
        """Follow ``abstract_origin`` and ``specification`` to the entry that has the name."""
        for _ in range(4):
            target = die.number("abstract_origin") or die.number("specification")
            if "name" in die.values or target is None or target not in self.by_offset:
                return die
            die = self.by_offset[target]
        return die

    def walk(self, die: Die) -> Iterator[Die]:
        """Return an entry and all below it, in order."""
        pending = [die]
        while pending:
            found = pending.pop()
            yield found
            pending.extend(reversed(found.children))

    def covers(self, die: Die, pc: int) -> bool:
        """Whether a function or a lexical block covers an address."""
        low, high = die.number("low_pc"), die.number("high_pc")
        if low is not None and high is not None:
            return low <= pc < low + high
        at = die.number("ranges")
        if at is None:
            return False
        base = die.unit.low_pc
        while at + 16 <= len(self._ranges):
            begin, end = struct.unpack_from("<QQ", self._ranges, at)
            at += 16
            if begin == end == 0:
                return False
            if begin == 0xFFFFFFFFFFFFFFFF:
                base = end
            elif base + begin <= pc < base + end:
                return True
        return False

    def location(self, die: Die, pc: int) -> bytes | None:
        """Return the expression for the place of a variable at an address, or None where it has none there."""
        at = die.number("location")
        if at is None:
            return die.block("location")
        base = die.unit.low_pc
        while at + 16 <= len(self._locations):
            begin, end = struct.unpack_from("<QQ", self._locations, at)
            at += 16
            if begin == end == 0:
                return None
            if begin == 0xFFFFFFFFFFFFFFFF:
                base = end
                continue
            length = int.from_bytes(self._locations[at : at + 2], "little")
            if base + begin <= pc < base + end:
                return self._locations[at + 2 : at + 2 + length]
            at += 2 + length
        return None

    def _units(self) -> Iterator[tuple[int, int, int, int]]:
        at = 0
        while at + 11 <= len(self._info):
            length, version = struct.unpack_from("<IH", self._info, at)
            if length >= 0xFFFFFFF0:
                raise ValueError("64-bit DWARF is not read")
            end = at + 4 + length
            abbrev = struct.unpack_from("<I", self._info, at + (6 if version < 5 else 8))[0]
            yield at, end, version, abbrev
            at = end

    def _read_unit(self, start: int, end: int, version: int, abbrev_at: int, own_file: str) -> None:
        if version != 4:
            return
        abbrevs = self._abbrev_table(abbrev_at)
        unit = Unit("", 0, frozenset())
        at = start + 11
        code, at = _uleb(self._info, at)
        tag, has_children, specs = abbrevs[code]
        root = Die(start + 11, tag, unit, None)
        at = self._read_values(root, specs, at, start)
        if not root.text("name").startswith(own_file):
            return
        unit.name, unit.low_pc = root.text("name"), root.number("low_pc") or 0
        unit.own_files = self._own_files(start, own_file)
        self.roots.append(root)
        self.by_offset[root.offset] = root
        parent: Die | None = root if has_children else None
        info, by_offset = self._info, self.by_offset
        while at < end and parent is not None:
            offset = at
            code = info[at]
            if code < 0x80:
                at += 1
            else:
                code, at = _uleb(info, at)
            if code == 0:
                parent = parent.parent
                continue
            tag, has_children, specs = abbrevs[code]
            die = Die(offset, tag, unit, parent)
            at = self._read_values(die, specs, at, start)
            by_offset[offset] = die
            parent.children.append(die)
            if has_children:
                parent = die

    def _own_files(self, start: int, own_file: str) -> frozenset[int]:
        unit = self._dwarf.get_CU_at(start)
        program = self._dwarf.line_program_for_CU(unit)
        if program is None:
            return frozenset()
        directories = [b"", *program["include_directory"]]
        found = set()
        for number, entry in enumerate(program["file_entry"], start=1):
            directory = directories[entry.dir_index] if entry.dir_index < len(directories) else b""
            full = b"/".join(part for part in (directory, entry.name) if part).decode(errors="replace")
            if full == own_file or full.endswith("/" + own_file):
                found.add(number)
        return frozenset(found)

    def _abbrev_table(self, at: int) -> dict[int, tuple[str, bool, list[tuple[str, int]]]]:
        if at in self._abbrevs:
            return self._abbrevs[at]
        table: dict[int, tuple[str, bool, list[tuple[str, int]]]] = {}
        start, data = at, self._abbrev
        while True:
            code, at = _uleb(data, at)
            if code == 0:
                break
            tag, at = _uleb(data, at)
            has_children = data[at] == 1
            at += 1
            specs = []
            while True:
                attribute, at = _uleb(data, at)
                form, at = _uleb(data, at)
                if attribute == form == 0:
                    break
                specs.append((ATTRIBUTES.get(attribute, ""), form))
            table[code] = (TAGS.get(tag, ""), has_children, specs)
        self._abbrevs[start] = table
        return table

    def _read_values(self, die: Die, specs: list[tuple[str, int]], at: int, start: int) -> int:
        info, values = self._info, die.values
        for name, form in specs:
            reader = _FORMS.get(form)
            if reader is None:
                raise ValueError(f"form {form:#x} of the debug info is not known")
            value, at = reader(info, at)
            if not name:
                continue
            if form == 0x0E:
                values[name] = self._string(value)
            elif form in _REFERENCES and form != 0x10:
                values[name] = start + value
            else:
                values[name] = value
        return at

    def _string(self, at: int) -> str:
        known = self._string_cache.get(at)
        if known is None:
            end = self._strings.index(b"\0", at)
            known = self._string_cache[at] = self._strings[at:end].decode(errors="replace")
        return known


def _uleb(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def _sleb(data: bytes, at: int) -> tuple[int, int]:
    start = at
    value, at = _uleb(data, at)
    bits = 7 * (at - start)
    return (value - (1 << bits) if data[at - 1] & 0x40 else value), at


def _fixed(size: int) -> Callable[[bytes, int], tuple[Any, int]]:
    return lambda data, at: (int.from_bytes(data[at : at + size], "little"), at + size)


def _inline_string(data: bytes, at: int) -> tuple[Any, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode(errors="replace"), end + 1


def _sized(length_bytes: int) -> Callable[[bytes, int], tuple[Any, int]]:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        if length_bytes:
            length, at = int.from_bytes(data[at : at + length_bytes], "little"), at + length_bytes
        else:
            length, at = _uleb(data, at)
        return data[at : at + length], at + length

    return read


_FORMS: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {
    0x01: _fixed(8),  # addr
    0x03: _sized(2),  # block2
    0x04: _sized(4),  # block4
    0x05: _fixed(2),  # data2
    0x06: _fixed(4),  # data4
    0x07: _fixed(8),  # data8
    0x08: _inline_string,
    0x09: _sized(0),  # block
    0x0A: _sized(1),  # block1
    0x0B: _fixed(1),  # data1
    0x0C: _fixed(1),  # flag
    0x0D: _sleb,  # sdata
    0x0E: _fixed(4),  # strp
    0x0F: _uleb,  # udata
    0x10: _fixed(4),  # ref_addr
    0x11: _fixed(1),  # ref1
    0x12: _fixed(2),  # ref2
    0x13: _fixed(4),  # ref4
    0x14: _fixed(8),  # ref8
    0x15: _uleb,  # ref_udata
    0x17: _fixed(4),  # sec_offset
    0x18: _sized(0),  # exprloc
    0x19: lambda _, at: (1, at),  # flag_present
    0x20: _fixed(8),  # ref_sig8
}
