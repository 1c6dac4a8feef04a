"""Where functions went that have no code of their own, and the type arguments of those that have: from DWARF.

With line tables only, LLVM writes entries for inlined functions by their bare names, and for functions by address.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from heapledger.measure.lines import own_units
from heapledger.measure.lookup import bare, same_end, segments

_SCOPES = frozenset({"DW_TAG_namespace", "DW_TAG_structure_type", "DW_TAG_enumeration_type", "DW_TAG_union_type"})


@dataclass(frozen=True, slots=True)
class Units:
    """What the debug info of the snippet's crate says about its functions."""

    names: dict[int, str]
    """Address of a function -> its path, or its bare name, with type arguments."""
    inlined: tuple[tuple[str, int], ...]
    """(path or bare name of a function, address of the function that its code was put into), each pair once."""


def read_units(path: Path) -> Units:
    """Read the functions of the snippet's crate. Nothing without debug info."""
    names: dict[int, str] = {}
    inlined: dict[tuple[str, int], None] = {}
    with path.open("rb") as file:
        elf = ELFFile(file)
        if elf.has_dwarf_info():
            for unit in own_units(elf.get_dwarf_info()):
                _walk(unit.get_top_DIE(), names, inlined)
    return Units(names, tuple(inlined))


def hosts(wanted: str, units: Units) -> tuple[int, ...]:
    """Return the addresses of the functions that a function's code was put into."""
    last = segments(wanted)[-1]
    found = [
        host for name, host in units.inlined if same_end(wanted, name) or ("::" not in name and last == bare(name))
    ]
    return tuple(dict.fromkeys(found))


def type_arguments(name: str) -> str:
    """Return ``<u8>`` of ``path::largest<u8>``, or an empty text."""
    last = segments(name)[-1]
    return last[len(bare(last)) :] if not last.startswith(("<", "{")) else ""


def _walk(die: Any, names: dict[int, str], inlined: dict[tuple[str, int], None]) -> None:
    for child in die.iter_children():
        if child.tag in _SCOPES:
            _walk(child, names, inlined)
        elif child.tag == "DW_TAG_subprogram":
            start = child.attributes.get("DW_AT_low_pc")
            if start is not None:
                names[start.value] = "::".join(_path_of(_origin(child)))
                _hosted(child, start.value, inlined)
            _walk(child, names, inlined)


def _hosted(die: Any, host: int, inlined: dict[tuple[str, int], None]) -> None:
    for child in die.iter_children():
        if child.tag == "DW_TAG_inlined_subroutine":
            inlined["::".join(_path_of(_origin(child))), host] = None
        if child.tag in {"DW_TAG_inlined_subroutine", "DW_TAG_lexical_block"}:
            _hosted(child, host, inlined)


def _origin(die: Any) -> Any:
    """Follow to the entry that has the name."""
    for attribute in ("DW_AT_abstract_origin", "DW_AT_specification"):
        if attribute in die.attributes:
            return _origin(die.get_DIE_from_attribute(attribute))
    return die


def _path_of(die: Any) -> tuple[str, ...]:
    names = [_text(die, "DW_AT_name")]
    parent = die.get_parent()
    while parent is not None and parent.tag != "DW_TAG_compile_unit":
        name = _text(_origin(parent), "DW_AT_name")
        names.append(bare(name) if parent.tag == "DW_TAG_subprogram" else name)
        parent = parent.get_parent()
    return tuple(reversed(names))


def _text(die: Any, attribute: str) -> str:
    found = die.attributes.get(attribute)
    return found.value.decode(errors="replace") if found is not None else ""
