"""Finding fields of std's types by their names, through the wrappers around them."""

from __future__ import annotations

from collections.abc import Iterator

from heapledger.measure.snapshot.types import Kind, Member, Type
from heapledger.measure.snapshot.values import Decoder


def leaves(kind: Type, offset: int = 0, depth: int = 0) -> Iterator[tuple[Member, int, Type]]:
    """Return every innermost field of a struct with its offset from the start: (member, offset, type)."""
    if depth > 8:
        return
    for member in kind.members:
        at = offset + member.offset
        if member.type.kind is Kind.STRUCT and member.type.members and not member.type.is_fat:
            yield from leaves(member.type, at, depth + 1)
        else:
            yield member, at, member.type


def field_at(kind: Type, name: str, offset: int = 0, depth: int = 0) -> tuple[Type, int] | None:
    """Find a field by its name, outer ones first, and return its type and offset."""
    for member in kind.members:
        if member.name == name:
            return member.type, offset + member.offset
    if depth < 6:
        for member in kind.members:
            found = field_at(member.type, name, offset + member.offset, depth + 1)
            if found is not None:
                return found
    return None


def number_at(decoder: Decoder, kind: Type, address: int, name: str) -> int | None:
    """Read the number in a field, through wrappers such as ``Cell``."""
    found = field_at(kind, name)
    if found is None:
        return None
    inner, offset = found
    while inner.kind is Kind.STRUCT:
        step = next((member for member in inner.members if member.type.size == inner.size), None)
        if step is None:
            return None
        inner, offset = step.type, offset + step.offset
    if inner.kind not in {Kind.UNSIGNED, Kind.SIGNED, Kind.BOOL}:
        return None
    return decoder.unsigned(inner, address + offset)


def pointer_in(decoder: Decoder, kind: Type, address: int, name: str) -> int | None:
    """Read the first pointer inside a field."""
    found = field_at(kind, name)
    if found is None:
        return None
    inner, offset = found
    if inner.kind is Kind.POINTER:
        return decoder.unsigned(inner, address + offset)
    if inner.is_fat:
        member = next(one for one in inner.members if one.name in {"data_ptr", "pointer"})
        return decoder.memory.unsigned(address + offset + member.offset)
    for _, at, leaf in leaves(inner, offset):
        if leaf.kind is Kind.POINTER:
            return decoder.unsigned(leaf, address + at)
        if leaf.is_fat:
            member = next(one for one in leaf.members if one.name in {"data_ptr", "pointer"})
            return decoder.memory.unsigned(address + at + member.offset)
    return None
