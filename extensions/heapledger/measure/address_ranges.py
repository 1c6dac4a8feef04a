"""The table of address ranges of a binary, ``.debug_aranges`` (DWARF 4, section 6.1.2): which unit has code where.

Read by ``struct``, for a program has two thousand ranges of std, and a cold build of one snippet reads two programs.
"""

from __future__ import annotations

import bisect
import struct

_HEADER = struct.Struct("<IHIBB")
"""Bytes that follow, version, offset of the unit in ``.debug_info``, bytes of an address, bytes of a segment."""
_LENGTH_BYTES = 4
_RANGE = struct.Struct("<QQ")
"""First address and bytes; a pair of zeros ends a unit, and what the linker left out begins at zero.

The first pair stands at a multiple of its own size.
"""


class AddressRanges:
    """Ranges of addresses with the offset of their unit."""

    def __init__(self, data: bytes) -> None:
        """Read the section of an x86-64 program."""
        found = []
        start = 0
        while start + _HEADER.size <= len(data):
            length, _, unit, _, _ = _HEADER.unpack_from(data, start)
            end = start + _LENGTH_BYTES + length
            first = start + -(-_HEADER.size // _RANGE.size) * _RANGE.size
            pairs = data[first : end - (end - first) % _RANGE.size]
            found += [(low, low + size, unit) for low, size in _RANGE.iter_unpack(pairs) if low and size]
            start = end
        found.sort()
        self._ranges = found
        self._starts = [low for low, _, _ in found]

    def unit_at(self, address: int) -> int | None:
        """Return the offset of the unit that an address belongs to, or None."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        _, end, unit = self._ranges[index]
        return unit if address < end else None
