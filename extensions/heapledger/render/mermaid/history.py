"""The life of each heap block, and the live bytes after each call, from a ledger's events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from heapledger.model import Event, EventKind, Ledger, Profile
from heapledger.render.mermaid.text import shorten
from heapledger.source.snippet import Snippet

CODE_CHARACTERS = 24
"""Most characters of a line's code in a picture; tables show more."""
TABLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLife:
    """One block over its life inside the region, as far as the events tell."""

    number: int
    sizes: tuple[int, ...]
    """Bytes asked for: at birth, then after each reallocation."""
    align: int
    born: Event
    """The call that made it."""
    changes: tuple[Event, ...]
    """Reallocations, in order."""
    freed: Event | None
    """None while it is live."""

    @property
    def size(self) -> int:
        """Bytes of its last size."""
        return self.sizes[-1]


def lives(events: Sequence[Event]) -> tuple[BlockLife, ...]:
    """Return the blocks that these events made, in order of birth."""
    born: dict[int, Event] = {}
    changes: dict[int, list[Event]] = {}
    freed: dict[int, Event] = {}
    for event in events:
        if event.block is None or event.failed:
            continue
        if event.kind in {EventKind.ALLOC, EventKind.ALLOC_ZEROED}:
            born[event.block] = event
        elif event.kind is EventKind.REALLOC:
            changes.setdefault(event.block, []).append(event)
        else:
            freed[event.block] = event
    return tuple(
        BlockLife(
            number=number,
            sizes=(first.size, *(change.size for change in changes.get(number, []))),
            align=first.align,
            born=first,
            changes=tuple(changes.get(number, [])),
            freed=freed.get(number),
        )
        for number, first in sorted(born.items())
    )


def live_bytes(events: Sequence[Event]) -> tuple[int, ...]:
    """Return the bytes live after each event, counted over blocks born in the region."""
    sizes: dict[int, int] = {}
    total = 0
    found = []
    for event in events:
        if event.block is not None and not event.failed:
            if event.kind in {EventKind.ALLOC, EventKind.ALLOC_ZEROED}:
                sizes[event.block] = event.size
                total += event.size
            elif event.kind is EventKind.REALLOC and event.block in sizes:
                total += event.size - sizes[event.block]
                sizes[event.block] = event.size
            elif event.kind is EventKind.DEALLOC:
                total -= sizes.pop(event.block, 0)
        found.append(total)
    return tuple(found)


def peak_index(events: Sequence[Event]) -> int:
    """Index of the first event after which most bytes are live; -1 where none ever are."""
    after = live_bytes(events)
    return after.index(max(after)) if after and max(after) > 0 else -1


def old_size(event: Event) -> int:
    """Bytes before a reallocation; 0 for other calls."""
    return 0 if isinstance(event.old_size, msgspec.UnsetType) else event.old_size


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call came from, in words."""

    place: str
    """``line 3``, ``end of main``, ``runtime``, …"""
    code: str
    """The code of the line, or empty."""
    detail: str = ""
    """What stands under the place where there is no code."""

    @property
    def at(self) -> str:
        """The place with a preposition."""
        if self.place.startswith("line "):
            return f"at {self.place}"
        if self.place == "end of main":
            return "at the end of main"
        return "by the runtime" if self.place == "runtime" else f"at {self.place} {self.detail}"

    def rows(self, limit: int) -> tuple[str, str]:
        """Return two rows for a box: the place, and the code shortened to ``limit`` characters."""
        return self.place, shorten(self.code, limit) or self.detail

    def text(self, limit: int) -> str:
        """Return the same in one row."""
        code = shorten(self.code, limit)
        return f"{self.place}: {code}" if code else f"{self.place} {self.detail}".strip()


def origin(snippet: Snippet, ledger: Ledger, event: Event) -> Origin:
    """Say which line made a call."""
    if event.line is None:
        if event.runtime:
            return Origin("runtime", "", "(no line of the program)")
        if ledger.profile is Profile.RELEASE:
            return Origin("lines merged", "", "by the optimizer")
        return Origin("no line", "", "of the program")
    if event.line > len(snippet.lines):
        return Origin("end of main", "", "(values are dropped)")
    return Origin(f"line {event.line}", snippet.code[event.line - 1].strip())


def thread_name(thread: int) -> str:
    """Name a thread: the main one is number 1."""
    return "main thread" if thread == 1 else f"thread {thread}"
