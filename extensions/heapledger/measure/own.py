"""Which part of a binary is the snippet: alone in its program, or one of many in a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CRATE = "snippet::"
"""How the names of a snippet's functions begin in a program of its own; what readers see in any case."""
SHORT_BACKTRACE = "__rust_begin_short_backtrace"
"""std's function that calls main through a pointer."""
START = "heapledger_start"
"""The same of a batch: its dispatcher's function that calls the chosen main."""


@dataclass(frozen=True, slots=True)
class Own:
    """Names by which frames of the snippet are told from all others."""

    files: frozenset[str]
    """Its source file, as the debug info may write it."""
    prefix: str = CRATE
    """How the demangled names of its functions begin."""

    @classmethod
    def of(cls, files: Iterable[object], prefix: str = CRATE) -> Own:
        """Make it of paths."""
        return cls(frozenset(str(file) for file in files), prefix)

    @property
    def main(self) -> str:
        """Demangled name of its main."""
        return f"{self.prefix}main"

    def calls_main(self, name: str) -> bool:
        """Whether a function of this demangled name calls main through a pointer, and only ever main."""
        return SHORT_BACKTRACE in name or START in name

    def starts(self, name: str) -> bool:
        """Whether a function of this name stands outside main, or is main."""
        return self.calls_main(name) or "std::rt::lang_start" in name or self.main in name

    def shown(self, name: str) -> str:
        """Return a name as it is in a program of the snippet's own."""
        return name if self.prefix == CRATE else name.replace(self.prefix, CRATE)
