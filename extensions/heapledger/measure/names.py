"""Readable names of Rust functions: both manglings, and the plain names that line tables carry for inlined ones."""

from __future__ import annotations

import re
from functools import lru_cache

from rust_demangler import demangle, rust_v0  # type: ignore[attr-defined]

rust_v0.print = lambda *_: None  # type: ignore[attr-defined]
"""The library prints what it cannot read to standard output, where our JSON goes."""

_LLVM_SUFFIX = re.compile(r"\.llvm\.\d+$")
_LEGACY_HASH = re.compile(r"::h[0-9a-f]{16}$")
_STD_FILE = re.compile(r"/library/(?P<crate>\w+)/src/(?P<module>.*)\.rs$")
_THREAD_LOCAL = re.compile(r"(?:::\{+[^{}]*\}+)*::(?:__RUST_STD_INTERNAL_VAL|VAL)$")
"""How ``thread_local!`` goes on behind the name of the static."""
_GLOBAL = re.compile(r", alloc::alloc::Global(?=[>,])")


@lru_cache(maxsize=65_536)
def demangled(symbol: str) -> str:
    """Return the demangled form of a symbol without LLVM's suffix and the hash; other names come back as they are."""
    name = _LLVM_SUFFIX.sub("", symbol)
    if not name.startswith(("_R", "_ZN")):
        return name
    try:
        return _LEGACY_HASH.sub("", str(demangle(name)))
    except Exception as error:  # noqa: BLE001 - the library raises types of many kinds for what it does not know
        del error
        return name


def without_thread_local(name: str) -> str:
    """Return the demangled name of a thread-local as its author wrote it, without what ``thread_local!`` adds."""
    return _THREAD_LOCAL.sub("", name)


@lru_cache(maxsize=65_536)
def readable(symbol: str, file: str) -> str:
    """Return the name to show for a frame: demangled, with its module where only the bare name is known.

    Line tables name an inlined function ``push<u8, alloc::alloc::Global>``; its file tells the module.
    """
    name = demangled(symbol)
    if "::" not in name.split("<", 1)[0] and not name.startswith("<"):
        match = _STD_FILE.search(file)
        if match is not None:
            module = match["module"].removesuffix("/mod").removesuffix("lib").strip("/").replace("/", "::")
            name = "::".join(part for part in (match["crate"], module, name) if part)
    return _GLOBAL.sub("", name)
