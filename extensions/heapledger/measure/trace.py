"""Decoding the tracer's shared memory. The program could have written into it: every byte is checked.

The layout is that of ``tracer/src/region.rs`` (header) and ``tracer/src/record.rs`` (records): little endian, the
header in the first 4,096 bytes, records of variable length after it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"HLTRACE1"
VERSION = 2
TRACE_FD = 198
"""Number of the file descriptor that the program inherits; the tracer closes it before main."""
EVENT_MAX = 200_000
"""Events kept in detail."""
TRACE_BYTES = 160 << 20
"""Size of the shared memory; only pages that are written take memory."""

HEADER_BYTES = 4096
SLOTS = 16
BUCKETS = SLOTS + 2
KEPT_FRAMES = 72
INNER_FRAMES = 64
"""Frames before the gap of a stack that was truncated."""
STAMP_AT = 40
"""Byte of the header where the clock's next number stands."""
MAX_EXTENT = 1 << 48
"""Largest size or address that a program on x86-64 can have."""

_HEAD = struct.Struct("<8sIIQQIIQQQQqIIIIIIII")
_SLOT = struct.Struct("<QQ")
_COUNTERS = struct.Struct("<QQQQQQQQqQ")
_RECORD = struct.Struct("<IIIIQQQQQQQ")
_KINDS = {1: "alloc", 2: "alloc_zeroed", 3: "realloc", 4: "dealloc"}
_FAILED, _NO_STACK, _TRUNCATED, _DEEP = (1 << bit for bit in (8, 9, 10, 11))
_SLOTS_AT = _HEAD.size
_EXIT_STACK_AT = _SLOTS_AT + SLOTS * _SLOT.size
_COUNTERS_AT = _EXIT_STACK_AT + KEPT_FRAMES * 8


class TraceInvalid(Exception):
    """The shared memory does not hold what the tracer writes: the program wrote into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """One call of the allocator, before symbols. Sizes in bytes."""

    seq: int
    """Position among all events, from 0."""
    kind: str
    size: int
    old_size: int | None
    align: int
    block: int | None
    """Number of the block in order of birth from 1; None for a failed call or an address that was never handed out."""
    thread: int
    """1 is the main thread."""
    frames: tuple[int, ...]
    """Return addresses inside the executable, as in its file, innermost first."""
    inner: tuple[int, ...]
    """Those of them before the gap where frames were dropped: all, where none was."""
    has_stack: bool
    truncated: bool
    """Frames between the innermost and the outermost were dropped."""
    deep: bool
    """The walk stopped before the outermost frame."""
    failed: bool
    """The allocator returned null."""
    address: int
    """Where the block is (of ``dealloc``: was) in that run; never shown."""
    stamp: int
    """When the call returned, by the tracer's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Calls counted without detail."""

    allocs: int
    """Calls of alloc and alloc_zeroed."""
    reallocs: int
    frees: int
    bytes: int
    """Sum of sizes of alloc and alloc_zeroed."""
    live_change: int
    """Bytes born minus bytes died."""
    max_live: int
    """Most bytes live at once in the whole process when one of these calls returned."""

    @property
    def calls(self) -> int:
        """All calls."""
        return self.allocs + self.reallocs + self.frees


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """What was counted beyond the events kept in detail."""

    addresses: tuple[int, ...]
    """Return addresses of the main thread's outermost frames, outermost first, as in the file; 0 outside it."""
    by_held: tuple[Counters, ...]
    """Main-thread calls by the number of those frames that were still on the stack."""
    other_threads: Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTrace:
    """Everything that the tracer wrote."""

    attached: bool
    """The tracer found the shared memory."""
    events: tuple[RawEvent, ...]
    overflow: Overflow | None
    left_out: int
    """Calls that were counted without detail."""
    threads: int
    """Threads that called the allocator, the main one included."""
    exit_reached: bool
    """The process ended through ``exit``."""
    exit_thread: int
    exit_frames: tuple[int, ...]
    """Stack of the thread that called ``exit``."""
    grace_expired: bool
    """Threads still ran 100 ms after that."""


