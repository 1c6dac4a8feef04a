"""The frozen records of what lies below the heap: answers about a linked program, layouts, machine code.

Units as in :mod:`heapledger.model`: sizes, offsets and alignments are bytes; lines count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found for one question, such as ``frame(main)``."""

    value: int | str | None = None
    """Bytes, a number of call sites, a section, ``present`` or ``absent``; None where there is no answer."""
    trouble: str = ""
    """Why there is no answer, or what to know about it."""


class CodeLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a function's machine code."""

    text: str
    """An instruction in Intel syntax, or a label with its colon."""
    line: int | None = None
    """Line of the snippet's source that the instruction comes from, where it can be told."""

    @property
    def is_label(self) -> bool:
        """Whether the line is a place that a jump goes to."""
        return self.text.endswith(":")


class Code(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The machine code of one function in the linked program."""

    function: str
    """The name that the author wrote."""
    symbol: str = ""
    """Its demangled name."""
    size: int = 0
    """Bytes of machine code."""
    frame: int = 0
    """Bytes of stack that its prologue takes."""
    lines: tuple[CodeLine, ...] = ()
    trouble: str = ""
    """Why there is none: it was inlined away, or there is no such function."""
    is_gone: bool = False
    """The program declares the function, but it has no code of its own."""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from the linked program without the tracer."""

    answers: Mapping[str, Answer]
    """By the text of the question."""
    codes: tuple[Code, ...]
    """In the order in which they were asked for."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that belong to one part of a value."""

    name: str
    type: str
    offset: int
    size: int


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One variant of an enum, or one state of a future."""

    name: str
    value: str
    """What the discriminant's bytes hold, as hexadecimal or ``others``; empty where nothing is stored."""
    fields: tuple[Field, ...]


class Niche(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes whose impossible values ``Option`` uses, so that it costs nothing."""

    offset: int
    size: int
    value: str
    """What the bytes hold for ``None``."""


class Layout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the values of one type lie in memory."""

    asked: str
    """The type as the author wrote it."""
    type: str = ""
    """The type as rustc names it."""
    size: int = 0
    align: int = 0
    fields: tuple[Field, ...] = ()
    """Parts of a struct, tuple, closure or union, by offset; of an enum without variants that hold something: none."""
    variants: tuple[Variant, ...] = ()
    tag: Field | None = None
    """Where the discriminant is stored; it lies inside a field where a niche holds it."""
    tag_is_niche: bool = False
    """The discriminant has no bytes of its own."""
    overlapping: bool = False
    """A union: the fields share bytes."""
    niche: Niche | None = None
    option_size: int = 0
    """Size of ``Option`` of the type, 0 for a type that cannot be named."""
    trouble: str = ""
    """Why there is no layout."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What the probe program said."""

    answers: Mapping[str, Answer]
    """By the text of the question."""
    layouts: tuple[Layout, ...]
    """In the order in which they were asked for."""
