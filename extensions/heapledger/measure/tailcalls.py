"""Frames that are gone: in release ``fn main() { println!("hello"); }`` ends in a jump, and main leaves the stack.

A direct call names its target. Where the function that runs is another one, the target jumped to it; the line of that
jump is the true one, if all jumps that could have done it are on one line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import capstone

from heapledger.measure.names import demangled
from heapledger.measure.own import Own
from heapledger.measure.symbols import Binary, Function

_CALL = 0xE8
_CALL_BYTES = 5
_CALL_THROUGH = b"\xff\x15"
"""``call [rip + offset]``: through the GOT, as for every function of another crate."""
_CALL_THROUGH_BYTES = 6
_THROUGH = re.compile(r"qword ptr \[rip ([+-]) (0x[0-9a-f]+|\d+)\]")
MAX_JUMPS = 4
"""Longest chain of tail calls that is followed."""


@dataclass(frozen=True, slots=True)
class TailCall:
    """What became of a call."""

    happened: bool
    """A function of the snippet's file left the stack by a jump."""
    line: int | None = None
    """Line of the jump, or None where it cannot be told."""


def line_of_tail_call(binary: Binary, frames: tuple[int, ...], position: int, own: Own) -> TailCall:
    """Tell whether the target of the call that frame ``position`` waits for has jumped to the function inside it."""
    running = binary.function_at(frames[position - 1] - 1)
    target = _target(binary, frames[position], own)
    if running is None or target is None or target.address == running.address:
        return TailCall(happened=False)
    lines = _jump_lines(binary, target, running.address, own, MAX_JUMPS)
    if not lines:
        return TailCall(happened=False)
    known = lines - {None}
    return TailCall(happened=True, line=known.pop() if len(lines) == 1 and known else None)


def _target(binary: Binary, return_address: int, own: Own) -> Function | None:
    code = binary.code(return_address - _CALL_BYTES, _CALL_BYTES)
    if len(code) == _CALL_BYTES and code[0] == _CALL:
        offset = int.from_bytes(code[1:], "little", signed=True)
        return _entry(binary, return_address + offset)
    code = binary.code(return_address - _CALL_THROUGH_BYTES, _CALL_THROUGH_BYTES)
    if code[:2] == _CALL_THROUGH:
        offset = int.from_bytes(code[2:], "little", signed=True)
        return _entry(binary, binary.pointer_at(return_address + offset))
    caller = binary.function_at(return_address - 1)
    if caller is not None and own.calls_main(demangled(caller.name)):
        return next((f for f in binary.functions if demangled(f.name) == own.main), None)
    return None


def _entry(binary: Binary, address: int) -> Function | None:
    function = binary.function_at(address)
    return function if function is not None and function.address == address else None


def _jump_lines(binary: Binary, start: Function, goal: int, own: Own, depth: int) -> set[int | None]:
    """Lines of the jumps in the snippet's functions on every way from ``start`` to the function at ``goal``."""
    lines: set[int | None] = set()
    for site, destination in jumps_out(binary, start):
        here = binary.frames_at(site)
        inside = next((frame for frame in here if frame.file in own.files), None)
        if destination == goal:
            beyond: set[int | None] = {None}
        else:
            following = _entry(binary, destination)
            if following is None or depth <= 1:
                continue
            beyond = _jump_lines(binary, following, goal, own, depth - 1)
            if not beyond:
                continue
        deeper = {line for line in beyond if line is not None}
        if deeper:
            lines |= deeper
        elif inside is not None:
            lines.add(inside.line or None)
    return lines


_JUMPS: WeakKeyDictionary[Binary, dict[Function, tuple[tuple[int, int], ...]]] = WeakKeyDictionary()
"""What was found in a binary, for as long as somebody else has it."""


def jumps_out(binary: Binary, function: Function) -> tuple[tuple[int, int], ...]:
    """Return (address, destination) of every direct jump that leaves a function."""
    known = _JUMPS.setdefault(binary, {})
    if function not in known:
        known[function] = _jumps_out(binary, function)
    return known[function]


def _jumps_out(binary: Binary, function: Function) -> tuple[tuple[int, int], ...]:
    decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)  # type: ignore[no-untyped-call]
    code = binary.code(function.address, function.size)
    end = function.address + function.size
    found = []
    for address, size, mnemonic, operand in decoder.disasm_lite(code, function.address):  # type: ignore[no-untyped-call]
        if not mnemonic.startswith("j"):
            continue
        through = _THROUGH.fullmatch(operand)
        if operand.startswith("0x"):
            destination = int(operand, 16)
        elif through is not None:
            offset = int(through[2], 0) * (1 if through[1] == "+" else -1)
            destination = binary.pointer_at(address + size + offset)
        else:
            continue
        if not function.address <= destination < end:
            found.append((address, destination))
    return tuple(found)