def new_header(size: int, event_max: int = EVENT_MAX, selected: int = 0) -> bytes:
    """Return what the parent writes at the start of the shared memory of ``size`` bytes.

    :param selected: number of the program to run where the binary is a batch.
    """
    head = _HEAD.pack(MAGIC, VERSION, event_max, size, *([0] * 14), selected, 0)
    return head.ljust(HEADER_BYTES, b"\0")


def decode(buffer: memoryview, *, phdr_vaddr: int, image: tuple[int, int]) -> RawTrace:
    """Decode a trace.

    :param phdr_vaddr: address of the program headers in the executable's file; tells where it was loaded.
    :param image: first and one past the last address of the executable, in its file.
    :raises TraceInvalid: with what is wrong.
    """
    if len(buffer) < HEADER_BYTES:
        raise TraceInvalid(f"it has {len(buffer)} bytes, less than its header")
    magic, version, event_max, size, phdr, _, threads, stamps, used, seen, _, _, *exit_fields = _HEAD.unpack_from(
        buffer
    )
    exit_reached, expired, _, exit_thread, slots_saved, exit_count, _, _ = exit_fields
    if magic != MAGIC or version != VERSION or size != len(buffer):
        raise TraceInvalid("its header was overwritten")
    if threads > 1 << 20 or exit_count > KEPT_FRAMES:
        raise TraceInvalid("its counters are absurd")
    bias = (phdr - phdr_vaddr) if phdr else 0
    low, high = image[0] + bias, image[1] + bias
    records = _records(buffer, used, min(seen, event_max))
    frames = _Frames(buffer, bias, low, high)
    events = _pair(records, frames, stamps)
    exit_stack = struct.unpack_from(f"<{exit_count}Q", buffer, _EXIT_STACK_AT)
    overflow = _overflow(buffer, slots_saved, frames)
    left_out = sum(counters.calls for counters in (*overflow.by_held, overflow.other_threads))
    return RawTrace(
        attached=phdr != 0,
        events=events,
        overflow=overflow if left_out else None,
        left_out=left_out,
        threads=threads + 1,
        exit_reached=bool(exit_reached),
        exit_thread=exit_thread,
        exit_frames=frames.inside(exit_stack),
        grace_expired=bool(expired),
    )


class _Frames:
    """Turns stacks in memory into addresses of the file; equal stacks become one tuple."""

    def __init__(self, buffer: memoryview, bias: int, low: int, high: int) -> None:
        self.buffer = buffer
        self.bias = bias
        self.low = low
        self.high = high
        self._known: dict[bytes, tuple[int, ...]] = {}

    def at(self, offset: int, count: int) -> tuple[int, ...]:
        """Return the stack that stands at an offset."""
        raw = bytes(self.buffer[offset : offset + count * 8])
        known = self._known.get(raw)
        if known is None:
            known = self._known[raw] = self.inside(struct.unpack(f"<{count}Q", raw))
        return known

    def inside(self, addresses: tuple[int, ...]) -> tuple[int, ...]:
        """Keep the addresses inside the executable, as in its file."""
        return tuple(address - self.bias for address in addresses if self.low < address <= self.high)


_Fields = tuple[int, int, int, int, int, int, int, int, int, int, int]


