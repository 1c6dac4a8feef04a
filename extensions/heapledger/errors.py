"""What can go wrong with the tool or the machine, each with its exit status and what to do next.

A false claim is not an error but a finding (:class:`heapledger.model.Finding`). These exceptions end a command with
status 2, or become one warning of a build.
"""

from __future__ import annotations


class HeapledgerError(Exception):
    """Base of all errors that a user can act on. The text says what happened, where, and what to do next."""

    exit_status = 2
    """Exit status of the command: the tool or the machine is at fault."""


class ToolchainMissing(HeapledgerError):
    """No rustc was found."""


class ToolchainUnusable(HeapledgerError):
    """A rustc was found, but it is too old, or it cannot compile and link an empty program."""


class UnsupportedPlatform(HeapledgerError):
    """Measuring works on x86-64 Linux only; the rest of the package works everywhere."""


class SourceError(HeapledgerError):
    """A source file could not be read."""
