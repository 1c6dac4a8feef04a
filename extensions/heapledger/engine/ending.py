"""Naming how a program ended, from what the supervisor saw, what it printed and what the tracer knows."""

from __future__ import annotations

import os
import re
import signal

from heapledger.engine.process import End, Outcome
from heapledger.measure.trace import RawTrace
from heapledger.model import Exit, ExitKind

_PANIC = re.compile(
    r"thread '[^']*' (?:\(\d+\) )?panicked at (?:'(?P<old>.*)', [^\n]+:\d+:\d+\n|[^\n]*\n(?P<message>[^\n]*))"
)
"""The first line of a panic, up to rustc 1.72 with the message in quotes, and since then with it on the next line."""
_STOPPED = {
    End.TIMEOUT: (ExitKind.TIMEOUT, None, None),
    End.OUTPUT_LIMIT: (ExitKind.OUTPUT_LIMIT, None, None),
    End.PROCESS_LIMIT: (ExitKind.SIGNAL, "SIGKILL", "it started too many processes"),
}
"""Endings by our own limits: kind, signal, message."""


def ending(outcome: Outcome, trace: RawTrace | None, under_main: bool | None) -> tuple[Exit, bool]:  # noqa: FBT001
    """Name how a program ended, and whether another run would end the same way.

    :param under_main: whether ``exit`` was called while main was still on the stack; None where that is not known.
    """
    if outcome.end in _STOPPED:
        kind, name, message = _STOPPED[outcome.end]
        return _exit(outcome, kind, name=name, message=message), False
    if outcome.end is End.NOT_STARTED:
        return _exit(outcome, ExitKind.SIGNAL, message=f"it could not be started: {outcome.error}"), False
    text = outcome.stderr.decode(errors="replace")
    if outcome.end is End.SIGNAL:
        return _signalled(outcome, trace, text)
    panic = first_panic(text)
    if outcome.code == 101 and panic is not None and not under_main:
        return _exit(outcome, ExitKind.PANICKED, message=panic), True
    exited = outcome.code not in {0, 1} if under_main is None else under_main
    return _exit(outcome, ExitKind.EXITED if exited else ExitKind.RETURNED), True


def first_panic(stderr: str) -> str | None:
    """Return the message of the first panic that std reported, its first line where it has several."""
    panic = _PANIC.search(stderr)
    return None if panic is None else panic["message"] if panic["old"] is None else panic["old"]


def _signalled(outcome: Outcome, trace: RawTrace | None, text: str) -> tuple[Exit, bool]:
    number = outcome.signal or 0
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    failed = trace is not None and any(event.failed for event in trace.events[-64:])
    if failed and "memory allocation of" in text and not _hopeless(text):
        message = next(line for line in text.splitlines() if "memory allocation of" in line)
        return _exit(outcome, ExitKind.MEMORY_LIMIT, name=name, message=message), False
    return _exit(outcome, ExitKind.SIGNAL, name=name, message=_last_words(text)), True


def _last_words(text: str) -> str | None:
    """The last line that says something, and the panic that it began with, if it did."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("note: ")]
    if not lines:
        return None
    panic = first_panic(text)
    first = f"panicked: {panic[:300]}; " if panic is not None and panic != lines[-1] else ""
    return first + lines[-1][:300]


def _hopeless(text: str) -> bool:
    """Whether the request is beyond this machine's memory, so that it fails for readers too, without our limit."""
    sizes = [int(size) for size in re.findall(r"memory allocation of (\d+) bytes", text)]
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return bool(sizes) and max(sizes) > total


def _exit(outcome: Outcome, kind: ExitKind, *, name: str | None = None, message: str | None = None) -> Exit:
    return Exit(kind=kind, code=outcome.code, signal=name, message=message, survivors=outcome.survivors, diagnostics=())
