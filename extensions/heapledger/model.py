"""The frozen records that pass between the modules (section 2 of the design).

Units: sizes, offsets and alignments are bytes; lines count from 1; durations are seconds. Records that are written as
JSON are ``msgspec`` structs, so that what is read back is checked strictly; the others are dataclasses. Those of the
ledger are hidden from the garbage collector: none is part of a cycle, and ten thousand of them cost it seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

SCHEMA = 1
"""Version of the JSON that ``heapledger run --json`` prints."""


class Profile(StrEnum):
    """Cargo's two profiles, with cargo's defaults for everything that is not named here."""

    DEBUG = "debug"
    """opt-level 0, debug assertions."""
    RELEASE = "release"
    """opt-level 3."""


class EventKind(StrEnum):
    """The four methods of ``GlobalAlloc``."""

    ALLOC = "alloc"
    ALLOC_ZEROED = "alloc_zeroed"
    REALLOC = "realloc"
    DEALLOC = "dealloc"


class VerdictKind(StrEnum):
    """What a comparison of a ledger with its expectations came to."""

    VERIFIED = "verified"
    FALSIFIED = "falsified"
    MEASURED = "measured"
    """Nothing was expected."""
    SKIPPED = "skipped"


class Provenance(StrEnum):
    """How a ledger came to a page."""

    FRESH = "fresh"
    CACHED = "cached"
    RECORDED = "recorded"


class ExitKind(StrEnum):
    """How a program ended, or why it never ran."""

    RETURNED = "returned"
    EXITED = "exited"
    PANICKED = "panicked"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    MEMORY_LIMIT = "memory-limit"
    OUTPUT_LIMIT = "output-limit"
    COMPILE_ERROR = "compile-error"


COUNTED_METRICS = ("allocs", "reallocs", "frees", "bytes", "peak", "live")
"""The metrics of :class:`Totals`, in the order of the JSON."""


class Toolchain(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One rustc."""

    rustc: str
    """Release, as in ``1.95.0``."""
    commit: str
    """First nine digits of the commit, empty where the compiler does not tell."""
    host: str
    """Host triple."""
    llvm: str
    """Version of LLVM."""


class Totals(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the region added up to (section 4 of the design, "What counts")."""

    allocs: int
    """Calls of ``alloc`` and ``alloc_zeroed``."""
    reallocs: int
    """Calls of ``realloc``."""
    frees: int
    """Calls of ``dealloc``."""
    bytes: int
    """Sum of the sizes asked for by ``alloc`` and ``alloc_zeroed``."""
    peak: int
    """Most bytes live at once."""
    live: int
    """Bytes still live at the end of the region."""


class OutsideTotals(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the runtime did before or after the region."""

    allocs: int
    bytes: int


class Outside(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Start-up and shut-down, counted apart from the region."""

    startup: OutsideTotals
    shutdown: OutsideTotals


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One call of the allocator inside the region."""

    seq: int
    """Position among the events of the region, from 0."""
    kind: EventKind
    size: int
    """Bytes asked for; of ``dealloc`` the bytes given back."""
    old_size: int | msgspec.UnsetType = msgspec.UNSET
    """Bytes before, of ``realloc`` only."""
    align: int
    block: int | None
    """Number of the block in order of birth from 1; null for a call that failed."""
    line: int | None
    """Line of the snippet's source, or null where the optimizer merged lines or the runtime made the call."""
    thread: int
    """1 is the main thread; others in order of their first event."""
    runtime: bool = msgspec.field(name="runtime")
    """A call on a spawned thread with no frame of the snippet on its stack."""
    failed: bool = False
    """The allocator returned null."""
    path: tuple[str, ...] = msgspec.field(name="path")
    """Functions from the snippet's line (excluded) to the allocator (excluded), outermost first."""


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message of rustc about the program, in lines and columns of the snippet's source."""

    level: str
    """``error`` or ``warning``."""
    code: str | None
    """``E0382`` or the name of a lint."""
    message: str
    line: int | None
    """Line of the snippet's source; null for a message without a place in it."""
    column: int | None
    """Column from 1, in characters."""
    label: str
    """What rustc writes under the span."""
    rendered: str
    """rustc's own text."""


class Exit(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """How the program ended."""

    kind: ExitKind
    code: int | None
    signal: str | None = None
    """Name of the signal, as in ``SIGSEGV``."""
    message: str | None = None
    """Text of the panic, or which limit was hit."""
    survivors: int = 0
    """Processes that the program left behind and that were ended."""
    diagnostics: tuple[Diagnostic, ...] = msgspec.field(name="diagnostics")


class Ledger(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that was measured for one program x profile x toolchain. It knows no snippet: equal programs share it."""

    profile: Profile
    toolchain: Toolchain
    traced: bool
    events_left_out: int
    """Events beyond those kept in detail; the totals count them."""
    unstable: Mapping[str, tuple[int, int]]
    """Metric -> least and most over repeated runs, for what section 4.10 does not promise."""
    totals: Totals | None
    """None where ``traced`` is false or nothing ran."""
    events: tuple[Event, ...]
    threads: int
    """Threads that called the allocator inside the region."""
    outside: Outside
    stdout: str
    stderr: str
    exit: Exit


@dataclass(frozen=True, slots=True)
class Location:
    """A place that somebody can open in an editor."""

    file: str
    """Path of the file, relative to the working directory where that is shorter."""
    line: int | None
    """Line from 1, or None for the whole file."""
    near: bool = False
    """The line is that of the directive: the text at the line itself could not be confirmed."""

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class FindingKind(StrEnum):
    """Subtype of a warning, as ``suppress_warnings`` names it: ``heapledger.expect``."""

    EXPECT = "expect"
    COMPILE = "compile"
    RUN = "run"
    TIMEOUT = "timeout"
    LIMIT = "limit"
    OPTION = "option"
    SOURCE = "source"
    TOOLCHAIN = "toolchain"
    FIDELITY = "fidelity"
    DIAGRAM = "diagram"
    MEMORY = "memory"
    """A marker of a snapshot that could not be taken."""
    CLAIM = "claim"
    VALUE = "value"
    NUMBER = "number"
    """A number in prose that somebody typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that the author has to know: data, not an exception, so that it can be reported on every build."""

    kind: FindingKind
    location: Location
    text: str
    """What happened and what to do next; further lines are details."""
    snippet: str = ""
    """Id of the snippet, or empty."""
    profile: Profile | None = None
    expected: str = ""
    measured: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A ledger set against what the author expects."""

    kind: VerdictKind
    reason: str = ""
    """Why it was skipped or could not be measured."""
    findings: tuple[Finding, ...] = ()
