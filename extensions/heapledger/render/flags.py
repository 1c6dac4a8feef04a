"""What is said about flags that a program needs beyond cargo's profiles."""

from __future__ import annotations

from heapledger.messages import _
from heapledger.source.program import Program


def flag_notes(program: Program) -> tuple[str, ...]:
    """Return a sentence for each such flag: readers need it too."""
    found = []
    if program.no_std:
        found.append(_("Compiled with -C panic=abort: without std, nothing unwinds."))
    if program.own_start:
        found.append(_("Linked with -C link-arg=-nostartfiles: the program brings its own _start."))
    return tuple(found)
