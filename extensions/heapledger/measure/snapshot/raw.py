"""What gdb wrote down at a stop, checked strictly: the program could have interfered."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass

import msgspec


class RawRegion(msgspec.Struct, frozen=True, kw_only=True):
    """A readable part of the address space."""

    start: int
    kind: str
    """``program`` (a mapping of the executable), ``stack`` (of a thread, from its top), ``other``."""
    writable: bool
    data: str
    """Bytes: zlib, then base64."""


class RawStop(msgspec.Struct, frozen=True, kw_only=True):
    """The program at one marker."""

    marker: int
    hit: int
    thread: int
    stamp: int
    """The tracer's clock: calls with smaller numbers had returned."""
    bias: int
    """Address in memory minus address in the file."""
    frames: tuple[tuple[int, int, tuple[int, ...]], ...]
    """Of each frame, innermost first: pc (in the file), its caller's rsp, registers in the order of DWARF's numbers."""
    frames_left_out: int
    tls: int
    """Address of the thread's control block; its thread-locals end there. 0: not known."""
    memory: tuple[RawRegion, ...]


class RawMark(msgspec.Struct, frozen=True, kw_only=True):
    """The other lines: between two runs, at the end, or why nothing was done."""

    rerun: bool = False
    end: bool = False
    counts: tuple[int, ...] = ()
    signal: str | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class RawOutput:
    """All that gdb wrote down."""

    runs: tuple[tuple[RawStop, ...], ...]
    """Stops of the first run, and of the second where there was one."""
    end: RawMark | None
    """None: gdb was ended before it was done."""


def parse_output(data: bytes, times: tuple[int | None, ...]) -> RawOutput:
    """Read the lines of gdb's script.

    The first run stops at the first time also where the last is wanted: if there were more, that stop does not count.

    :raises msgspec.DecodeError: where they are not what the script writes.
    """
    runs: list[list[RawStop]] = [[]]
    end = None
    for line in data.split(b"\n"):
        if not line.startswith(b"{"):
            continue
        if line.startswith(b'{"marker"'):
            runs[-1].append(msgspec.json.decode(line, type=RawStop))
            continue
        mark = msgspec.json.decode(line, type=RawMark)
        if mark.rerun:
            runs.append([])
        else:
            end = mark
    counts = end.counts if end is not None else ()
    again = {number for number, count in enumerate(counts[: len(times)]) if count > 1 and times[number] is None}
    runs[0] = [stop for stop in runs[0] if stop.marker not in again]
    return RawOutput(tuple(tuple(run) for run in runs), end)


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes at an address."""

    start: int
    kind: str
    writable: bool
    data: bytes

    @property
    def end(self) -> int:
        """One past the last byte."""
        return self.start + len(self.data)


class Memory:
    """The memory of the stopped program, as far as it was written down."""

    def __init__(self, regions: tuple[RawRegion, ...]) -> None:
        """Unpack regions; one that does not unpack is left out."""
        found = []
        for raw in regions:
            try:
                data = zlib.decompress(base64.b64decode(raw.data))
            except (zlib.error, ValueError):
                continue
            found.append(Region(raw.start, raw.kind, raw.writable, data))
        self.regions = tuple(sorted(found, key=lambda region: region.start))

    def region_at(self, address: int) -> Region | None:
        """Return the region that holds an address."""
        return next((region for region in self.regions if region.start <= address < region.end), None)

    def read(self, address: int, size: int) -> bytes | None:
        """Return ``size`` bytes, or None where they are not all known."""
        if size == 0:
            return b""
        region = self.region_at(address)
        if region is None or address + size > region.end:
            return None
        return region.data[address - region.start : address - region.start + size]

    def unsigned(self, address: int, size: int = 8) -> int | None:
        """Return a little-endian number."""
        data = self.read(address, size)
        return None if data is None else int.from_bytes(data, "little")
