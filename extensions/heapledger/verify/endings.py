"""How a program ended, set against ``:fails:``, ``:panics:``, ``:exit:`` and ``:stdout:``."""

from __future__ import annotations

from heapledger.model import Diagnostic, Exit, ExitKind, Finding, FindingKind, Ledger, Location
from heapledger.source import rust
from heapledger.source.program import build_program
from heapledger.source.snippet import Snippet

MAX_ERRORS = 5
"""Most errors of rustc that a finding tells; the page has all of them."""
MAX_STDERR_LINES = 8


LINK_HINTS = {
    "rust_eh_personality": "core's own debug code names rust_eh_personality; add "
    '#[unsafe(no_mangle)] extern "C" fn rust_eh_personality() {}',
    "__libc_start_main": "main is started by the C library; add "
    '#[link(name = "c")] unsafe extern "C" {}, or write _start instead',
}
"""Symbol that a linker misses -> what to add to a program without std."""


def check_ending(snippet: Snippet, ledger: Ledger) -> list[Finding]:
    """Return what is wrong with the way the program ended."""
    if ledger.exit.kind is ExitKind.COMPILE_ERROR:
        return _check_compile_error(snippet, ledger)
    if snippet.options.fails is not None:
        measured = "it compiles"
        place = snippet.option_place("fails")
        return [_make(snippet, ledger, FindingKind.COMPILE, place, "", f"error {snippet.options.fails}", measured)]
    if snippet.options.no_run:
        return []
    return [*_check_exit(snippet, ledger), *_check_stdout(snippet, ledger)]


def describe_exit(exit_: Exit) -> str:
    """Write an ending in words."""
    detail = f": {exit_.message}" if exit_.message else ""
    words = {
        ExitKind.RETURNED: "main returned"
        if exit_.code in {0, None}
        else f"main returned an error (status {exit_.code})",
        ExitKind.EXITED: f"exit({exit_.code})",
        ExitKind.PANICKED: f"panicked{detail}",
        ExitKind.SIGNAL: f"ended by {exit_.signal or 'the system'}{detail}",
        ExitKind.TIMEOUT: "it took too long and was stopped",
        ExitKind.MEMORY_LIMIT: f"it asked for more memory than a snippet may take{detail}",
        ExitKind.OUTPUT_LIMIT: "it printed more than 1 MiB and was stopped",
        ExitKind.COMPILE_ERROR: "it does not compile",
    }
    more = "; processes that it left running were ended" if exit_.survivors else ""
    return words[exit_.kind] + more


def _check_compile_error(snippet: Snippet, ledger: Ledger) -> list[Finding]:
    errors = [message for message in ledger.exit.diagnostics if message.level == "error"]
    wanted = snippet.options.fails
    if ledger.exit.message:
        kind = FindingKind.TIMEOUT if "more than" in ledger.exit.message else FindingKind.COMPILE
        return [_make(snippet, ledger, kind, snippet.location, ledger.exit.message)]
    if wanted is not None:
        codes = sorted({message.code or "no code" for message in errors})
        if wanted in codes:
            return []
        text = _diagnostic_text(snippet, errors[0]) if errors else ""
        place, measured = snippet.option_place("fails"), f"error {', '.join(codes)}"
        return [_make(snippet, ledger, FindingKind.COMPILE, place, text, f"error {wanted}", measured)]
    if not errors:
        return [_make(snippet, ledger, FindingKind.COMPILE, snippet.location, "rustc failed without a message")]
    texts = list(dict.fromkeys(_diagnostic_text(snippet, message) for message in errors))
    text = "\n".join(texts[:MAX_ERRORS]) + ("\nand more errors" if len(errors) > len(texts[:MAX_ERRORS]) else "")
    hint = _hint(snippet) + _link_hint(errors)
    return [_make(snippet, ledger, FindingKind.COMPILE, _place(snippet, errors[0]), text + hint)]


def _diagnostic_text(snippet: Snippet, message: Diagnostic) -> str:
    code = f"[{message.code}]" if message.code else ""
    where = ""
    if message.line is not None and message.column is not None:
        where = f" (line {_place(snippet, message).line}, column {snippet.column_of(message.line, message.column)})"
    label = f": {message.label}" if message.label else ""
    return f"error{code}: {message.message}{label}{where}"


def _hint(snippet: Snippet) -> str:
    """A wrapped snippet is a function body: there, paths from the crate's root mean something else."""
    program, _ = build_program(snippet)
    words = rust.paths_from_the_crate("\n".join(snippet.code))
    if not program.wrapped or not words:
        return ""
    listed = ", ".join(f"'{word}'" for word in words)
    return (
        f"\nnote: the snippet is wrapped into 'fn main', where {listed} cannot reach its items; write fn main yourself"
    )


def _link_hint(errors: list[Diagnostic]) -> str:
    """A program without std brings what std brings to others: say what is missing, and the line that brings it."""
    said = "\n".join(f"{message.message}\n{message.rendered}" for message in errors)
    return "".join(f"\nnote: {hint}" for symbol, hint in LINK_HINTS.items() if symbol in said)


def _place(snippet: Snippet, message: Diagnostic) -> Location:
    return snippet.place_of(message.line)


def _check_exit(snippet: Snippet, ledger: Ledger) -> list[Finding]:
    exit_, options = ledger.exit, snippet.options
    found = describe_exit(exit_)
    if exit_.kind is ExitKind.TIMEOUT:
        text = f"{found}; ':timeout:' may ask for more seconds"
        return [_make(snippet, ledger, FindingKind.TIMEOUT, snippet.location, text)]
    if exit_.kind in {ExitKind.MEMORY_LIMIT, ExitKind.OUTPUT_LIMIT}:
        return [_make(snippet, ledger, FindingKind.LIMIT, snippet.location, found)]
    ended = exit_.kind in {ExitKind.EXITED, ExitKind.RETURNED}
    if options.panics is not None:
        said = options.panics in (exit_.message or "") or options.panics in ledger.stderr
        place, wanted, good = "panics", f"panicked: {options.panics}", exit_.kind is ExitKind.PANICKED and said
    elif isinstance(options.exit, str):
        place, wanted, good = "exit", f"ended by {options.exit}", exit_.signal == options.exit
    elif options.exit is not None:
        place, wanted, good = "exit", f"exit status {options.exit}", ended and exit_.code == options.exit
    else:
        place, wanted, good = "", "main returns", ended and exit_.code in {0, None}
    if good:
        return []
    text = "" if place else "\n".join(ledger.stderr.strip().splitlines()[-MAX_STDERR_LINES:])[-1_000:]
    return [_make(snippet, ledger, FindingKind.RUN, snippet.option_place(place), text, wanted, found)]


def _check_stdout(snippet: Snippet, ledger: Ledger) -> list[Finding]:
    wanted = snippet.options.stdout
    if wanted is None or ledger.stdout.removesuffix("\n") == wanted.removesuffix("\n"):
        return []
    place = snippet.option_place("stdout")
    measured = f"stdout {ledger.stdout[:500]!r}"
    return [_make(snippet, ledger, FindingKind.RUN, place, "", f"stdout {wanted!r}", measured)]


def _make(
    snippet: Snippet,
    ledger: Ledger,
    kind: FindingKind,
    place: Location,
    text: str,
    expected: str = "",
    measured: str = "",
) -> Finding:
    return Finding(
        kind=kind,
        location=place,
        text=text,
        snippet=snippet.id,
        profile=ledger.profile,
        expected=expected,
        measured=measured,
    )
