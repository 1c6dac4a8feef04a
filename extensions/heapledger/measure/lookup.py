"""From the name that an author writes to symbols of a linked program.

A name is a mangled symbol, a demangled path, or the end of one (``square``, ``Point::new``), with type arguments where
the program tells them. Symbols of the snippet's own crate stand before those of std.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from heapledger.measure.names import demangled, without_thread_local
from heapledger.toolchain.flags import CRATE_NAME

MAX_LISTED = 8
"""Most candidates that a message lists."""


class NameProblem(Exception):
    """A name that stands for no symbol, or for several; the text says so, for the author."""


class Gone(NameProblem):
    """A function that the program declares, and that has no code of its own."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One entry of the symbol table."""

    name: str
    """Mangled, without the version of a shared library."""
    kind: str
    """``function``, ``object``, ``tls`` or ``other``."""
    section: str | None
    """Name of its section; None for what another library defines."""
    address: int
    size: int
    """Bytes."""

    @property
    def shown(self) -> str:
        """The demangled name, with what ``thread_local!`` adds taken off."""
        name = demangled(self.name)
        return without_thread_local(name) if self.kind == "tls" else name

    @property
    def is_own(self) -> bool:
        """Whether it belongs to the snippet's crate."""
        return CRATE_NAME in self.name and self.shown.startswith((f"{CRATE_NAME}::", f"<{CRATE_NAME}::"))


@lru_cache(maxsize=65_536)
def segments(path: str) -> tuple[str, ...]:
    """Split a path at the ``::`` outside brackets; type arguments stay with the name before them."""
    found: list[str] = []
    depth = start = position = 0
    text = path.replace("::<", "<")
    while position < len(text):
        character = text[position]
        if character in "<([{":
            depth += 1
        elif character in ">)]}" and text[position - 1] != "-":
            depth -= 1
        elif depth == 0 and text.startswith("::", position):
            found.append(text[start:position])
            position = start = position + 2
            continue
        position += 1
    return (*found, text[start:])


def bare(segment: str) -> str:
    """Return a name without its type arguments; of ``<Type as Trait>`` the last name of the type."""
    if segment.startswith("<"):
        inner = segment[1:].removesuffix(">").split(" as ")[0]
        return bare(segments(inner.lstrip("&").removeprefix("mut "))[-1])
    return segment.split("<", maxsplit=1)[0]


def same_end(wanted: str, name: str) -> bool:
    """Whether a path ends as an author wrote it; type arguments count where the author gives them."""
    ours, theirs = segments(wanted), segments(name)
    if len(ours) > len(theirs):
        return False
    pairs = zip(ours, theirs[len(theirs) - len(ours) :], strict=True)
    return all(_short(mine) == _short(other) or mine in {bare(other), other.split("<")[0]} for mine, other in pairs)


@lru_cache(maxsize=65_536)
def _short(segment: str) -> str:
    """Take the modules of the types in a segment away: ``<Point as Clone>``."""
    return re.sub(r"(?:\w+::)+", "", segment).replace(" ", "")


def fits(wanted: str, symbol: Symbol) -> bool:
    """Whether a symbol may be meant. Mangled names hold every identifier as it is: most need no demangling."""
    if wanted == symbol.name:
        return True
    words = re.findall(r"\w+", segments(wanted)[-1])
    return bool(words) and words[0] in symbol.name and same_end(wanted, symbol.shown)


def candidates(wanted: str, symbols: Iterable[Symbol]) -> list[Symbol]:
    """Return the symbols that a name may stand for, the snippet's own alone where there are any."""
    fitting = [symbol for symbol in symbols if fits(wanted, symbol)]
    own = [symbol for symbol in fitting if symbol.is_own]
    if own:
        return own
    exact = [symbol for symbol in fitting if wanted in {symbol.name, symbol.shown}]
    # A bare name is one of the snippet's: std has a COUNTER of its own, which nobody means.
    return exact or (fitting if len(segments(wanted)) > 1 else [])


def the_one(wanted: str, fitting: Sequence[Symbol], what: str) -> Symbol:
    """Return the only candidate; several at one address are one.

    :raises NameProblem: with all candidates where there are several.
    """
    places = {(symbol.section, symbol.address): symbol for symbol in fitting}
    if len(places) == 1:
        return fitting[0]
    listed = sorted(one.shown if one.shown == one.name else f"{one.shown} ({one.name})" for one in places.values())
    shown = ", ".join(listed[:MAX_LISTED]) + (
        f" and {len(listed) - MAX_LISTED} more" if len(listed) > MAX_LISTED else ""
    )
    raise NameProblem(
        f"'{wanted}' is ambiguous: it may be any of {len(listed)} {what}s: {shown}; write more of its path"
    )


def suggestion(wanted: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for similar known names, or what there is where few names are known."""
    names = sorted({bare(segments(name)[-1]) for name in known if name})
    close = difflib.get_close_matches(bare(segments(wanted)[-1]), names, n=3, cutoff=0.6)
    if close:
        return "; did you mean " + " or ".join(f"'{name}'" for name in close) + "?"
    return f"; there are {', '.join(names)}" if 0 < len(names) <= MAX_LISTED else ""