def _records(buffer: memoryview, used: int, count: int) -> list[tuple[int, _Fields]]:
    """Return finished records as (offset, fields)."""
    found = []
    offset = HEADER_BYTES
    end = min(HEADER_BYTES + used, len(buffer))
    while offset + _RECORD.size <= end:
        fields: _Fields = _RECORD.unpack_from(buffer, offset)
        length, ready, frames = fields[0], fields[1], fields[3]
        if length == 0:
            break
        if length % 8 or length < _RECORD.size or offset + length > end:
            raise TraceInvalid(f"the record at {offset} has an impossible length")
        if ready:
            if ready & 0xFF not in _KINDS or length != _RECORD.size + frames * 8 or frames > KEPT_FRAMES:
                raise TraceInvalid(f"the record at {offset} is not one of the tracer")
            if max(fields[4:9]) > MAX_EXTENT:
                raise TraceInvalid(f"the record at {offset} has an absurd size")
            found.append((offset, fields))
        offset += length
    if len(found) > count:
        raise TraceInvalid("it has more records than were counted")
    return found


def _pair(records: list[tuple[int, _Fields]], frames: _Frames, stamps: int) -> tuple[RawEvent, ...]:
    """Number the blocks by following addresses: an old block leaves at ``begin``, a new one is there at ``end``."""
    moments: list[tuple[int, int, int]] = []
    for index, (_, fields) in enumerate(records):
        begin, end = fields[9], fields[10]
        if not begin <= end < stamps:
            raise TraceInvalid("its stamps are out of order")
        moments.append((begin, 0, index))
        if fields[1] & 0xFF == 3:
            moments.append((end, 1, index))
    moments.sort()
    live: dict[int, int] = {}
    leaving: dict[int, int | None] = {}
    born = 0
    blocks: list[int | None] = [None] * len(records)
    for _, phase, index in moments:
        _, fields = records[index]
        kind, failed = fields[1] & 0xFF, bool(fields[1] & _FAILED)
        address, old = fields[7], fields[8]
        if kind == 4:
            blocks[index] = live.pop(address, None)
        elif kind == 3 and phase == 0:
            leaving[index] = live.get(old) if failed else live.pop(old, None)
        elif not failed:
            block = leaving.pop(index, None) if kind == 3 else None
            if block is None:
                born += 1
                block = born
            live[address] = blocks[index] = block
    order = sorted(range(len(records)), key=lambda index: records[index][1][10])
    return tuple(_event(seq, records[index], blocks[index], frames) for seq, index in enumerate(order))


def _event(seq: int, record: tuple[int, _Fields], block: int | None, frames: _Frames) -> RawEvent:
    offset, (_, ready, thread, count, size, old_size, align, address, _, _, stamp) = record
    at = offset + _RECORD.size
    return RawEvent(
        seq=seq,
        kind=_KINDS[ready & 0xFF],
        size=size,
        old_size=old_size if ready & 0xFF == 3 else None,
        align=align,
        block=block,
        thread=thread,
        frames=frames.at(at, count),
        inner=frames.at(at, min(count, INNER_FRAMES) if ready & _TRUNCATED else count),
        has_stack=not ready & _NO_STACK,
        truncated=bool(ready & _TRUNCATED),
        deep=bool(ready & _DEEP),
        failed=bool(ready & _FAILED),
        address=address,
        stamp=stamp,
    )


def _overflow(buffer: memoryview, saved: int, frames: _Frames) -> Overflow:
    saved = saved if saved <= SLOTS else 0
    addresses = [_SLOT.unpack_from(buffer, _SLOTS_AT + index * _SLOT.size)[1] for index in range(saved)]
    buckets = [_counters(buffer, index) for index in range(BUCKETS)]
    inside = tuple(address - frames.bias if frames.low < address <= frames.high else 0 for address in addresses)
    return Overflow(addresses=inside, by_held=tuple(buckets[:-1]), other_threads=buckets[-1])


def _counters(buffer: memoryview, index: int) -> Counters:
    at = _COUNTERS_AT + index * _COUNTERS.size
    allocs, zeroed, reallocs, frees, _, asked, born, died, most, _ = _COUNTERS.unpack_from(buffer, at)
    return Counters(
        allocs=allocs + zeroed, reallocs=reallocs, frees=frees, bytes=asked, live_change=born - died, max_live=most
    )
