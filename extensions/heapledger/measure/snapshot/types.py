"""Types of the snippet, from its debug info."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from heapledger.measure.snapshot.dies import Die, Dies

_UNSIGNED, _SIGNED, _BOOL, _FLOAT, _CHAR = {7, 8}, {5, 6}, {2}, {4}, {16}
_PATH = re.compile(r"\b(?:[A-Za-z_]\w*(?:<[^<>]*>)?|\{[\w#]+\})::")
_FUNCTIONS = re.compile(r"\b(Fn|FnMut|FnOnce)<\(([^()]*)\)(?:, Output=([^<>,]*))?>")
_DEFAULTS = re.compile(r", (?:Global|RandomState|\(\))(?=[>,])")


class Kind(StrEnum):
    """What a type is made of."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    BOOL = "bool"
    CHAR = "char"
    FLOAT = "float"
    UNIT = "unit"
    POINTER = "pointer"
    FUNCTION = "function"
    """What a function pointer points to."""
    ARRAY = "array"
    STRUCT = "struct"
    ENUM = "enum"
    """With variants that hold data."""
    PLAIN_ENUM = "plain-enum"
    UNION = "union"
    UNKNOWN = "unknown"


@dataclass(slots=True, eq=False)
class Member:
    """A field of a struct, or the value of a variant."""

    name: str
    offset: int
    """Bytes from the start."""
    type: Type


@dataclass(slots=True, eq=False)
class Variant:
    """One variant of an enum."""

    name: str
    values: frozenset[int] | None
    """Discriminants that mean it; None: all the others."""
    member: Member


@dataclass(slots=True, eq=False)
class Type:
    """One type. The parts are filled in on first use, for types refer to themselves."""

    kind: Kind
    name: str
    """As Rust writes it, without paths and default parameters."""
    path: str
    """Where it is defined, without parameters: ``alloc::vec::Vec``."""
    size: int
    align: int = 1
    count: int = 0
    """Elements of an array."""
    members: list[Member] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    discriminant: Member | None = None
    names: dict[int, str] = field(default_factory=dict)
    """Of a plain enum: value -> name."""
    params: dict[str, Type] = field(default_factory=dict)
    target: Type | None = None
    """What a pointer points to, or what an array holds."""

    def member(self, name: str) -> Member | None:
        """Return a field by its name."""
        return next((member for member in self.members if member.name == name), None)

    @property
    def last(self) -> str:
        """Last part of the path: ``Vec``."""
        return self.path.rpartition("::")[2]

    @property
    def is_copy(self) -> bool:
        """Whether the debug info alone tells that values are copied, never moved."""
        if self.kind in {Kind.UNSIGNED, Kind.SIGNED, Kind.BOOL, Kind.CHAR, Kind.FLOAT, Kind.UNIT}:
            return True
        if self.kind is Kind.POINTER or self.is_fat:
            return not (self.name.startswith("&mut ") or self.path == "alloc::boxed::Box")
        if self.kind is Kind.ARRAY:
            return self.target is not None and self.target.is_copy
        if self.kind is Kind.STRUCT and self.name.startswith("("):
            return all(member.type.is_copy for member in self.members)
        return False

    @property
    def is_fat(self) -> bool:
        """Whether it is a pointer with a length or a vtable beside it."""
        names = {member.name for member in self.members}
        return self.kind is Kind.STRUCT and names in ({"data_ptr", "length"}, {"pointer", "vtable"})


def short_name(name: str) -> str:
    """Write a type's name as authors do: no paths, no allocator, no hasher."""
    before = None
    while before != name:
        before = name
        name = _PATH.sub("", name)
    name = _DEFAULTS.sub("", name)
    name = _FUNCTIONS.sub(_function_text, name)
    name = re.sub(r"\{closure_env#\d+\}(<.*>)?", "closure", name)
    return re.sub(r"\{(async_(?:fn|block|closure))_env#\d+\}(<.*>)?", lambda found: found[1].replace("_", " "), name)


def _function_text(found: re.Match[str]) -> str:
    """Write ``Fn<(i32), Output=i32>`` as ``Fn(i32) -> i32``."""
    result = f" -> {found[3]}" if found[3] and found[3] != "()" else ""
    return f"{found[1]}({found[2].rstrip(',')}){result}"


