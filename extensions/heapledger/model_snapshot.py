"""Records of a snapshot: what memory held at a marked line. Their names are the keys of the JSON (section 6).

Sizes, offsets and alignments are bytes; lines count from 1 in the snippet's source. Addresses are never kept.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

NO_MEMORY = "dangling: nothing is allocated"
"""Where the pointer of an owner without a block leads."""
NOT_TRACED = "memory that was not traced"
"""Where a pointer leads in a program with an allocator of its own: perhaps to a block."""


class VariableState(StrEnum):
    """Whether a variable holds a value at the marked line; the compiler tells, not the debugger."""

    LIVE = "live"
    MOVED = "moved"
    MAYBE_MOVED = "maybe-moved"
    """Moved on one of the ways that lead here, or in part."""
    UNINITIALISED = "uninitialised"
    OPTIMIZED_OUT = "optimized-out"


class BlockState(StrEnum):
    """Whether anything still reaches a live block."""

    LIVE = "live"
    LEAKED = "leaked"
    """Nothing reaches it, and nothing frees it until the program ends."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a value, in words."""

    name: str
    value: str


class Pointer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pointer in a variable or a block: to one of ``block``, ``static``, ``frame`` with ``variable``, ``unknown``."""

    field: str
    """Path of the pointer inside the value: ``ptr``, ``name.ptr``, ``[2].0``."""
    block: int | msgspec.UnsetType = msgspec.UNSET
    static: int | msgspec.UnsetType = msgspec.UNSET
    frame: int | msgspec.UnsetType = msgspec.UNSET
    variable: int | msgspec.UnsetType = msgspec.UNSET
    unknown: str | msgspec.UnsetType = msgspec.UNSET
    """Why the target has no name: ``dangling``, ``null``, a place that no variable covers."""
    offset: int = msgspec.field(name="offset")
    """Bytes from the start of the target."""
    owns: bool = msgspec.field(name="owns")
    """Whether dropping the value frees, or helps to free, the target."""


class Owner(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who owns a block: a variable, or another block."""

    frame: int | msgspec.UnsetType = msgspec.UNSET
    variable: int | msgspec.UnsetType = msgspec.UNSET
    block: int | msgspec.UnsetType = msgspec.UNSET
    static: int | msgspec.UnsetType = msgspec.UNSET


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One variable of a frame."""

    id: int
    name: str
    declared: int | None
    """Line of its declaration."""
    shadowed: bool
    """A later variable of the same name hides it."""
    type: str
    """Rust's name of the type, without paths and default parameters."""
    size: int
    state: VariableState
    value: str | None
    """Rust's ``Debug`` form, cut after some items; None where there is no value to show."""
    variant: str | None
    """Name of the variant, of an enum."""
    fields: tuple[Field, ...]
    points_to: tuple[Pointer, ...]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a function of the snippet."""

    id: int
    """0 is the innermost frame."""
    function: str
    line: int | None
    """Line of the call, or of the marker."""
    variables: tuple[Variable, ...]
    """In order of declaration."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One heap block that is live."""

    block: int
    size: int
    align: int
    line: int | None
    """Line of its birth; null where no line of the snippet asked for it."""
    type: str | None
    """Type of its elements, told by what points to it; null where nothing tells."""
    len: int | None
    """Elements that hold values."""
    spare: int | None
    """Elements that there is room for beyond ``len``."""
    value: str | None
    owners: tuple[Owner, ...]
    points_to: tuple[Pointer, ...]
    state: BlockState


class Static(msgspec.Struct, frozen=True, kw_only=True):
    """Something that lives as long as the process: a static, a literal, a vtable, a function, a thread-local."""

    id: int
    symbol: str | None
    """Its name; null for a literal."""
    section: str
    size: int
    type: str | None
    value: str | None
    points_to: tuple[Pointer, ...]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Memory at one marked line."""

    line: int
    """Line of the marker."""
    caption: str
    hit: int
    """Which time the program came to this line, from 1."""
    thread: int
    """1 is the main thread."""
    frames: tuple[Frame, ...]
    """Innermost first."""
    frames_left_out: int
    """Outer frames beyond those kept."""
    blocks: tuple[Block, ...]
    blocks_left_out: int
    """Live blocks beyond those kept: the ones that no variable leads to go first."""
    statics: tuple[Static, ...]


class SnapshotSet(msgspec.Struct, frozen=True, kw_only=True):
    """All snapshots of one snippet."""

    snapshots: tuple[Snapshot, ...]
    troubles: tuple[tuple[int | None, str], ...]
    """What could not be shown: line of the marker (None: all of them), and the reason with what to do next."""
    missing: str
    """Why this machine can take no snapshots at all; empty where it can."""
    by_limit: bool = False
    """A limit of time ended the session: on a machine that is less busy there may be more."""
