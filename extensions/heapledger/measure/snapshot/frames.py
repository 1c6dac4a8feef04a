"""Frames of the snippet's own functions, with the places of their variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from heapledger.measure.names import demangled
from heapledger.measure.snapshot.dies import Die, Dies
from heapledger.measure.snapshot.raw import Memory, RawStop
from heapledger.measure.snapshot.types import Type, Types, short_name
from heapledger.source.stops import MODULE

REGISTERS, SP = 16, 7
REG0, BREG0, FBREG, CFA = 0x50, 0x70, 0x91, 0x9C
DEREF, CONSTU, CONSTS, PLUS, PLUS_UCONST = 0x06, 0x10, 0x11, 0x22, 0x23
"""Operations of DWARF expressions."""

_CRATE = re.compile(r"\bsnippet::")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A variable at its place."""

    name: str
    line: int | None
    """Line of the program that declares it."""
    type: Type
    address: int | None
    """None: it has no place in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One frame."""

    function: str
    pc: int
    """Address in the file, inside the instruction that calls the next frame."""
    slots: tuple[Slot, ...]
    """In order of declaration."""
    line: int | None
    """Line of the program where it calls a function inlined into it; None: the line table knows."""
    stack: tuple[int, int]
    """First and one past the last address of its part of the stack."""


class Functions:
    """The snippet's functions by their addresses."""

    def __init__(self, dies: Dies, types: Types) -> None:
        self.dies = dies
        self.types = types
        self._known: list[tuple[int, int, Die]] = []
        self.statics: list[tuple[Die, bytes]] = []
        self.vtables: list[tuple[Die, bytes]] = []
        for root in dies.roots:
            for die in dies.walk(root):
                self._note(die)

    def _note(self, die: Die) -> None:
        low, high = die.number("low_pc"), die.number("high_pc")
        if die.tag == "subprogram" and low is not None and high is not None and self._is_own(die):
            self._known.append((low, low + high, die))
        place = die.block("location") if die.tag == "variable" else None
        if place and place[0] in {0x03, 0x0E}:
            if "{vtable}" in die.text("name"):
                self.vtables.append((die, place))
            elif self._is_own(die):
                self.statics.append((die, place))

    def _is_own(self, die: Die) -> bool:
        origin = self.dies.origin(die)
        if origin.number("decl_file") not in origin.unit.own_files:
            return False
        return MODULE not in (origin.text("linkage_name") or die.text("linkage_name"))

    def calls(self, stop: RawStop, memory: Memory) -> Iterator[Call]:
        """Return the frames of the snippet's code, innermost first; a function inlined into another is a frame too."""
        for index, (pc, caller_sp, registers) in enumerate(stop.frames):
            sp = registers[SP] if len(registers) == REGISTERS else 0
            at = pc if index == 0 else pc - 1
            die = next((die for low, high, die in self._known if low <= at < high), None)
            if die is None:
                continue
            place = _Place(memory, registers, caller_sp)
            place = replace(place, base=_frame_base(die.block("frame_base"), place))
            line = None
            for one in (*reversed(list(self._inlined(die, at))), die):
                slots = tuple(self._slots(one, at, place))
                yield Call(function=self._name(one), pc=at, slots=slots, line=line, stack=(sp, caller_sp))
                line = one.number("call_line")

    def _name(self, die: Die) -> str:
        origin = self.dies.origin(die)
        linkage = origin.text("linkage_name")
        name = _CRATE.sub("", demangled(linkage)) if linkage else origin.text("name")
        if name.startswith("<"):
            holder, mark, method = name.rpartition(">::")
            name = f"{short_name(holder)}{mark}{method}"
        return _without_main(name.replace("{{", "{").replace("}}", "}"))

    def _inlined(self, die: Die, pc: int) -> Iterator[Die]:
        """Own functions inlined at an address, outermost first."""
        for child in die.children:
            if child.tag not in {"lexical_block", "inlined_subroutine"} or not self.dies.covers(child, pc):
                continue
            if child.tag == "inlined_subroutine" and self._is_own(child):
                yield child
            yield from self._inlined(child, pc)

    def _slots(self, die: Die, pc: int, place: _Place) -> Iterator[Slot]:
        for child in die.children:
            if child.tag in {"formal_parameter", "variable"}:
                origin = self.dies.origin(child)
                name = origin.text("name")
                expression = self.dies.location(child, pc)
                if not name or (expression and expression[0] in {0x03, 0x0E}):
                    continue
                yield Slot(
                    name=name.removeprefix("r#"),
                    line=origin.number("decl_line"),
                    type=self.types.of(child),
                    address=None if expression is None else place.address(expression),
                )
        for child in die.children:
            if child.tag == "lexical_block" and self.dies.covers(child, pc):
                yield from self._slots(child, pc, place)


@dataclass(frozen=True, slots=True)
class _Place:
    """Works out locations in one frame."""

    memory: Memory
    registers: tuple[int, ...]
    cfa: int
    """The caller's stack pointer."""
    base: int | None = None
    """What offsets of variables start from."""

    def address(self, expression: bytes) -> int | None:
        """Work out a location; None for what is not in memory."""
        stack: list[int] = []
        at = 0
        while at < len(expression):
            operation = expression[at]
            at += 1
            value: int | None = None
            if operation == FBREG or BREG0 <= operation < BREG0 + REGISTERS:
                offset, at = _signed(expression, at)
                start = self.base if operation == FBREG else _register(self.registers, operation - BREG0)
                value = None if start is None else start + offset
            elif operation == CFA:
                value = self.cfa
            elif operation in {CONSTU, CONSTS}:
                value, at = (_unsigned if operation == CONSTU else _signed)(expression, at)
            elif operation == DEREF and stack:
                value = self.memory.unsigned(stack.pop())
            elif operation == PLUS_UCONST and stack:
                offset, at = _unsigned(expression, at)
                value = stack.pop() + offset
            elif operation == PLUS and len(stack) > 1:
                value = stack.pop() + stack.pop()
            if value is None:
                return None
            stack.append(value)
        return stack[-1] if stack else None


def _frame_base(expression: bytes | None, place: _Place) -> int | None:
    if expression is None:
        return None
    if len(expression) == 1 and REG0 <= expression[0] < REG0 + REGISTERS:
        return _register(place.registers, expression[0] - REG0)
    return place.address(expression)


def _register(registers: tuple[int, ...], number: int) -> int | None:
    """Value of a register; 0 is one that the debugger could not read."""
    known = registers[number] if 0 <= number < len(registers) else 0
    return known or None


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return result, at


def _signed(data: bytes, at: int) -> tuple[int, int]:
    start = at
    value, at = _unsigned(data, at)
    bits = 7 * (at - start)
    return (value - (1 << bits) if data[at - 1] & 0x40 else value), at


def _without_main(name: str) -> str:
    """Leave out ``main::`` before a function that stands in main; a closure of main keeps it."""
    inner = name.removeprefix("main::")
    return name if inner.startswith("{") else inner


def static_address(place: bytes, bias: int, tls: int, tls_bytes: int) -> int | None:
    """Address of a static in memory; of a thread-local in the block that ends at ``tls``."""
    number = int.from_bytes(place[1:9], "little")
    if place[0] == 0x03:
        return number + bias
    return tls - tls_bytes + number if tls else None
