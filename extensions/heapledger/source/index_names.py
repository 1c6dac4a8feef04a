"""What a piece of code is about: the types, functions and macros that the general index lists a claim under."""

from __future__ import annotations

import re

_WORDS = (
    "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move",
    "mut pub ref return self static struct super trait true type union unsafe use where while release debug none main",
    "bool char f32 f64 i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize",
)
KEYWORDS = frozenset(word for line in _WORDS for word in line.split())
"""Words of the language, and of this guide, that name no type of the library and no function."""

_GENERICS = re.compile(r"(?:::)?<[^<>]*>")
_PATH = re.compile(r"(?:&\s*(?:mut )?|\.)?((?:\w+::)*\w+!?)(?:[(\[{].*)?", re.DOTALL)
_TYPE = re.compile(r"\b(?:[a-z_]\w*::)*([A-Z]\w+(?:::[a-z_]\w*)?)(?!\w|::)")


def index_names(code: str) -> tuple[str, ...]:
    """Return names such as ``Vec``, ``Vec::push``, ``collect`` and ``vec!`` that a piece of code holds, in order.

    Generic arguments are left out of a path and looked at on their own; type parameters are no names.
    """
    outer = code.strip()
    while (shorter := _GENERICS.sub("", outer)) != outer:
        outer = shorter
    found = []
    path = _PATH.fullmatch(outer)
    if path is not None:
        found.append(_short(path[1]))
    inside = re.sub(r"::(?=<)", "", code)
    found += [match[1] for text in (outer, inside) for match in _TYPE.finditer(text)]
    names = dict.fromkeys(name for name in found if _is_name(name))
    owners = {name.partition("::")[0] for name in names if "::" in name}
    return tuple(name for name in names if name not in owners)


def _short(path: str) -> str:
    """Leave out modules: ``std::mem::take`` is ``take``, ``std::vec::Vec::new`` is ``Vec::new``."""
    parts = path.split("::")
    keep = 2 if len(parts) > 1 and parts[-2][:1].isupper() else 1
    return "::".join(parts[-keep:])


def _is_name(name: str) -> bool:
    return len(name) > 1 and not name[0].isdigit() and name not in KEYWORDS and re.fullmatch(r"[A-Z]\d*", name) is None


def index_entry(name: str) -> tuple[str, str]:
    """Return kind and text of Sphinx's entry: a method stands under its type and under its own name."""
    owner, colons, method = name.partition("::")
    return ("pair", f"{owner}; {method}") if colons else ("single", name)
