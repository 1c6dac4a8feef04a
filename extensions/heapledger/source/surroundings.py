"""Whether a program may be compiled together with others: not where it looks at its own surroundings (DESIGN 4.7)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from heapledger.source import rust
from heapledger.source.program import Program

MACROS = {
    "file": "file!",
    "line": "line!",
    "column": "column!",
    "module_path": "module_path!",
    "include": "include!",
    "include_str": "include_str!",
    "include_bytes": "include_bytes!",
    "env": "env!",
    "option_env": "option_env!",
    "asm": "asm!",
    "naked_asm": "naked_asm!",
    "global_asm": "global_asm!",
}
"""Macros whose result depends on the crate, the file or what else is linked."""
NAMES = frozenset({"type_name", "type_name_of_val", "Location", "Backtrace", "current_exe", "HEAPLEDGER_MAIN"})
"""Names of std that show the crate or the file."""
ATTRIBUTES = frozenset(
    {
        "unsafe",
        "cfg_attr",
        "no_mangle",
        "export_name",
        "link_section",
        "link_name",
        "link",
        "used",
        "macro_export",
        "panic_handler",
        "path",
    }
)
"""Attributes that reach beyond the module."""


def why_alone(program: Program) -> str:
    """Return what makes a program stand alone, or nothing where it may be one of a batch."""
    if not program.traced or program.no_std:
        return "it is run untraced"
    return _first_reason(program.text)


@lru_cache(maxsize=1024)  # both profiles of a program ask
def _first_reason(text: str) -> str:
    return next(_reasons(text), "")


def _reasons(text: str) -> Iterator[str]:
    words = rust.identifiers(text)
    yield from (f"it has the inner attribute '{name}'" for name in sorted(rust.inner_attribute_words(text)))
    yield from (f"it has the attribute '{name}'" for name in sorted(rust.attribute_words(text) & ATTRIBUTES))
    yield from (f"it uses '{shown}'" for macro, shown in MACROS.items() if macro in words.macros)
    yield from (f"it names '{name}'" for name in sorted(words.names & NAMES))
    yield from (f"it uses '{path}'" for path in rust.paths_from_the_crate(text))
    if rust.main_return_type(text) is None:
        yield "its main is not a plain function"
