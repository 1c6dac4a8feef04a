"""The flags of rustc: those of ``cargo build`` and ``cargo build --release``, and no others."""

from __future__ import annotations

from heapledger.model import Profile
from heapledger.toolchain.find import Rustc

CRATE_NAME = "snippet"
"""One name for all: it is in symbols, ``module_path!`` and ``type_name``, and ``cargo new snippet`` gives it too."""

SOURCE_PATH = "src/main.rs"
"""What ``file!()`` and panic messages show, as under cargo."""


def profile_flags(profile: Profile, rustc: Rustc) -> list[str]:
    """Return what cargo passes for a profile.

    Release adds line tables, for attribution only: no instruction changes (a test compares the machine code). rustc
    before 1.71 calls them ``debuginfo=1``. No ``-C lto`` flag: rustc's own thin-local LTO stays on, as under cargo.
    """
    if profile is Profile.DEBUG:
        return ["-C", "embed-bitcode=no", "-C", "debuginfo=2"]
    debuginfo = "line-tables-only" if rustc.version >= (1, 71) else "1"
    return ["-C", "opt-level=3", "-C", "embed-bitcode=no", "-C", f"debuginfo={debuginfo}"]


def edition_of(wanted: str | None, rustc: Rustc) -> str:
    """Return the edition to compile with."""
    return wanted or rustc.newest_edition


def tracer_flags() -> list[str]:
    """Flags of the tracer: opt-level 3 for both profiles, since a debug-built one lends its generics to the program.

    One codegen unit, for what is inlined from one into another is exported.
    """
    codegen = ["opt-level=3", "codegen-units=1", "embed-bitcode=no", "debuginfo=0"]
    return ["--edition", "2021", *(word for flag in codegen for word in ("-C", flag)), "-A", "warnings"]
