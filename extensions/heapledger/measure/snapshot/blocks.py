"""Which heap blocks are live at a moment, where they were born, and which of them are freed later in the same run."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from heapledger.measure.trace import RawEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBlock:
    """One block that is live at the moment."""

    number: int
    """As in the ledger: in order of birth inside main, from 1. 0: a block of the runtime, made before main."""
    address: int
    size: int
    align: int
    line: int | None
    """Line of its birth in the snippet's source."""
    ends_later: bool
    """It is freed or moved by ``realloc`` later in the run."""

    @property
    def end(self) -> int:
        """One past its last byte."""
        return self.address + self.size


@dataclass(frozen=True, slots=True)
class GoneBlock:
    """A block that was freed before the moment."""

    number: int
    address: int
    size: int
    line: int | None
    """Line that freed it."""


class Heap:
    """The heap at one moment."""

    def __init__(
        self,
        events: Iterable[RawEvent],
        inside: frozenset[int],
        stamp: int,
        line_of: Callable[[RawEvent], int | None],
    ) -> None:
        """Replay a trace up to a moment.

        :param inside: ``seq`` of the events inside main.
        :param stamp: the tracer's clock at the moment.
        """
        numbers: dict[int, int] = {}
        live: dict[int, tuple[RawEvent, RawEvent]] = {}
        gone: dict[int, tuple[int, RawEvent, int]] = {}
        later: set[int] = set()
        for event in events:
            if event.block is None or event.failed:
                continue
            if event.seq in inside and event.kind != "dealloc":
                numbers.setdefault(event.block, len(numbers) + 1)
            if event.stamp >= stamp:
                if event.kind in {"dealloc", "realloc"}:
                    later.add(event.block)
                continue
            if event.kind == "dealloc":
                first = live.pop(event.block, None)
                if first is not None:
                    gone[event.address] = (event.block, event, first[1].size)
                continue
            birth = live[event.block][0] if event.block in live else event
            live[event.block] = (birth, event)
        self.blocks = tuple(
            sorted(
                (
                    LiveBlock(
                        number=numbers.get(block, 0),
                        address=last.address,
                        size=last.size,
                        align=last.align,
                        line=line_of(birth),
                        ends_later=block in later,
                    )
                    for block, (birth, last) in live.items()
                ),
                key=lambda block: block.address,
            )
        )
        self.gone = tuple(
            GoneBlock(numbers.get(block, 0), address, size, line_of(event))
            for address, (block, event, size) in gone.items()
        )
        self._starts = [block.address for block in self.blocks]

    def at(self, address: int) -> LiveBlock | None:
        """Return the block that holds an address, or that ends right there."""
        index = bisect_right(self._starts, address)
        if index == 0:
            return None
        block = self.blocks[index - 1]
        return block if block.address <= address < block.end or address == block.address else None

    def ending_at(self, address: int) -> LiveBlock | None:
        """Return the block whose first byte past the end is at an address."""
        index = bisect_right(self._starts, address)
        block = self.blocks[index - 1] if index else None
        return block if block is not None and block.end == address else None

    def was_at(self, address: int) -> GoneBlock | None:
        """Return a freed block that held an address."""
        return next((block for block in self.gone if block.address <= address < block.address + block.size), None)
