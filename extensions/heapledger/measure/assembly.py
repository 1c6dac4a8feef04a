"""The machine code of one function as lines to read: Intel syntax, noise left out, calls and data by their names."""

from __future__ import annotations

import re
from collections.abc import Callable

from heapledger.measure.frames import Instruction, frame_size
from heapledger.measure.linked import Linked, is_own_file
from heapledger.measure.lookup import Symbol
from heapledger.measure.names import demangled
from heapledger.model_below import Code, CodeLine

NOISE = frozenset({"nop", "int3", "endbr64"})
"""Instructions that do nothing: padding, and landing marks."""

MAX_LINES = 400
"""Most instructions that are kept."""

_RIP = re.compile(r"\[rip [+-] (?:0x[0-9a-f]+|\d+)\]")


def code_of(linked: Linked, wanted: str, function: Symbol, source_line: Callable[[int], int | None]) -> Code:
    """Return a function's code.

    :param source_line: line of the snippet's source for a line of the program.
    """
    instructions = linked.code(function)
    labels = _labels(function, instructions)
    lines: list[CodeLine] = []
    for instruction in instructions:
        if instruction.address in labels:
            lines.append(CodeLine(text=f"{labels[instruction.address]}:"))
        if instruction.mnemonic.split()[-1] in NOISE:
            continue
        number = linked.line_at(instruction.address, is_own_file)
        line = source_line(number) if number is not None else None
        lines.append(CodeLine(text=_text(linked, function, instruction, labels), line=line))
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], CodeLine(text=f"… {len(lines) - MAX_LINES} more lines")]
    return Code(
        function=wanted,
        symbol=function.shown,
        size=function.size,
        frame=frame_size(instructions),
        lines=tuple(lines),
    )


def _labels(function: Symbol, instructions: list[Instruction]) -> dict[int, str]:
    """Name the places that jumps inside the function go to, in the order of the code."""
    end = function.address + function.size
    goals = {
        int(one.operands, 16) for one in instructions if one.mnemonic.startswith("j") and one.operands.startswith("0x")
    }
    inside = sorted(goal for goal in goals if function.address <= goal < end)
    return {goal: f".L{number}" for number, goal in enumerate(inside, start=1)}


def _text(linked: Linked, function: Symbol, instruction: Instruction, labels: dict[int, str]) -> str:
    name, operands = instruction.mnemonic, instruction.operands
    if name.startswith("j") and operands.startswith("0x") and int(operands, 16) in labels:
        return f"{name} {labels[int(operands, 16)]}"
    target = linked.target(function, instruction)
    if target:
        return f"{name} {demangled(target)}"
    address, symbol = linked.referred(instruction)
    if address:
        place = demangled(symbol) if symbol else linked.section_at(address)
        operands = _RIP.sub(lambda _: f"[rip + {place}]" if place else "[rip]", operands)
    return f"{name} {operands}".strip()
