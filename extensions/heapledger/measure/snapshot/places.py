"""What an address is: a block, a static, a variable, or nothing that has a name."""

from __future__ import annotations

from dataclasses import dataclass, field

from heapledger.measure.names import demangled, without_thread_local
from heapledger.measure.snapshot.blocks import Heap, LiveBlock
from heapledger.measure.snapshot.frames import Call
from heapledger.measure.snapshot.image import Image
from heapledger.measure.snapshot.types import Type
from heapledger.measure.snapshot.values import View
from heapledger.model_snapshot import NOT_TRACED

LOW = 1 << 16
"""Addresses below are never mapped: small numbers that stand for nothing, as the dangling pointers of std."""


@dataclass(slots=True)
class KnownStatic:
    """A static that something points to, or that the snippet declares."""

    id: int
    address: int
    size: int
    symbol: str | None
    section: str
    type: Type | None = None
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a pointer leads."""

    block: LiveBlock | None = None
    static: KnownStatic | None = None
    variable: tuple[int, int] | None = None
    """Frame and variable."""
    unknown: str = ""
    offset: int = 0


@dataclass(slots=True)
class Places:
    """Everything that has an address in one stopped program."""

    heap: Heap
    calls: tuple[Call, ...]
    image: Image
    bias: int
    tls: int
    stacks: tuple[tuple[int, int], ...]
    """Known parts of the threads' stacks."""
    traced: bool
    """Whether the heap knows every block."""
    statics: list[KnownStatic] = field(default_factory=list)
    named: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Name and size of what has no symbol: vtables, by address."""

    def find(self, address: int, view: View | None = None, *, register: bool = True) -> Target:
        """Name the place that an address is in.

        :param view: what the pointer knows; tells the size of a literal.
        :param register: whether a literal becomes one of :attr:`statics`.
        """
        block = self.heap.at(address)
        if block is None and view is not None and view.count * view.type.size == 0:
            block = self.heap.ending_at(address)
        if block is not None and block.number:
            return Target(block=block, offset=address - block.address)
        if block is not None:
            return Target(unknown="a block of the runtime")
        for frame, call in enumerate(self.calls):
            found = self._variable(call, address)
            if found is not None:
                return Target(variable=(frame, found[0]), offset=found[1])
        static = self._static(address, view, register=register)
        if static is not None:
            return Target(static=static, offset=address - static.address)
        return Target(unknown=self._unknown(address))

    def describe(self, address: int) -> str:
        """Name the place in words, for values that are addresses."""
        target = self.find(address, register=False)
        at = f" + {target.offset}" if target.offset else ""
        if target.block is not None:
            return f"→ block {target.block.number}{at}"
        if target.variable is not None:
            frame, variable = target.variable
            return f"→ {self.calls[frame].slots[variable].name}{at}"
        if target.static is not None:
            return f"→ {target.static.symbol or target.static.section}{at}"
        return target.unknown

    def _variable(self, call: Call, address: int) -> tuple[int, int] | None:
        best: tuple[int, int] | None = None
        for index, slot in enumerate(call.slots):
            if slot.address is None or not slot.address <= address < slot.address + max(slot.type.size, 1):
                continue
            if slot.type.size or best is None:
                best = (index, address - slot.address)
        return best

    def _static(self, address: int, view: View | None, *, register: bool) -> KnownStatic | None:
        for known in self.statics:
            if known.address <= address < known.address + max(known.size, 1):
                return known
        in_file = address - self.bias
        if not self.image.first <= in_file < self.image.last:
            return None
        section = self.image.section_at(in_file)
        if section is None:
            return None
        symbol = self.image.symbol_at(in_file)
        name, start, size = None, address, view.count * view.type.size if view is not None else 0
        if address in self.named:
            symbol, (name, size) = None, self.named[address]
        if symbol is not None and not symbol.name.startswith((".L", "anon.", "str.", "vtable.", "alloc_")):
            start, size = symbol.address + self.bias, symbol.size
            section = self.image.section_at(symbol.address) or section
            name = static_name(symbol.name, section)
        made = KnownStatic(len(self.statics), start, size, name, section, view=view if start == address else None)
        if register:
            self.statics.append(made)
        return made

    def _unknown(self, address: int) -> str:
        if address == 0:
            return "null"
        if address < LOW:
            return "dangling: no memory is there"
        gone = self.heap.was_at(address)
        if gone is not None and gone.number:
            line = f" on line {gone.line}" if gone.line is not None else ""
            return f"dangling: block {gone.number} was freed{line}"
        for start, end in self.stacks:
            if start <= address < end:
                inside = next((c.function for c in self.calls if c.stack[0] <= address < c.stack[1]), None)
                return f"a temporary of {inside}" if inside else "the stack, no variable"
        return "dangling or not ours: no block, static or variable is there" if self.traced else NOT_TRACED


def static_name(symbol: str, section: str) -> str:
    """Name of a static or function of the snippet, without its crate and without what ``thread_local!`` adds."""
    name = demangled(symbol)
    if section in {".tdata", ".tbss"}:
        name = without_thread_local(name)
    name = name.removeprefix("snippet::").replace("{{", "{").replace("}}", "}")
    inner = name.removeprefix("main::")
    return name if inner.startswith("{") else inner
