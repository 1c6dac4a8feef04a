"""How the values of a type lie in memory, from the debug info of the probe program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from heapledger.model_below import Field, Layout, Niche, Variant

POINTER = 8
MAX_ELEMENTS = 8
"""Longest array whose elements are listed one by one."""

_PATH = re.compile(r"(?:[A-Za-z_]\w*::)+(?=[\w{])")
_UNNAMED = re.compile(r"(?:[A-Za-z_]\w*::)*\{(closure|async_fn|async_block|async_closure)_env#\d+\}")
_GLOBAL = re.compile(r", Global(?=[>,])")
_STD = frozenset({"core", "alloc", "std", "hashbrown"})
_NAMES = {"data_ptr": "pointer"}
_ENDED = frozenset({"Returned", "Panicked"})
"""States of a future in which nothing is kept any more, though the debug info still lists what it captured."""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    die: Any
    """The type's entry."""
    offset: int


def short_type(name: str) -> str:
    """Return a type's name without the paths of modules and without the default allocator."""
    return _GLOBAL.sub("", _PATH.sub("", _UNNAMED.sub(_unnamed, name)))


def _unnamed(match: re.Match[str]) -> str:
    """Name what has no name in Rust."""
    return "closure" if match[1] == "closure" else "future"


def layout_of(die: Any, *, asked: str, size: int, align: int) -> Layout:
    """Describe a type.

    :param die: its entry in the debug info.
    :param size: what the probe said, in bytes; the debug info must agree.
    :raises LayoutDisagrees: where it does not.
    """
    told = size_of(die)
    if told != size:
        raise LayoutDisagrees(f"rustc says {size} bytes for '{asked}', and its debug info {told}")
    tag, variants = _variants(die)
    fields = () if variants else tuple(_fields(die))
    return Layout(
        asked=asked,
        type=short_type(type_name(die)),
        size=size,
        align=align,
        fields=fields,
        variants=variants,
        tag=tag,
        tag_is_niche=tag is not None and _inside_a_field(tag, variants),
        overlapping=die.tag == "DW_TAG_union_type",
    )


class LayoutDisagrees(Exception):
    """The probe's own numbers and its debug info differ: neither is shown."""


def niche_of(option: Any) -> Niche | None:
    """Return where ``Option`` of a type stores ``None``, from the entry of that ``Option``."""
    tag, variants = _variants(option)
    if tag is None or not _inside_a_field(tag, variants):
        return None
    none = next((variant for variant in variants if variant.name == "None"), None)
    return Niche(offset=tag.offset, size=tag.size, value=none.value if none is not None else "")


def offset_of(die: Any, path: str) -> int:
    """Return the offset of a field, or of a field of a field: ``a.b``; of an enum ``Variant.field``.

    :raises NoField: with the names that there are.
    """
    offset, here = 0, die
    names = path.split(".")
    while names:
        parts = {part.name: part for part in (*_members(here), *_named_variants(here))}
        name = names.pop(0)
        if name in parts:
            offset += parts[name].offset
            here = parts[name].die
            continue
        # The words of a std type, as its layout shows them: the length of a String stands in its Vec.
        words = {field.name: field for field in _fields(here)} if _is_std(here) else {}
        if name not in words or names:
            raise NoField(name, short_type(type_name(here)), tuple(parts))
        offset += words[name].offset
    return offset


