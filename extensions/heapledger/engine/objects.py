"""Object files of programs that are linked together: which belong to the program, and each one's entry renamed."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SYMTAB = 2
_SECTIONS_AT, _COUNT_AT = 0x28, 0x3C
_OFFSET_IN_SECTION = 24
"""Where in a section's header its place in the file stands; its size follows."""
_GLOBAL = 1
_SHIM = re.compile(rb"___?rust_(alloc|no_alloc_shim)")
"""What the allocator shim of a linked program defines; a batch has that of its own."""


class NotAsExpected(Exception):
    """The objects are not what rustc makes of a program."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The symbol table of an object."""

    data: bytes
    offset: int
    """Of the first symbol, in bytes of the file."""
    count: int
    names: bytes
    names_header: int
    """Where the header of the section of names stands, in bytes of the file."""

    def defined(self) -> Iterator[tuple[int, bytes]]:
        """Places and names of the symbols that other objects may refer to."""
        for index in range(self.count):
            at = self.offset + index * _SYMBOL.size
            name, info, _, section, _, _ = _SYMBOL.unpack_from(self.data, at)
            if section and info >> 4 == _GLOBAL:
                yield at, self.names[name : self.names.index(b"\0", name)]


def take_program(folder: Path, entry: str) -> list[Path]:
    """Return the objects of a program and rename its C ``main``, so that one link may hold many.

    No instruction changes. The shim through which std reaches the allocator is left out: the batch has it once.

    :param folder: what ``keep_objects.sh`` kept.
    :raises NotAsExpected: where not exactly one object defines ``main``, or one is no ELF object.
    """
    found, mains = [], 0
    for path in sorted(folder.iterdir()):
        table = _read(path)
        defined = list(table.defined())
        if any(_SHIM.search(name) for _, name in defined):
            continue
        found.append(path)
        for at, name in defined:
            if name == b"main":
                mains += 1
                path.write_bytes(_renamed(table, at, entry.encode()))
    if mains != 1:
        raise NotAsExpected(f"{mains} objects define main")
    return found


def _read(path: Path) -> _Table:
    data = path.read_bytes()
    try:
        (start,) = struct.unpack_from("<Q", data, _SECTIONS_AT)
        (count,) = struct.unpack_from("<H", data, _COUNT_AT)
        headers = [_SECTION.unpack_from(data, start + index * _SECTION.size) for index in range(count)]
        for _, kind, _, _, offset, size, link, _, _, _ in headers:
            if kind == _SYMTAB:
                _, _, _, _, names_at, names_size, *_ = headers[link]
                names = data[names_at : names_at + names_size]
                return _Table(data, offset, size // _SYMBOL.size, names, start + link * _SECTION.size)
    except (struct.error, IndexError) as error:
        raise NotAsExpected(f"{path.name} is no object file: {error}") from error
    raise NotAsExpected(f"{path.name} has no symbols")


def _renamed(table: _Table, at: int, name: bytes) -> bytes:
    """Give one symbol another name: a longer copy of the section of names follows the end of the file."""
    changed = bytearray(table.data)
    struct.pack_into("<I", changed, at, len(table.names))
    names = table.names + name + b"\0"
    struct.pack_into("<QQ", changed, table.names_header + _OFFSET_IN_SECTION, len(changed), len(names))
    return bytes(changed) + names
