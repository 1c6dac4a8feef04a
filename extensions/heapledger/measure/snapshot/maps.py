"""Maps and sets of std: the table of ``HashMap`` and the nodes of ``BTreeMap``."""

from __future__ import annotations

from heapledger.measure.snapshot.fields import number_at, pointer_in
from heapledger.measure.snapshot.types import Kind, Member, Type
from heapledger.measure.snapshot.values import WALKED, Decoded, Decoder, Found, View, join
from heapledger.model_snapshot import NO_MEMORY

_TABLE = "hashbrown::raw::RawTable"
_FREE = 0x80
"""Control bytes from here on mark buckets without an element."""


def hash_map(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``HashMap`` and ``HashSet``: the entries, sorted, for their order is random."""
    found = _inner(kind, _TABLE)
    if found is None:
        return None
    table_type, offset = found
    element = table_type.params.get("T")
    at = address + offset
    control = pointer_in(decoder, table_type, at, "ctrl")
    numbers = [number_at(decoder, table_type, at, name) for name in ("bucket_mask", "items", "growth_left")]
    if element is None or control is None or None in numbers:
        return None
    mask, items, left = (number or 0 for number in numbers)
    fields = [("len", str(items)), ("capacity", str(items + left))]
    label = f"table of {kind.name}"
    view = View("table", element, items, items + left, extra=mask + 1, start=control, label=label)
    where = join(path, "table")
    if mask == 0:
        return Decoded("{}", fields=fields, pointers=[Found(where, control, owns=False, view=None, note=NO_MEMORY)])
    text = table(decoder, view, control, "", depth + 1).text
    return Decoded(text, fields=fields, pointers=[Found(where, control, owns=True, view=view)])


def table(decoder: Decoder, view: View, address: int, path: str, depth: int) -> Decoded:
    """The elements of a table: they stand before the control bytes, the first one last."""
    del address
    control = decoder.memory.read(view.start, view.extra)
    if control is None:
        return Decoded("not read")
    texts: list[tuple[str, str]] = []
    pointers: list[Found] = []
    for index in [index for index, byte in enumerate(control) if byte < _FREE][:WALKED]:
        at = view.start - (index + 1) * view.type.size
        one = _entry(decoder, view.type, at, path, depth)
        texts.append((one.text, one.text))
        pointers += one.pointers
    shown = [text for _, text in sorted(texts, key=lambda pair: _natural(pair[0]))]
    return Decoded(_braced(decoder, shown, view.count), pointers=pointers)


def _natural(text: str) -> tuple[int, str]:
    """Order of keys: numbers by their value, the rest by text."""
    key = text.partition(":")[0]
    return (int(key), "") if key.lstrip("-").isdecimal() else (0, text)


def _entry(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded:
    """One element of a map, ``key: value``, or of a set, where the value is ``()``."""
    if not kind.name.startswith("(") or len(kind.members) != 2:
        return decoder.value(kind, address, path, depth + 1)
    key, value = kind.members
    first = decoder.value(key.type, address + key.offset, "", depth + 1)
    name = f"{path}[{first.text}]"
    pointers = [
        Found(f"{name}{'.' if one.path else ''}{one.path}", one.address, one.owns, one.view, one.note)
        for one in first.pointers
    ]
    if value.type.kind is Kind.UNIT:
        return Decoded(first.text, pointers=pointers)
    second = decoder.value(value.type, address + value.offset, name, depth + 1)
    return Decoded(f"{first.text}: {second.text}", pointers=[*pointers, *second.pointers])


def _braced(decoder: Decoder, texts: list[str], count: int) -> str:
    shown = texts[: decoder.max_items]
    more = [f"… {count - len(shown):,} more"] if count > len(shown) else []
    return f"{{{', '.join([*shown, *more])}}}"


def btree_map(decoder: Decoder, kind: Type, address: int, path: str, depth: int) -> Decoded | None:
    """``BTreeMap`` and ``BTreeSet``: the entries in order, and the node at the root."""
    found = _root(kind)
    length = number_at(decoder, kind, address, "length")
    if found is None or length is None:
        return None
    node, offset = found
    pointer = pointer_in(decoder, node, address + offset, "node")
    height = number_at(decoder, node, address + offset, "height")
    leaf = _pointed(node, "node")
    if pointer is None or height is None or leaf is None:
        return None
    fields = [("len", str(length))]
    where = join(path, "root")
    if length == 0 and pointer == 0:
        return Decoded("{}", fields=fields)
    view = View("tree", leaf, 0, 0, extra=height, label=f"node of {kind.name}")
    texts = _tree_texts(decoder, view, pointer, depth)
    text = _braced(decoder, texts, length)
    return Decoded(text, fields=fields, pointers=[Found(where, pointer, owns=True, view=view)])


def _tree_texts(decoder: Decoder, view: View, address: int, depth: int) -> list[str]:
    """The first entries below a node, in order."""
    texts: list[str] = []
    below = _edges(decoder, view, address)
    for index, one in enumerate(_entries(decoder, view.type, address, "", depth)):
        if index < len(below) and len(texts) <= decoder.max_items:
            texts += _tree_texts(decoder, below[index][1], below[index][0], depth + 1)
        texts.append(one.text)
        if len(texts) > decoder.max_items:
            return texts
    if below:
        texts += _tree_texts(decoder, below[-1][1], below[-1][0], depth + 1)
    return texts


def tree(decoder: Decoder, view: View, address: int, path: str, depth: int) -> Decoded:
    """One node: its entries, and the nodes below it."""
    entries = _entries(decoder, view.type, address, path, depth)
    pointers = [found for one in entries for found in one.pointers]
    for index, (at, below) in enumerate(_edges(decoder, view, address)):
        pointers.append(Found(f"edges[{index}]", at, owns=True, view=below))
    return Decoded(_braced(decoder, [one.text for one in entries], len(entries)), pointers=pointers)


def _entries(decoder: Decoder, leaf: Type, address: int, path: str, depth: int) -> list[Decoded]:
    length = number_at(decoder, leaf, address, "len")
    keys, values = leaf.member("keys"), leaf.member("vals")
    if length is None or keys is None or values is None or length > keys.type.count:
        return [Decoded("not read")]
    found = []
    for index in range(length):
        parts = [
            decoder.value(part, address + member.offset + index * part.size, path, depth + 1)
            for member in (keys, values)
            if (part := _initialised(member)) is not None
        ]
        is_set = len(parts) == 2 and parts[1].text in {"()", "SetValZST"}
        text = parts[0].text if is_set else ": ".join(part.text for part in parts)
        found.append(Decoded(text, pointers=[one for part in parts for one in part.pointers]))
    return found


def _initialised(member: Member) -> Type | None:
    """Type inside ``[MaybeUninit<T>; N]``."""
    element = member.type.target
    if element is None:
        return None
    inner = element.params.get("T") or next((one.type for one in element.members if one.name == "value"), None)
    return inner if inner is not None else element


def _edges(decoder: Decoder, view: View, address: int) -> list[tuple[int, View]]:
    """Address and view of the nodes below an inner node."""
    if view.extra == 0:
        return []
    parent = view.type.member("parent")
    some = next((one for one in parent.type.variants if one.name == "Some"), None) if parent is not None else None
    inner = _pointed(some.member.type, "__0") if some is not None else None
    edges = inner.member("edges") if inner is not None else None
    length = number_at(decoder, view.type, address, "len")
    if edges is None or length is None or length >= edges.type.count:
        return []
    below = View("tree", view.type, 0, 0, extra=view.extra - 1, label=view.label)
    found = []
    for index in range(length + 1):
        pointer = decoder.memory.unsigned(address + edges.offset + 8 * index)
        if pointer is not None:
            found.append((pointer, below))
    return found


def _inner(kind: Type, path: str, offset: int = 0, depth: int = 0) -> tuple[Type, int] | None:
    """Find the struct with a path among the fields of a type."""
    if kind.path == path:
        return kind, offset
    if depth < 6:
        for member in kind.members:
            found = _inner(member.type, path, offset + member.offset, depth + 1)
            if found is not None:
                return found
    return None


def _root(kind: Type, offset: int = 0, depth: int = 0) -> tuple[Type, int] | None:
    """Find what ``root: Option<NodeRef>`` holds."""
    for member in kind.members:
        if member.name == "root":
            some = next((one for one in member.type.variants if one.name == "Some"), None)
            inner = some.member.type.member("__0") if some is not None else None
            if some is None or inner is None:
                return None
            return inner.type, offset + member.offset + some.member.offset + inner.offset
        if depth < 4:
            found = _root(member.type, offset + member.offset, depth + 1)
            if found is not None:
                return found
    return None


def _pointed(kind: Type, name: str) -> Type | None:
    """What the first pointer inside a field points to."""
    member = kind.member(name)
    inner = member.type if member is not None else None
    for _ in range(4):
        if inner is None or inner.kind is Kind.POINTER:
            break
        inner = inner.members[0].type if inner.members else None
    return inner.target if inner is not None else None
