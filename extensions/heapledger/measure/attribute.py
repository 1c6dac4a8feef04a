"""Which line made a call of the allocator, and whether the call belongs to main.

Lines are true or absent: an event's line is the innermost frame in the snippet's own file, and where the optimizer
merged lines there is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from heapledger.measure.names import demangled, readable
from heapledger.measure.own import Own
from heapledger.measure.symbols import Binary, Frame
from heapledger.measure.tailcalls import line_of_tail_call

MAIN_THREAD = 1

_SHIM = re.compile("__rust_alloc|__rust_dealloc|__rust_realloc|__rg_|__rdl_|heapledger_tracer")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where one call came from."""

    line: int | None
    """Line of the program (not yet of the snippet's source)."""
    path: tuple[str, ...]
    """Functions between the line and the allocator, outermost first."""
    in_snippet: bool
    """A frame of the snippet's file, or of a function that a snippet's function jumped to, is on the stack."""


class Attributor:
    """Looks stacks of one binary up; equal stacks are looked up once."""

    def __init__(self, binary: Binary, own: Own) -> None:
        """Make it for the snippet that ``own`` tells apart."""
        self.binary = binary
        self.own = own
        self._known: dict[tuple[int, ...], Attribution] = {}
        self._main: dict[int, bool] = {}

    def attribute(self, frames: tuple[int, ...]) -> Attribution:
        """Return line and path of a stack of return addresses, innermost first."""
        known = self._known.get(frames)
        if known is None:
            known = self._known[frames] = self._attribute(frames)
        return known

    def under_main(self, frames: tuple[int, ...]) -> bool:
        """Whether the closure of ``std::rt::lang_start`` is on the stack: it calls main and then reports its result."""
        return any(self._starts_main(address) for address in reversed(frames))

    def names(self, frames: tuple[int, ...]) -> tuple[str, ...]:
        """Demangled names of the functions on a stack, innermost first."""
        functions = (self.binary.function_at(address - 1) for address in frames)
        return tuple(demangled(function.name) for function in functions if function is not None)

    def _starts_main(self, address: int) -> bool:
        known = self._main.get(address)
        if known is None:
            function = self.binary.function_at(address - 1)
            name = "" if function is None else demangled(function.name)
            known = self._main[address] = name.startswith("std::rt::lang_start::") and "closure" in name
        return known

    def _attribute(self, frames: tuple[int, ...]) -> Attribution:
        inner: list[Frame] = []
        for position, address in enumerate(frames):
            for frame in self.binary.frames_of_return(address):
                if frame.file in self.own.files:
                    line = frame.line or None
                    if position:
                        jumped = line_of_tail_call(self.binary, frames, position, self.own)
                        line = jumped.line if jumped.happened else line
                    return Attribution(line, self._path(inner), in_snippet=True)
                inner.append(frame)
        if len(frames) > 1:
            for position in range(1, len(frames)):
                jumped = line_of_tail_call(self.binary, frames, position, self.own)
                if jumped.happened:
                    return Attribution(
                        jumped.line, self._path(_frames(self.binary, frames[:position])), in_snippet=True
                    )
        own = any(self.own.prefix in readable(frame.symbol, "") for frame in inner)
        return Attribution(None, self._path(inner), in_snippet=own)

    def _path(self, inner: list[Frame]) -> tuple[str, ...]:
        """Names from the line to the allocator, without the allocator's own shims."""
        names = [readable(frame.symbol, frame.file) for frame in inner]
        outer = next((index for index, name in enumerate(names) if self.own.starts(name)), len(names))
        names = names[:outer]
        last = max((index for index, name in enumerate(names) if _SHIM.search(name)), default=-1)
        return tuple(self.own.shown(name) for name in reversed(names[last + 1 :]))


def _frames(binary: Binary, addresses: tuple[int, ...]) -> list[Frame]:
    return [frame for address in addresses for frame in binary.frames_of_return(address)]
