"""The check compile: which variables are moved or not initialised where the program stopped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from heapledger.engine.compile import COMPILE_LIMITS, run_rustc
from heapledger.engine.process import End
from heapledger.engine.work import Tools
from heapledger.model_snapshot import VariableState
from heapledger.source.moves import BORROW_ERRORS, Check, Diagnosed, Key, Place, answers, make_check, partly_moved
from heapledger.toolchain.flags import CRATE_NAME


class _Span(msgspec.Struct):
    byte_start: int
    is_primary: bool
    label: str | None = None


class _Code(msgspec.Struct):
    code: str


class _Message(msgspec.Struct):
    message: str
    level: str
    spans: list[_Span]
    code: _Code | None = None


class Answers:
    """What the compiler said about all places."""

    def __init__(
        self, check: Check | None, known: dict[Key, VariableState], partly: frozenset[Key] = frozenset()
    ) -> None:
        self._partly = partly
        self._unasked = check.unasked if check is not None else frozenset()
        self._known = known
        self.complete = check is not None

    def state(self, place: int, declaration: int) -> VariableState | None:
        """Return the state of a variable (byte of its declaration) at a place; None: it could not be asked for."""
        key = (place, declaration)
        if not self.complete or key in self._unasked:
            return None
        return self._known.get(key, VariableState.LIVE)

    def is_partly_moved(self, place: int, declaration: int) -> bool:
        """Whether a part of a variable was moved, and the rest was not."""
        return (place, declaration) in self._partly


def ask_compiler(text: str, places: Iterable[Place], edition: str, folder: Path, tools: Tools) -> Answers:
    """Ask for every variable at every place; shadowed ones are left out where asking for them does not compile."""
    places = list(places)
    if not places:
        return Answers(make_check("", []), {})
    for wrap in (True, False):
        check = make_check(text, places, wrap=wrap)
        errors = _compile(check.text, edition, folder, tools)
        if errors is not None:
            return Answers(check, answers(check, errors), partly_moved(check, errors))
    return Answers(None, {})


def _compile(text: str, edition: str, folder: Path, tools: Tools) -> list[Diagnosed] | None:
    """Return the errors, or None where rustc did not come to moves."""
    source = folder / "check.rs"
    source.write_text(text, encoding="utf-8", newline="\n")
    command = [
        *(tools.rustc.path, "--crate-name", CRATE_NAME, "--crate-type", "bin", "--edition", edition, source.name),
        *("--error-format=json", "--emit=metadata", "--cap-lints=allow", "-o", "check.rmeta"),
    ]
    outcome = run_rustc(command, folder, tools.supervisor, COMPILE_LIMITS)
    if outcome.end is not End.EXITED:
        return None
    found = []
    for line in outcome.stderr.splitlines():
        try:
            message = msgspec.json.decode(line, type=_Message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if message.level != "error" or not message.spans:
            continue
        if message.code is None or message.code.code not in BORROW_ERRORS:
            return None
        found.append(_diagnosed(message))
    return found


def _diagnosed(message: _Message) -> Diagnosed:
    main = next((span for span in message.spans if span.is_primary), message.spans[0])
    labelled = [span for span in message.spans if not span.is_primary and "moved" in (span.label or "")]
    # The main span of a loop's move is both: moved here, in the previous turn.
    in_loop = any("in previous iteration of loop" in (span.label or "") for span in message.spans)
    return Diagnosed(
        code=message.code.code if message.code else "",
        message=message.message,
        start=main.byte_start,
        moves=tuple(span.byte_start for span in labelled),
        in_loop=in_loop,
    )
