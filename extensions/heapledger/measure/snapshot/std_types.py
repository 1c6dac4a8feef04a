"""Types of std whose meaning is more than their fields: what they own, how much room there is, who shares."""

from __future__ import annotations

from heapledger.measure.snapshot import maps
from heapledger.measure.snapshot.fields import field_at, leaves, number_at, pointer_in
from heapledger.measure.snapshot.numbers import str_text
from heapledger.measure.snapshot.types import Kind, Type
from heapledger.measure.snapshot.values import (
    MAX_STRING,
    Decoded,
    Decoder,
    FormHandler,
    Found,
    Handler,
    View,
    join,
)
from heapledger.model_snapshot import NO_MEMORY

_USIZE_MAX = (1 << 64) - 1
_COUNTS = 16
"""Bytes of the two counts before the value of ``Rc`` and ``Arc``."""


def vec(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``Vec<T>``: capacity, length, and the block."""
    element = kind.params.get("T")
    pointer = pointer_in(decoder, kind, address, "buf")
    cap, length = number_at(decoder, kind, address, "cap"), number_at(decoder, kind, address, "len")
    if element is None or pointer is None or cap is None or length is None:
        return None
    view = View("elements", element, length, cap, label="list")
    at = join(path, "ptr")
    found = Found(at, pointer, owns=True, view=view)
    if element.size == 0 or cap == 0:
        cap = _USIZE_MAX if element.size == 0 else 0
        found = Found(at, pointer, owns=False, view=None, note=NO_MEMORY)
    text = decoder.viewed(view, pointer, "", depth + 1).text if length else "[]"
    return Decoded(text, fields=[("cap", str(cap)), ("len", str(length))], pointers=[found])


def string(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``String``: a ``Vec<u8>`` that is text."""
    inner = kind.member("vec")
    if inner is None:
        return None
    found = vec(decoder, inner.type, address + inner.offset, path, depth)
    if found is None:
        return None
    pointer = found.pointers[0]
    length = int(dict(found.fields)["len"])
    if length == 0:
        found.text = '""'
    else:
        data = decoder.memory.read(pointer.address, min(length, MAX_STRING + 4))
        found.text = "not read" if data is None else str_text(data, length, MAX_STRING)
    if pointer.view is not None:
        view = View("str", pointer.view.type, pointer.view.count, pointer.view.room)
        found.pointers = [Found(pointer.path, pointer.address, owns=True, view=view)]
    return found


def vec_deque(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``VecDeque<T>``: a ring."""
    element = kind.params.get("T")
    pointer = pointer_in(decoder, kind, address, "buf")
    numbers = [number_at(decoder, kind, address, name) for name in ("cap", "head", "len")]
    if element is None or pointer is None or None in numbers:
        return None
    cap, head, length = (number or 0 for number in numbers)
    view = View("ring", element, length, cap, extra=head)
    fields = [("cap", str(cap)), ("head", str(head)), ("len", str(length))]
    at = join(path, "ptr")
    if cap == 0 or element.size == 0:
        return Decoded("[]", fields=fields, pointers=[Found(at, pointer, owns=False, view=None, note=NO_MEMORY)])
    text = decoder.viewed(view, pointer, "", depth + 1).text
    return Decoded(text, fields=fields, pointers=[Found(at, pointer, owns=True, view=view)])


def inner_value(name: str) -> Handler:
    """Return a handler for a wrapper that is shown as what it holds."""

    def handle(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
        inner = kind.member(name) or kind.member("__0")
        if inner is None:
            return None
        return decoder.value(inner.type, address + inner.offset, path, depth + 1)

    return handle


def cell(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``Cell<T>``."""
    inner = kind.member("value")
    if inner is None:
        return None
    found = decoder.value(inner.type, address + inner.offset, path, depth + 1)
    return Decoded(f"Cell {{ value: {found.text} }}", fields=[("value", found.text)], pointers=found.pointers)


def ref_cell(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``RefCell<T>`` with its borrows."""
    inner = kind.member("value")
    borrow = number_at(decoder, kind, address, "borrow")
    if inner is None or borrow is None:
        return None
    signed = borrow - (1 << 64) if borrow >= 1 << 63 else borrow
    state = "not borrowed" if signed == 0 else f"borrowed {signed}×" if signed > 0 else "mutably borrowed"
    found = decoder.value(inner.type, address + inner.offset, path, depth + 1)
    text = f"RefCell {{ value: {found.text}{'' if signed >= 0 else ', mutably borrowed'} }}"
    return Decoded(text, fields=[("borrow", state), ("value", found.text)], pointers=found.pointers)


def lock(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``Mutex<T>`` and ``RwLock<T>``: the state of the lock and the data."""
    inner = kind.member("data")
    state = number_at(decoder, kind, address, "futex") if field_at(kind, "futex") else None
    poisoned = number_at(decoder, kind, address, "failed")
    if inner is None or poisoned is None:
        return None
    found = decoder.value(inner.type, address + inner.offset, join(path, "data"), depth + 1)
    fields = [("data", found.text), ("poisoned", "true" if poisoned else "false")]
    text = f"{kind.last} {{ {', '.join(f'{shown}: {value}' for shown, value in fields)}, .. }}"
    if kind.last == "Mutex" and state is not None:
        fields.insert(0, ("lock", "locked" if state else "unlocked"))
    return Decoded(text, fields=fields, pointers=found.pointers)


def counted(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``Rc``, ``Arc`` and their ``Weak``: the counts stand in the block, before the value."""
    pointer = pointer_in(decoder, kind, address, "ptr")
    if pointer is None:
        return None
    at, weak = join(path, "ptr") if path else "ptr", kind.last == "Weak"
    if weak and pointer == _USIZE_MAX:
        return Decoded("(Weak) without a block", pointers=[Found(at, pointer, owns=False, view=None, note=NO_MEMORY)])
    strong, others = decoder.memory.unsigned(pointer), decoder.memory.unsigned(pointer + 8)
    view, more = _counted_view(decoder, kind, address)
    if strong is None or others is None:
        return Decoded("not read", pointers=[Found(at, pointer, owns=False, view=None)])
    fields = [("strong", str(strong)), ("weak", str(others - 1 if strong else others)), *more]
    text = "(Weak)"
    if not weak:
        text = _counted_value(decoder, view, pointer, depth)
    return Decoded(text, fields=fields, pointers=[Found(at, pointer, owns=not weak, view=view)])


def _counted_view(decoder: Decoder, kind: Type, address: int) -> tuple[View | None, list[tuple[str, str]]]:
    """Find the value's type: in the block's type, or by the length or the vtable beside the pointer."""
    fat = next(((leaf, at) for _, at, leaf in leaves(kind) if leaf.is_fat), None)
    label = f"{'Arc' if kind.path.startswith('alloc::sync') else 'Rc'}Inner"
    if fat is None:
        thin = next((leaf for _, _, leaf in leaves(kind) if leaf.kind is Kind.POINTER), None)
        inner = thin.target if thin is not None else None
        value = (inner.member("value") or inner.member("data")) if inner is not None else None
        if value is None:
            return None, []
        return View("counted", value.type, 1, 1, extra=value.offset, label=f"{label}<{value.type.name}>"), []
    leaf, at = fat
    meta = next(member for member in leaf.members if member.name in {"length", "vtable"})
    extra = decoder.memory.unsigned(address + at + meta.offset) or 0
    if meta.name == "vtable":
        concrete = decoder.vtables.get(extra)
        if concrete is None:
            return None, []
        offset = max(_COUNTS, concrete.align)
        view = View("counted", concrete, 1, 1, extra=offset, label=f"{label}<{concrete.name}>")
        return view, [("concrete type", concrete.name)]
    is_text = "<str" in leaf.name
    element = kind.params.get("T")
    if is_text or element is None or element.kind is Kind.UNKNOWN:
        element = _element_of(leaf)
    if element is None:
        return None, [("length", str(extra))]
    name = "str" if is_text else f"[{element.name}]"
    view = View("counted", element, extra, extra, extra=max(_COUNTS, element.align), label=f"{label}<{name}>")
    return view, [("length", str(extra))]


def _element_of(leaf: Type) -> Type | None:
    """Element of a slice behind ``RcInner<[T]>``: the last field of the block's type tells."""
    data = next(member for member in leaf.members if member.name in {"data_ptr", "pointer"})
    inner = data.type.target
    if inner is None:
        return None
    value = inner.member("value") or inner.member("data")
    if value is None:
        return inner if inner.kind is not Kind.STRUCT else None
    if value.type.kind is Kind.ARRAY:
        return value.type.target
    return value.type


def _counted_value(decoder: Decoder, view: View | None, pointer: int, depth: int) -> str:
    if view is None:
        return decoder.describe(pointer)
    return decoder.viewed(_behind_counts(view), pointer + view.extra, "", depth + 1).text


def _behind_counts(view: View) -> View:
    """The value of a counted block, without the counts."""
    form = "str" if view.label.endswith("<str>") else "elements"
    is_list = view.label.endswith("]>") and view.label.partition("<")[2].startswith("[") and ";" not in view.label
    return View(form, view.type, view.count, view.room, label="list" if is_list else "")


def counted_block(decoder: Decoder, view: View, address: int, path: str, depth: int) -> Decoded:
    """The block of ``Rc`` or ``Arc``: both counts and the value."""
    strong, weak = decoder.memory.unsigned(address), decoder.memory.unsigned(address + 8)
    if strong is None or weak is None:
        return Decoded("not read")
    counts = f"strong {strong}, weak {weak - 1 if strong else weak}"
    if strong == 0:
        return Decoded(f"{counts}, the value is dropped")
    found = decoder.viewed(_behind_counts(view), address + view.extra, path or "value", depth + 1)
    return Decoded(f"{counts}, {found.text}", pointers=found.pointers)


def atomic(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """An atomic: its value. ``AtomicBool`` holds a ``u8``."""
    found = inner_value("v")(decoder, kind, address, path, depth)
    if found is not None and kind.name in {"AtomicBool", "Atomic<bool>"}:
        found.text = {"0": "false", "1": "true"}.get(found.text, found.text)
    return found


def raw_pointer(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``NonNull<T>``: as a raw pointer."""
    inner = kind.member("pointer")
    return None if inner is None else decoder.value(inner.type, address + inner.offset, path or "ptr", depth + 1)


_NUMBERS = ("I8", "I16", "I32", "I64", "I128", "Isize", "U8", "U16", "U32", "U64", "U128", "Usize")
_ATOMICS = (*_NUMBERS, "Bool", "Ptr")

HANDLERS: dict[str, Handler] = {
    "alloc::vec::Vec": vec,
    "alloc::string::String": string,
    "alloc::collections::vec_deque::VecDeque": vec_deque,
    "alloc::rc::Rc": counted,
    "alloc::rc::Weak": counted,
    "alloc::sync::Arc": counted,
    "alloc::sync::Weak": counted,
    "core::cell::Cell": cell,
    "core::cell::RefCell": ref_cell,
    "core::cell::UnsafeCell": inner_value("value"),
    "core::mem::manually_drop::ManuallyDrop": inner_value("value"),
    "core::mem::maybe_dangling::MaybeDangling": inner_value("__0"),
    "core::num::nonzero::NonZero": inner_value("__0"),
    **{f"core::num::niche_types::NonZero{name}Inner": inner_value("__0") for name in _NUMBERS},
    "core::ptr::non_null::NonNull": raw_pointer,
    "core::ptr::unique::Unique": raw_pointer,
    "core::pin::Pin": inner_value("pointer"),
    "std::sync::mutex::Mutex": lock,
    "std::sync::poison::mutex::Mutex": lock,
    "std::sync::poison::rwlock::RwLock": lock,
    "std::sync::rwlock::RwLock": lock,
    "core::sync::atomic::Atomic": atomic,
    **{f"core::sync::atomic::Atomic{name}": atomic for name in _ATOMICS},
    "std::collections::hash::map::HashMap": maps.hash_map,
    "std::collections::hash::set::HashSet": maps.hash_map,
    "alloc::collections::btree::map::BTreeMap": maps.btree_map,
    "alloc::collections::btree::set::BTreeSet": maps.btree_map,
}

FORMS: dict[str, FormHandler] = {"counted": counted_block, "table": maps.table, "tree": maps.tree}
