"""Bytes of stack that a function's prologue takes, read from its machine code.

What counts is what LLVM itself calls the stack size (nightly's ``-Z emit-stack-sizes``): saved registers and locals,
without the return address. Where locals need more than 16 bytes of alignment, the prologue takes the rounding up too,
which LLVM leaves out. Frames over a page are taken page by page, each page touched: either unrolled, or in a loop that
ends at an address in ``r11``, or (rustc before 1.70) by a call with the size in ``eax``. With optimization the prologue
may stand behind an early return. Pushes that pass arguments are not part of it, nor are the 128 bytes below the stack
pointer that a function which calls nothing uses without taking them (the red zone).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

WORD = 8
"""Bytes of a pushed register."""

_SAVED = frozenset({"rbx", "rbp", "r12", "r13", "r14", "r15"})
"""Registers that a function must give back as it found them: pushing one is saving it."""

_TAKE = re.compile(r"rsp, (0x[0-9a-f]+|\d+)")
_LOOP_BY_SUB = re.compile(r"r11, (0x[0-9a-f]+|\d+)")
_LOOP_BY_LEA = re.compile(r"r11, \[rsp - (0x[0-9a-f]+|\d+)\]")
_SIZE_FOR_CALL = re.compile(r"eax, (0x[0-9a-f]+|\d+)")
_TOUCH = re.compile(r"qword ptr \[rsp\], 0")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One machine instruction in Intel syntax, as capstone writes it."""

    address: int
    size: int
    """Bytes."""
    mnemonic: str
    operands: str

    @property
    def end(self) -> int:
        """Address of the next one."""
        return self.address + self.size


class _Prologue:
    """Adds up a prologue, instruction by instruction."""

    def __init__(self) -> None:
        self.taken = 0
        self.begun = False
        self._looping = 0
        """Bytes that the whole loop takes."""
        self._for_call = 0
        self._called = False

    def accepts(self, instruction: Instruction) -> bool:
        """Whether the instruction belongs to the prologue; adds what it takes."""
        name, operands = instruction.mnemonic, instruction.operands
        if self._looping:
            return self._in_loop(name, operands)
        if self._for_call:
            return self._around_call(name, operands)
        return self._takes(name, operands) or (self.begun and _belongs(name, operands))

    def _takes(self, name: str, operands: str) -> bool:
        """Whether the instruction takes stack, or begins to."""
        if name == "push":
            # A push of rax first of all aligns the stack.
            saves = operands in _SAVED or operands == "rax"
            self.taken += WORD if saves else 0
            return saves
        if name == "sub" and (match := _TAKE.fullmatch(operands)):
            self.taken += int(match[1], 0)
        elif name == "lea" and (match := _LOOP_BY_LEA.fullmatch(operands)):
            self._looping = int(match[1], 0)
        elif (name, operands) == ("mov", "r11, rsp"):
            self._looping = -1
        elif name == "mov" and (match := _SIZE_FOR_CALL.fullmatch(operands)):
            self._for_call = int(match[1], 0)
            return self.begun
        else:
            return False
        return True

    def _in_loop(self, name: str, operands: str) -> bool:
        if name == "sub" and (match := _LOOP_BY_SUB.fullmatch(operands)):
            self._looping = int(match[1], 0)
        elif name in {"jne", "jb", "ja"}:
            self.taken += self._looping
            self._looping = 0
        return True

    def _around_call(self, name: str, operands: str) -> bool:
        """``mov eax, N; call probe; sub rsp, rax``; anything else there was ordinary code."""
        if name == "call" and not self._called:
            self._called = True
            return self.begun
        taken, self._for_call = self._for_call, 0
        if self._called and (name, operands) == ("sub", "rsp, rax"):
            self.taken += taken
            return True
        self._called = False
        return False


def _belongs(name: str, operands: str) -> bool:
    """Whether an instruction touches a page, keeps the frame's address or aligns it."""
    touches = name in {"mov", "or"} and _TOUCH.fullmatch(operands) is not None
    return touches or (name, operands) == ("mov", "rbp, rsp") or (name == "and" and operands.startswith("rsp, "))


def frame_size(code: Iterable[Instruction]) -> int:
    """Return the bytes that the prologue of a function takes, 0 where it has none."""
    prologue = _Prologue()
    for instruction in code:
        if prologue.accepts(instruction):
            prologue.begun = True
        elif prologue.begun:
            break
    return prologue.taken