class Types:
    """The types of a program, by the place of their entry."""

    def __init__(self, dies: Dies) -> None:
        self.dies = dies
        self._known: dict[int, Type] = {}
        self.unit = Type(Kind.UNIT, "()", "()", 0)

    def of(self, die: Die) -> Type:
        """Return the type that an entry (a variable, a member) has."""
        return self.at(self.dies.origin(die).number("type") or die.number("type"))

    def at(self, offset: int | None) -> Type:
        """Return the type whose entry is at an offset of ``.debug_info``."""
        if offset is None:
            return self.unit
        known = self._known.get(offset)
        if known is not None:
            return known
        die = self.dies.by_offset.get(offset)
        if die is None:
            return Type(Kind.UNKNOWN, "a type without debug info", "", 0)
        made = self._known[offset] = self._start(die)
        self._fill(made, die)
        return made

    def _start(self, die: Die) -> Type:
        name = die.text("name")
        size = die.number("byte_size") or 0
        path = _path_of(die)
        made = Type(_kind_of(die), short_name(name) or die.tag.replace("_type", ""), path, size)
        made.align = die.number("alignment") or 1
        if made.kind in {Kind.UNSIGNED, Kind.SIGNED, Kind.FLOAT, Kind.CHAR, Kind.BOOL}:
            made.align = max(1, min(size, 16))
        if made.kind is Kind.POINTER:
            made.size, made.align = size or 8, 8
            if not name:
                made.name = "pointer"
        return made

    def _fill(self, made: Type, die: Die) -> None:
        if made.kind is Kind.POINTER:
            made.target = self.at(die.number("type"))
            if made.target.kind is Kind.FUNCTION:
                made.path = "fn"
        elif made.kind is Kind.ARRAY:
            self._fill_array(made, die)
        elif made.kind is Kind.PLAIN_ENUM:
            base = self.at(die.number("type"))
            made.discriminant = Member("", 0, base)
            made.names = {
                (child.number("const_value") or 0) & ((1 << 8 * made.size) - 1): child.text("name")
                for child in die.children
                if child.tag == "enumerator"
            }
        else:
            self._fill_members(made, die)

    def _fill_array(self, made: Type, die: Die) -> None:
        made.target = self.at(die.number("type"))
        for child in die.children:
            if child.tag == "subrange_type":
                upper = child.number("upper_bound")
                count = child.number("count")
                made.count = count if count is not None else upper + 1 if upper is not None else 0
        made.size = made.count * made.target.size
        made.align = made.target.align
        made.name = f"[{made.target.name}; {made.count}]"

    def _fill_members(self, made: Type, die: Die) -> None:
        for child in die.children:
            if child.tag == "member":
                made.members.append(self._member(child))
            elif child.tag == "template_type_parameter":
                made.params[child.text("name")] = self.at(child.number("type"))
            elif child.tag == "variant_part":
                self._fill_variants(made, child)
        made.members.sort(key=_order)
        if made.name.startswith("(") and len(made.members) == 1 and not made.name.endswith(",)"):
            made.name = f"{made.name[:-1]},)"

    def _member(self, die: Die) -> Member:
        name = die.text("name").removeprefix("_ref__")
        return Member(name, die.number("data_member_location") or 0, self.at(die.number("type")))

    def _fill_variants(self, made: Type, part: Die) -> None:
        discriminant = part.number("discr")
        for child in part.children:
            if child.tag == "member" and child.offset == discriminant:
                made.discriminant = self._member(child)
        for child in part.children:
            member = next((found for found in child.children if found.tag == "member"), None)
            if child.tag != "variant" or member is None:
                continue
            value = child.number("discr_value")
            if value is not None and made.discriminant is not None:
                value &= (1 << 8 * made.discriminant.type.size) - 1
            inner = self._member(member)
            made.variants.append(Variant(inner.name, None if value is None else frozenset({value}), inner))


def _order(member: Member) -> int:
    """Tuples in order of their numbers; structs stay as declared: debug info has that order."""
    digits = member.name.removeprefix("__")
    return int(digits) if digits.isdecimal() else 0


def _kind_of(die: Die) -> Kind:
    if die.tag == "base_type":
        return _base_kind(die)
    if die.tag == "structure_type":
        return Kind.ENUM if any(child.tag == "variant_part" for child in die.children) else Kind.STRUCT
    return {
        "pointer_type": Kind.POINTER,
        "subroutine_type": Kind.FUNCTION,
        "array_type": Kind.ARRAY,
        "enumeration_type": Kind.PLAIN_ENUM,
        "union_type": Kind.UNION,
    }.get(die.tag, Kind.UNKNOWN)


def _base_kind(die: Die) -> Kind:
    encoding = die.number("encoding")
    if die.text("name") in {"()", "!"}:
        return Kind.UNIT
    for kinds, kind in (
        (_UNSIGNED, Kind.UNSIGNED),
        (_SIGNED, Kind.SIGNED),
        (_BOOL, Kind.BOOL),
        (_FLOAT, Kind.FLOAT),
        (_CHAR, Kind.CHAR),
    ):
        if encoding in kinds:
            return kind
    return Kind.UNKNOWN


def _path_of(die: Die) -> str:
    """Path without parameters; pointers carry theirs in their name."""
    name = die.text("name").partition("<")[0]
    parts = [name]
    parent = die.parent
    while parent is not None and parent.tag in {"namespace", "structure_type", "subprogram"}:
        parts.append(parent.text("name").partition("<")[0])
        parent = parent.parent
    return "::".join(reversed([part for part in parts if part]))
