"""Values in memory to words and pointers. What the debug info does not tell is shown as bytes, never guessed.

The layout of std's own types is read from their debug info by the names of their fields; where a name is missing the
type is shown as the plain struct that it is. Those types are in ``collections.py`` and ``shared.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from heapledger.measure.snapshot.numbers import bytes_text, char_text, float_text, str_text
from heapledger.measure.snapshot.raw import Memory
from heapledger.measure.snapshot.types import Kind, Member, Type
from heapledger.model_snapshot import NO_MEMORY

MAX_DEPTH = 8
"""How deep a value is written out."""
MAX_STRING = 48
"""Bytes of a text that are shown."""
WALKED = 4096
"""Most elements of one value whose pointers are followed."""


@dataclass(frozen=True, slots=True)
class View:
    """What a pointer knows about its target."""

    form: str
    """``elements``, ``str``, ``counted`` (of ``Rc`` and ``Arc``), ``ring``, ``table``, ``tree``, ``function``."""
    type: Type
    """Type of one element, or of the node."""
    count: int
    """Elements that hold values."""
    room: int
    """Elements that there is room for."""
    extra: int = 0
    """``ring``: index of the first element; ``tree``: height; ``counted``: offset of the value; ``table``: buckets."""
    start: int = 0
    """``table``: address that the buckets are counted from, in the middle of the block."""
    label: str = ""
    """Name of the whole, where it is not that of the type."""


@dataclass(frozen=True, slots=True)
class Found:
    """A pointer in a value."""

    path: str
    address: int
    owns: bool
    view: View | None
    note: str = ""
    """Why it points to nothing; empty for a real pointer."""
    valid: bool = False
    """A reference: Rust promises that its target is there."""


@dataclass(slots=True)
class Decoded:
    """A value in words."""

    text: str
    variant: str | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    pointers: list[Found] = field(default_factory=list)


Handler = Callable[["Decoder", Type, int, str, int], Decoded | None]
"""Decodes a type of std: (decoder, type, address, path, depth); None: it is not as expected, show it plainly."""

FormHandler = Callable[["Decoder", View, int, str, int], Decoded]
"""Decodes what a pointer leads to: (decoder, view, address, path, depth)."""


class Decoder:
    """Decodes values of one stopped program."""

    def __init__(
        self,
        memory: Memory,
        vtables: dict[int, Type],
        describe: Callable[[int], str],
        handlers: dict[str, Handler],
        forms: dict[str, FormHandler],
        max_items: int,
    ) -> None:
        """Make it.

        :param vtables: concrete type by the address of its vtable.
        :param describe: names the place that an address is in.
        :param handlers: types of std by their path.
        :param forms: targets of pointers that are more than elements, by :attr:`View.form`.
        """
        self.memory = memory
        self.vtables = vtables
        self.describe = describe
        self.handlers = handlers
        self.forms = forms
        self.max_items = max_items
        self._entered: set[tuple[int, int]] = set()

    def value(self, kind: Type, address: int, path: str = "", depth: int = 0) -> Decoded:
        """Decode the value of a type at an address."""
        if depth > MAX_DEPTH:
            return Decoded("…")
        if self.memory.read(address, kind.size) is None:
            return Decoded(f"not read ({kind.size:,} bytes)")
        mark = (id(kind), address)
        if mark in self._entered:
            return Decoded("… (itself)")
        self._entered.add(mark)
        try:
            handler = self.handlers.get(kind.path)
            found = handler(self, kind, address, path, depth) if handler is not None else None
            return found if found is not None else self._plain(kind, address, path, depth)
        finally:
            self._entered.discard(mark)

    def elements(
        self, kind: Type, address: int, indices: Iterator[int] | range, path: str, depth: int
    ) -> tuple[list[str], list[Found]]:
        """Decode elements of an array: the text of the first ones, the pointers of all."""
        texts: list[str] = []
        pointers: list[Found] = []
        for number, index in enumerate(indices):
            if number >= (WALKED if may_point(kind) else self.max_items):
                break
            one = self.value(kind, address + index * kind.size, f"{path}[{number}]", depth + 1)
            if number < self.max_items:
                texts.append(one.text)
            pointers += one.pointers
        return texts, pointers

    def listed(self, texts: list[str], count: int) -> str:
        """Write a list, cut after the most items to show."""
        left = count - len(texts)
        more = [f"… {left:,} more"] if left > 0 else []
        return f"[{', '.join([*texts, *more])}]"

    def pointee(self, view: View | None, address: int, depth: int) -> str:
        """Write what a pointer points to."""
        if view is None:
            return self.describe(address)
        return self.viewed(view, address, "", depth + 1).text

    def viewed(self, view: View, address: int, path: str, depth: int) -> Decoded:
        """Decode what stands at an address, as a pointer to it sees it."""
        if view.form == "str":
            data = self.memory.read(address, min(view.count, MAX_STRING + 4))
            return Decoded("not read" if data is None else str_text(data, view.count, MAX_STRING))
        if view.form == "function":
            return Decoded(self.describe(address))
        if view.form == "elements" and view.label != "list":
            return self.value(view.type, address, path, depth)
        handler = self.forms.get(view.form)
        if handler is not None:
            return handler(self, view, address, path, depth)
        indices = range(view.count)
        if view.form == "ring" and view.room:
            indices = [(view.extra + index) % view.room for index in range(view.count)]  # type: ignore[assignment]
        texts, pointers = self.elements(view.type, address, indices, path, depth)
        return Decoded(self.listed(texts, view.count), pointers=pointers)

    def unsigned(self, kind: Type, address: int) -> int:
        """Read a number that is known to be readable."""
        return int.from_bytes(self.memory.read(address, kind.size) or b"", "little")

    def _plain(self, kind: Type, address: int, path: str, depth: int) -> Decoded:
        if kind.kind is Kind.POINTER:
            return self._pointer(kind, address, path, depth)
        if kind.is_fat:
            return self._fat(kind, address, path, depth)
        if kind.kind is Kind.ARRAY and kind.target is not None:
            texts, pointers = self.elements(kind.target, address, range(kind.count), path, depth)
            return Decoded(self.listed(texts, kind.count), pointers=pointers)
        if kind.kind is Kind.STRUCT:
            return self._struct(kind, kind.name.partition("<")[0], address, path, depth)
        if kind.kind is Kind.ENUM:
            return self._enum(kind, address, path, depth)
        return Decoded(self._scalar(kind, address))

    def _scalar(self, kind: Type, address: int) -> str:
        data = self.memory.read(address, kind.size) or b""
        number = int.from_bytes(data, "little", signed=kind.kind is Kind.SIGNED)
        if kind.kind in {Kind.UNSIGNED, Kind.SIGNED}:
            return str(number)
        if kind.kind is Kind.CHAR:
            return char_text(number)
        if kind.kind is Kind.FLOAT and kind.size in {4, 8}:
            return float_text(data)
        if kind.kind is Kind.UNIT:
            return kind.name
        if kind.kind in {Kind.BOOL, Kind.PLAIN_ENUM}:
            names = kind.names if kind.kind is Kind.PLAIN_ENUM else {0: "false", 1: "true"}
            return names.get(number, f"no value of {kind.name} ({number})")
        return f"{kind.name} ({kind.size} bytes: {bytes_text(data)})"

    def _struct(self, kind: Type, name: str, address: int, path: str, depth: int) -> Decoded:
        parts = []
        pointers: list[Found] = []
        for member in kind.members:
            shown = plain_name(member)
            one = self.value(member.type, address + member.offset, join(path, shown), depth + 1)
            parts.append((shown, one.text))
            pointers += one.pointers
        return Decoded(_struct_text(name, parts), fields=parts, pointers=pointers)

    def _enum(self, kind: Type, address: int, path: str, depth: int) -> Decoded:
        number = 0
        if kind.discriminant is not None:
            number = self.unsigned(kind.discriminant.type, address + kind.discriminant.offset)
        exact = [one for one in kind.variants if one.values is not None and number in one.values]
        other = [one for one in kind.variants if one.values is None]
        if not exact and not other:
            data = self.memory.read(address, kind.size) or b""
            return Decoded(f"no variant of {kind.name} (discriminant {number}, bytes {bytes_text(data)})")
        chosen = (exact or other)[0]
        name = chosen.name if not chosen.name.isdecimal() else chosen.member.type.last
        at = address + chosen.member.offset
        found = self._struct(chosen.member.type, name, at, path, depth)
        found.variant = name
        return found

    def _pointer(self, kind: Type, address: int, path: str, depth: int) -> Decoded:
        target = self.unsigned(kind, address)
        at = path or "ptr"
        if kind.path == "fn":
            view = View("function", kind, 1, 1)
            return Decoded(self.describe(target), pointers=[Found(at, target, owns=False, view=view)])
        pointed = kind.target
        owns = kind.path == "alloc::boxed::Box"
        view_of = View("elements", pointed, 1, 1) if pointed is not None and pointed.size else None
        if target == 0:
            return Decoded("null", pointers=[Found(at, 0, owns=False, view=None, note="null")])
        if pointed is not None and not pointed.size and pointed.kind is not Kind.UNKNOWN:
            note = "dangling: a value of no size needs no memory"
            shown = self.value(pointed, target, "", depth + 1).text if owns or kind.name.startswith("&") else note
            return Decoded(shown, pointers=[Found(at, target, owns=False, view=None, note=note)] if owns else [])
        follows = owns or kind.name.startswith("&")
        text = self.pointee(view_of, target, depth) if follows else self.describe(target)
        valid = kind.name.startswith("&")
        return Decoded(text, pointers=[Found(at, target, owns=owns, view=view_of, valid=valid)])

    def _fat(self, kind: Type, address: int, path: str, depth: int) -> Decoded:
        """A pointer with a length, or with a vtable."""
        data, meta = kind.members[0], kind.members[1]
        if meta.name not in {"length", "vtable"}:
            data, meta = meta, data
        target, extra = (self.unsigned(member.type, address + member.offset) for member in (data, meta))
        owns = kind.path == "alloc::boxed::Box"
        follows = owns or kind.name.startswith("&")
        if meta.name == "vtable":
            return self._trait_object(kind, target, extra, path, depth, owns=owns)
        name = kind.name.removeprefix("Box<").lstrip("&*").removeprefix("mut ").removeprefix("const ")
        element = data.type.target
        fields = [("length", str(extra))]
        at = join(path, "data_ptr")
        if element is None:
            return Decoded(self.describe(target), fields=fields, pointers=[Found(at, target, owns=False, view=None)])
        form = "str" if name.startswith("str") else "elements"
        view = View(form, element, extra, extra, label="list")
        if extra * element.size == 0:
            text = '""' if form == "str" else self.viewed(view, target, "", depth + 1).text
            note = NO_MEMORY if owns else "no bytes: its length is 0"
            return Decoded(text, fields=fields, pointers=[Found(at, target, owns=False, view=None, note=note)])
        text = self.viewed(view, target, "", depth + 1).text if follows else self.describe(target)
        valid = kind.name.startswith("&")
        return Decoded(text, fields=fields, pointers=[Found(at, target, owns=owns, view=view, valid=valid)])

    def _trait_object(self, kind: Type, target: int, vtable: int, path: str, depth: int, *, owns: bool) -> Decoded:
        concrete = self.vtables.get(vtable)
        pointers = [Found(join(path, "vtable"), vtable, owns=False, view=None)]
        at = join(path, "pointer")
        if concrete is None:
            size = self.memory.unsigned(vtable + 8)
            shown = f"a type without debug info, {size:,} bytes" if size is not None else "a type that is not known"
            return Decoded(shown, pointers=[Found(at, target, owns=owns, view=None), *pointers])
        fields = [("concrete type", concrete.name)]
        if not concrete.size:
            note = "dangling: a value of no size needs no memory"
            text = self.value(concrete, target, "", depth + 1).text
            return Decoded(
                text, fields=fields, pointers=[Found(at, target, owns=False, view=None, note=note), *pointers]
            )
        view = View("elements", concrete, 1, 1)
        follows = owns or kind.name.startswith("&")
        text = self.pointee(view, target, depth) if follows else self.describe(target)
        return Decoded(text, fields=fields, pointers=[Found(at, target, owns=owns, view=view), *pointers])


def may_point(kind: Type, depth: int = 0) -> bool:
    """Whether a value of a type can hold pointers."""
    if depth > MAX_DEPTH or kind.kind is Kind.POINTER:
        return True
    inner = [member.type for member in kind.members] + [variant.member.type for variant in kind.variants]
    if kind.kind is Kind.ARRAY and kind.target is not None:
        inner.append(kind.target)
    return any(may_point(one, depth + 1) for one in inner)


def plain_name(member: Member) -> str:
    """Name of a field as authors write it: ``0`` for the first of a tuple."""
    return member.name.removeprefix("__") if member.name.removeprefix("__").isdecimal() else member.name


def join(path: str, name: str) -> str:
    """Add a field to a path."""
    return f"{path}.{name}" if path else name


def _struct_text(name: str, parts: list[tuple[str, str]]) -> str:
    if not parts:
        return name
    if all(shown.isdecimal() for shown, _ in parts):
        inner = ", ".join(text for _, text in parts)
        if name.startswith("("):
            return f"({inner},)" if len(parts) == 1 else f"({inner})"
        return f"{name}({inner})"
    return f"{name} {{ {', '.join(f'{shown}: {text}' for shown, text in parts)} }}"
