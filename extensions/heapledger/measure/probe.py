"""Answers from the object file of a probe program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_RELOC_TYPE_x64
from elftools.elf.relocation import RelocationHandler

from heapledger.measure.layout import (
    LayoutDisagrees,
    NoField,
    align_of,
    layout_of,
    niche_of,
    offset_of,
    size_of,
)
from heapledger.measure.lines import OWN_UNIT
from heapledger.model_below import Answer, Layout
from heapledger.source.probe import FACTS_NAME, OPTION_NAME, PROBE_FN, TYPE_NAME
from heapledger.source.problems import nearest
from heapledger.source.questions import Question

WORD = 8
UNKNOWN = "nothing is known about it: does the expression ever have a value?"

_RECIPES: Any = RelocationHandler._RELOCATION_RECIPES_X64  # noqa: SLF001 - pyelftools has no other way to add one
_RECIPES.setdefault(ENUM_RELOC_TYPE_x64["R_X86_64_DTPOFF64"], _RECIPES[ENUM_RELOC_TYPE_x64["R_X86_64_64"]])
"""An object file's debug info places thread-local variables by a relocation that pyelftools does not know. Nobody here
reads those places, but it would read nothing at all."""


@dataclass(slots=True)
class _Found:
    """What stands in the object file about one question."""

    type: Any = None
    option: Any = None
    facts: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Probed:
    """Layouts of the types that were asked about, and answers about their fields."""

    layouts: Mapping[str, Layout]
    """By the text of the type."""
    offsets: Mapping[Question, Answer]

    def layout(self, asked: str, troubles: Mapping[str, str]) -> Layout:
        """Return the layout of a type, or why there is none."""
        if asked in troubles:
            return Layout(asked=asked, trouble=troubles[asked])
        return self.layouts.get(asked, Layout(asked=asked, trouble=UNKNOWN))

    def answer(self, question: Question, troubles: Mapping[str, str]) -> Answer:
        """Answer a question."""
        layout = self.layout(question.arguments[0], troubles)
        if layout.trouble:
            return Answer(trouble=layout.trouble)
        if question.metric == "size":
            return Answer(value=layout.size)
        return Answer(value=layout.align) if question.metric == "align" else self.offsets[question]


NOTHING = Probed({}, {})
"""Where no question compiles."""


def read_probe(path: Path, asked: Sequence[tuple[int, str]], questions: Iterable[Question]) -> Probed:
    """Read an object file.

    :param asked: number and text of each type that it holds.
    :param questions: those about offsets are answered.
    """
    with path.open("rb") as file:
        elf = ELFFile(file)
        found: dict[int, _Found] = {number: _Found() for number, _ in asked}
        for number, facts in _facts(elf):
            found[number].facts = facts
        for kind, number, die in _entries(elf.get_dwarf_info()):
            setattr(found[number], kind, die)
    entries = {text: found[number].type for number, text in asked if found[number].type is not None}
    layouts = {text: _layout(text, found[number]) for number, text in asked if text in entries}
    offsets = {
        question: _offset(entries[question.arguments[0]], question.arguments[1])
        for question in questions
        if question.metric == "offset" and question.arguments[0] in entries
    }
    return Probed(layouts, offsets)


def _layout(text: str, found: _Found) -> Layout:
    size, align, option_size = found.facts or (size_of(found.type), align_of(found.type), 0)
    try:
        layout = layout_of(found.type, asked=text, size=size, align=align)
    except LayoutDisagrees as problem:
        return Layout(asked=text, trouble=str(problem))
    niche = niche_of(found.option) if found.option is not None and option_size == size else None
    return msgspec.structs.replace(layout, niche=niche, option_size=option_size)


def _offset(die: Any, path: str) -> Answer:
    try:
        return Answer(value=offset_of(die, path))
    except NoField as problem:
        what = nearest(problem.name, problem.known) if problem.known else "; it has no fields"
        return Answer(trouble=f"'{problem.type}' has no field '{problem.name}'{what}")


def _facts(elf: ELFFile) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Read the three words of every question."""
    table: Any = elf.get_section_by_name(".symtab")
    for symbol in table.iter_symbols():
        number = _number(symbol.name, FACTS_NAME)
        if number is not None:
            data = elf.get_section(symbol["st_shndx"]).data()
            start = symbol["st_value"]
            words = [int.from_bytes(data[at : at + WORD], "little") for at in range(start, start + 3 * WORD, WORD)]
            yield number, (words[0], words[1], words[2])


def _number(name: str, prefix: str) -> int | None:
    """Read the number between a prefix and ``_`` in a mangled or plain name."""
    match = re.search(rf"{prefix}(\d+)_", name)
    return int(match[1]) if match is not None else None


def _entries(dwarf: Any) -> Iterator[tuple[str, int, Any]]:
    """Find the entries of the statics' type parameters and of the instances of the probe function."""
    for unit in dwarf.iter_CUs():
        name = unit.get_top_DIE().attributes.get("DW_AT_name")
        if name is not None and name.value.startswith(OWN_UNIT):
            yield from _walk(unit.get_top_DIE())


def _walk(die: Any) -> Iterator[tuple[str, int, Any]]:
    for child in die.iter_children():
        if child.tag == "DW_TAG_namespace":
            yield from _walk(child)
            continue
        name = child.attributes.get("DW_AT_name")
        text = name.value.decode(errors="replace") if name is not None else ""
        if child.tag == "DW_TAG_variable":
            for kind, prefix in (("type", TYPE_NAME), ("option", OPTION_NAME)):
                number = _number(text, prefix)
                if number is not None:
                    yield kind, number, _parameter(child.get_DIE_from_attribute("DW_AT_type"))
        elif child.tag == "DW_TAG_subprogram" and text.startswith(f"{PROBE_FN}<"):
            yield "type", int(text.rstrip("> ").rpartition(",")[2]), _parameter(child)


def _parameter(die: Any) -> Any:
    """Return the entry that a type parameter stands for."""
    for child in die.iter_children():
        if child.tag == "DW_TAG_template_type_param":
            return child.get_DIE_from_attribute("DW_AT_type")
    return None
