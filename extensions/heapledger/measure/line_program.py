"""Running a DWARF line program (DWARF 5, section 6.2.5), for x86-64: one operation for a byte, no address in bundles.

pyelftools does the same forty times slower, a third of the time that measuring a program took. It reads the headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Standard opcodes.
COPY, ADVANCE_PC, ADVANCE_LINE, SET_FILE, SET_COLUMN = 1, 2, 3, 4, 5
CONST_ADD_PC, FIXED_ADVANCE_PC = 8, 9
# Extended opcodes.
END_SEQUENCE, SET_ADDRESS = 1, 2


def run_program(code: bytes, header: Mapping[str, Any]) -> list[tuple[int, int, int, bool]]:  # noqa: C901, PLR0912 - one machine
    """Return every row: address, number of the file, line, and whether a sequence ends there.

    :param header: as pyelftools reads it.
    """
    line_base, line_range = int(header["line_base"]), int(header["line_range"])
    opcode_base, step = int(header["opcode_base"]), int(header["minimum_instruction_length"])
    operands = [int(count) for count in header["standard_opcode_lengths"]]
    const_add = (255 - opcode_base) // line_range * step
    rows: list[tuple[int, int, int, bool]] = []
    address, file, line = 0, 1, 1
    at, end = 0, len(code)
    while at < end:
        opcode = code[at]
        at += 1
        if opcode >= opcode_base:
            advance, more = divmod(opcode - opcode_base, line_range)
            address += advance * step
            line += line_base + more
            rows.append((address, file, line, False))
        elif opcode == 0:
            length, at = _unsigned(code, at)
            kind = code[at]
            if kind == END_SEQUENCE:
                rows.append((address, file, line, True))
                address, file, line = 0, 1, 1
            elif kind == SET_ADDRESS:
                address = int.from_bytes(code[at + 1 : at + length], "little")
            at += length
        elif opcode == COPY:
            rows.append((address, file, line, False))
        elif opcode == ADVANCE_LINE:
            more, at = _signed(code, at)
            line += more
        elif opcode == CONST_ADD_PC:
            address += const_add
        elif opcode == FIXED_ADVANCE_PC:
            address += int.from_bytes(code[at : at + 2], "little")
            at += 2
        else:
            for _ in range(operands[opcode - 1]):
                value, at = _unsigned(code, at)
                if opcode == ADVANCE_PC:
                    address += value * step
                elif opcode == SET_FILE:
                    file = value
    return rows


def _unsigned(code: bytes, at: int) -> tuple[int, int]:
    """Return a LEB128 number and where the next byte stands."""
    value = shift = 0
    while True:
        byte = code[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _signed(code: bytes, at: int) -> tuple[int, int]:
    start = at
    value, at = _unsigned(code, at)
    bits = 7 * (at - start)
    return (value - (1 << bits) if value >> (bits - 1) else value), at