class NoField(Exception):
    """A type has no field of that name."""

    def __init__(self, name: str, type_: str, known: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.type = type_
        self.known = known


def type_name(die: Any) -> str:
    """Return the name of a type as rustc wrote it; of an array made up of its parts."""
    name = die.attributes.get("DW_AT_name")
    if name is not None:
        return str(name.value.decode(errors="replace"))
    if die.tag == "DW_TAG_array_type":
        return f"[{type_name(_type_of(die))}; {_count(die)}]"
    return "fn" if die.tag == "DW_TAG_subroutine_type" else "()"


def size_of(die: Any) -> int:
    """Return the size of a type in bytes."""
    size = die.attributes.get("DW_AT_byte_size")
    if size is not None:
        return int(size.value)
    if die.tag == "DW_TAG_array_type":
        return _count(die) * size_of(_type_of(die))
    return POINTER if die.tag == "DW_TAG_pointer_type" else 0


def align_of(die: Any) -> int:
    """Return the alignment of a type in bytes: written for structs, that of the parts for others."""
    told = die.attributes.get("DW_AT_alignment")
    if told is not None:
        return int(told.value)
    if die.tag == "DW_TAG_array_type":
        return align_of(_type_of(die))
    return max(1, size_of(die))


def _type_of(die: Any) -> Any:
    return die.get_DIE_from_attribute("DW_AT_type")


def _count(die: Any) -> int:
    for child in die.iter_children():
        if child.tag == "DW_TAG_subrange_type":
            if "DW_AT_count" in child.attributes:
                return int(child.attributes["DW_AT_count"].value)
            if "DW_AT_upper_bound" in child.attributes:
                return int(child.attributes["DW_AT_upper_bound"].value) + 1
    return 0


def _members(die: Any) -> Iterator[_Part]:
    for child in die.iter_children():
        if child.tag == "DW_TAG_member" and "DW_AT_artificial" not in child.attributes:
            yield _Part(_member_name(child), _type_of(child), _place(child))


def _member_name(die: Any) -> str:
    name = str(die.attributes["DW_AT_name"].value.decode(errors="replace"))
    if name.startswith("__") and name[2:].isdigit():
        return name[2:]
    return "&" + name.removeprefix("_ref__") if name.startswith("_ref__") else name


def _place(die: Any) -> int:
    place = die.attributes.get("DW_AT_data_member_location")
    return int(place.value) if place is not None else 0


def _fields(die: Any) -> Iterator[Field]:
    """List the parts of a type: as declared, and those of std down to what it stores."""
    if die.tag == "DW_TAG_array_type":
        yield from _elements(die)
        return
    parts = sorted(_members(die), key=lambda part: part.offset)
    if not parts:
        if size_of(die) and die.tag != "DW_TAG_structure_type":
            yield _field(_Part("value", die, 0))
        return
    if [part.name for part in parts] == ["pointer", "vtable"]:
        yield Field(name="pointer", type="to the value", offset=0, size=POINTER)
        yield Field(name="vtable", type="to the table of its functions", offset=POINTER, size=POINTER)
        return
    inside = _is_std(die)
    for part in parts:
        if inside and die.tag != "DW_TAG_union_type":
            yield from _stored(part)
        else:
            yield _field(part)


def _elements(die: Any) -> Iterator[Field]:
    element, count = _type_of(die), _count(die)
    if count > MAX_ELEMENTS or not size_of(element):
        yield Field(name=f"{count} elements", type=short_type(type_name(element)), offset=0, size=size_of(die))
        return
    for index in range(count):
        yield _field(_Part(f"[{index}]", element, index * size_of(element)))


def _stored(part: _Part) -> Iterator[Field]:
    """Go down to what a part of a std type stores: the words that a reader knows, such as capacity and length."""
    if size_of(part.die) == 0:
        return
    inner = [one for one in _members(part.die) if size_of(one.die)] if part.die.tag == "DW_TAG_structure_type" else []
    if not inner or part.die.tag != "DW_TAG_structure_type":
        yield _field(part)
        return
    for one in sorted(inner, key=lambda member: member.offset):
        name = part.name if len(inner) == 1 else one.name
        yield from _stored(_Part(name, one.die, part.offset + one.offset))


def _field(part: _Part) -> Field:
    return Field(
        name=_NAMES.get(part.name, part.name),
        type=short_type(type_name(part.die)),
        offset=part.offset,
        size=size_of(part.die),
    )


def _is_std(die: Any) -> bool:
    """Whether a type is one of std's own, whose fields are nobody's business but worth seeing."""
    top = None
    parent = die.get_parent()
    while parent is not None and parent.tag == "DW_TAG_namespace":
        top = parent
        parent = parent.get_parent()
    return top is not None and top.attributes["DW_AT_name"].value.decode() in _STD


def _variant_part(die: Any) -> Any:
    return next((child for child in die.iter_children() if child.tag == "DW_TAG_variant_part"), None)


def _named_variants(die: Any) -> Iterator[_Part]:
    part = _variant_part(die)
    for variant in part.iter_children() if part is not None else ():
        if variant.tag == "DW_TAG_variant":
            yield from _members(variant)


def _variants(die: Any) -> tuple[Field | None, tuple[Variant, ...]]:
    """Return where the discriminant lies and what each variant holds."""
    if die.tag == "DW_TAG_enumeration_type":
        return _plain_enum(die)
    part = _variant_part(die)
    if part is None:
        return None, ()
    tag = None
    if "DW_AT_discr" in part.attributes:
        member = part.get_DIE_from_attribute("DW_AT_discr")
        type_ = _type_of(member)
        tag = Field(name="tag", type=short_type(type_name(type_)), offset=_place(member), size=size_of(type_))
    variants = []
    for variant in part.iter_children():
        if variant.tag != "DW_TAG_variant":
            continue
        for member in _members(variant):
            parts = sorted(_members(member.die), key=lambda one: one.offset)
            # What a future captured is listed again where it is still alive.
            fields = dict.fromkeys(_field(_Part(one.name, one.die, member.offset + one.offset)) for one in parts)
            name = type_name(member.die) if member.name.isdigit() else member.name
            kept = () if name in _ENDED and member.name.isdigit() else tuple(fields)
            variants.append(Variant(name=name, value=_value(variant, tag), fields=kept))
    return tag, tuple(variants)


def _plain_enum(die: Any) -> tuple[Field | None, tuple[Variant, ...]]:
    tag = Field(name="tag", type=short_type(type_name(_type_of(die))), offset=0, size=size_of(die))
    variants = tuple(
        Variant(
            name=child.attributes["DW_AT_name"].value.decode(errors="replace"),
            value=_written(child.attributes["DW_AT_const_value"].value, tag.size),
            fields=(),
        )
        for child in die.iter_children()
        if child.tag == "DW_TAG_enumerator"
    )
    return tag, variants


def _value(variant: Any, tag: Field | None) -> str:
    told = variant.attributes.get("DW_AT_discr_value")
    if tag is None:
        return ""
    return "others" if told is None else _written(told.value, tag.size)


def _written(value: Any, size: int) -> str:
    number = int.from_bytes(bytes(value), "little") if isinstance(value, (bytes, list)) else int(value)
    number %= 1 << (8 * size) if size else 1
    return str(number) if number < 10 else f"{number:#x}"


def _inside_a_field(tag: Field, variants: tuple[Variant, ...]) -> bool:
    return any(
        field.offset <= tag.offset and tag.offset + tag.size <= field.offset + field.size
        for variant in variants
        for field in variant.fields
    )
