"""Call paths in std as a reader says them: ``Vec::push → RawVec::grow_one → realloc``."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_NAMES = 8
"""Most names of one path on a page; JSON has them all."""

_CLOSURE = re.compile(r"\{+closure[^}]*\}+")
_DULL = ("alloc::alloc::Global", "<alloc::alloc::Global")


@lru_cache(maxsize=4096)  # a loop of 100,000 calls has a handful of paths
def short_path(path: tuple[str, ...]) -> tuple[str, ...]:
    """Shorten every name to its last two parts without type arguments, and long paths in the middle."""
    names: list[str] = []
    for name in path:
        if name.startswith(_DULL):
            continue
        short = short_name(name)
        if not names or names[-1] != short:
            names.append(short)
    if len(names) > MAX_NAMES:
        names = [*names[:2], "…", *names[-(MAX_NAMES - 3) :]]
    return tuple(names)


@lru_cache(maxsize=4096)
def short_name(name: str) -> str:
    """Return ``Vec::push`` for ``<alloc::vec::Vec<u8>>::push``; closures keep the function they stand in."""
    name = _CLOSURE.sub("{closure}", name)
    if name.startswith("<") and " as " in name:
        inside, _, method = _without_arguments(name[1:]).rpartition(">::")
        name = f"{inside.partition(' as ')[0]}::{method}"
    elif name.startswith("<"):
        name = name[1:].replace(">::", "::", 1) if name.count("<") == 1 else _type_first(name)
    parts = [part for part in _without_arguments(name).split("::") if part]
    kept = 3 if parts and parts[-1] == "{closure}" else 2
    if parts[-2:-1] in ([parts[-1]], ["ptr"]) or parts[:-1] == ["alloc", "alloc"]:
        kept = 1
    return "::".join(parts[-kept:])


def _type_first(name: str) -> str:
    """Turn ``<path::Type<A>>::method`` into ``path::Type::method``."""
    depth = 0
    for position, character in enumerate(name):
        depth += {"<": 1, ">": -1}.get(character, 0) if name[position - 1] != "-" else 0
        if depth == 0:
            return _without_arguments(name[1:position]) + name[position + 1 :]
    return name


def _without_arguments(name: str) -> str:
    """Drop everything between ``<`` and its ``>``."""
    kept: list[str] = []
    depth = 0
    for position, character in enumerate(name):
        if character == "<":
            depth += 1
        elif character == ">" and depth and name[position - 1] != "-":
            depth -= 1
        elif depth == 0:
            kept.append(character)
    return "".join(kept)
