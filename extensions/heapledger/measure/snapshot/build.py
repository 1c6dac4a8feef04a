"""From a stopped program to a :class:`Snapshot`: frames, blocks and statics, and who points to whom."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from heapledger.measure.snapshot.blocks import LiveBlock
from heapledger.measure.snapshot.frames import Slot
from heapledger.measure.snapshot.places import Places, Target
from heapledger.measure.snapshot.raw import Memory
from heapledger.measure.snapshot.types import Kind, Type
from heapledger.measure.snapshot.values import Decoded, Decoder, Found, View, may_point
from heapledger.model_snapshot import (
    Block,
    BlockState,
    Field,
    Frame,
    Owner,
    Pointer,
    Static,
    Variable,
    VariableState,
)

MAX_BLOCKS = 64
"""Blocks of one snapshot that are kept; the ones that variables lead to come first."""
MAX_VARIABLES = 200
SHOWN = frozenset({VariableState.LIVE})
"""States in which a variable's bytes are its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the compiler and the source tell about the variables of one frame."""

    authored: Callable[[Slot], bool]
    """Whether the author wrote the variable; the others (``iter`` of a ``for``) keep blocks alive, unseen."""
    state: Callable[[Slot], VariableState]
    note: Callable[[Slot], str]
    """What there is to say about a variable that may hold no value: ``moved in part``."""
    line: int | None
    """Line of the frame in the snippet's source."""
    source_line: Callable[[int], int | None]


@dataclass(slots=True)
class _Node:
    """A live block while it is looked at."""

    block: LiveBlock
    view: View | None = None
    owned: bool = False
    """The view comes from an owner."""
    reached: bool = False
    rank: int = 0
    """How soon it was reached: what variables lead to comes first."""
    decoded: Decoded | None = None


class Builder:
    """Builds the parts of one snapshot."""

    def __init__(
        self, places: Places, decoder: Decoder, memory: Memory, known: Mapping[int, Known], *, complete: bool
    ) -> None:
        """Make it.

        :param known: by the index of the call.
        :param complete: whether the run came to its end, so that what is never freed is known.
        """
        self.places = places
        self.decoder = decoder
        self.memory = memory
        self.known = known
        self.complete = complete
        self.nodes = {block.number: _Node(block) for block in places.heap.blocks if block.number}
        self.owners: dict[int, list[Owner]] = {}
        self._queue: deque[int] = deque()
        self._followed = 0
        self._temporaries: set[int] = set()

    def build(self) -> tuple[tuple[Frame, ...], tuple[Block, ...], int, tuple[Static, ...]]:
        """Return frames, blocks, how many blocks are left out, and statics."""
        decoded = self._decode_variables()
        declared = [self._decode_static(index) for index in range(len(self.places.statics))]
        for pointers, owner in [*self._roots(decoded), *declared]:
            for found in pointers:
                self._reach(found, owner)
        self._follow()
        self._scan()
        frames = tuple(self._frame(index, decoded) for index in range(len(self.places.calls)))
        kept = self._kept()
        blocks = tuple(self._block(self.nodes[number]) for number in sorted(kept))
        return frames, blocks, len(self.nodes) - len(kept), self._statics()

    def _decode_variables(self) -> dict[tuple[int, int], Decoded]:
        found = {}
        for frame, call in enumerate(self.places.calls):
            for index, slot in enumerate(call.slots[:MAX_VARIABLES]):
                if slot.address is not None and self._state(frame, index) in SHOWN:
                    found[frame, index] = self.decoder.value(slot.type, slot.address)
        return found

    def _state(self, frame: int, index: int) -> VariableState:
        slot = self.places.calls[frame].slots[index]
        known = self.known[frame]
        state = known.state(slot) if known.authored(slot) else VariableState.LIVE
        return VariableState.OPTIMIZED_OUT if state is VariableState.LIVE and slot.address is None else state

    def _shadowed(self, frame: int, index: int) -> bool:
        slots = self.places.calls[frame].slots
        return any(slot.name == slots[index].name for slot in slots[index + 1 :])

    def _roots(self, decoded: Mapping[tuple[int, int], Decoded]) -> list[tuple[list[Found], Owner | None]]:
        roots: list[tuple[list[Found], Owner | None]] = []
        for (frame, index), value in decoded.items():
            authored = self.known[frame].authored(self.places.calls[frame].slots[index])
            owner = Owner(frame=frame, variable=self._variable_id(frame, index)) if authored else None
            roots.append((value.pointers, owner))
        return roots

    def _variable_id(self, frame: int, index: int) -> int:
        slots = self.places.calls[frame].slots[:index]
        return sum(self.known[frame].authored(slot) for slot in slots)

    def _decode_static(self, index: int) -> tuple[list[Found], Owner | None]:
        static = self.places.statics[index]
        if static.type is None:
            return [], None
        return self.decoder.value(static.type, static.address).pointers, Owner(static=static.id)

    def _reach(self, found: Found, owner: Owner | None) -> None:
        """Follow one pointer to its block; an owner's view of the block wins over a borrower's."""
        if found.note:
            return
        target = self.places.find(found.address, found.view)
        if target.static is not None and target.static.view is None and target.offset == 0:
            target.static.view = found.view
        if target.block is None:
            if found.valid and found.view is not None and target.unknown and found.address not in self._temporaries:
                self._temporaries.add(found.address)
                for inner in self.decoder.viewed(found.view, found.address, "", 0).pointers:
                    self._reach(inner, None)
            return
        node = self.nodes[target.block.number]
        if found.owns and owner is not None and owner not in self.owners.setdefault(target.block.number, []):
            self.owners[target.block.number].append(owner)
        starts = target.offset == 0 or (found.view is not None and found.view.form == "table")
        better = found.view is not None and starts and (node.view is None or (found.owns and not node.owned))
        if better:
            node.view, node.owned = found.view, found.owns
        if better or not node.reached:
            node.rank = node.rank or len(self._queue) + self._followed + 1
            node.reached = True
            self._queue.append(target.block.number)

    def _follow(self) -> None:
        """Decode reached blocks and follow what they hold; what owners lead to is looked at before the rest."""
        while self._queue:
            number = self._queue.popleft()
            self._followed += 1
            node = self.nodes[number]
            if node.view is None:
                continue
            address = node.block.address
            node.decoded = self.decoder.viewed(node.view, address, "", 0)
            for found in node.decoded.pointers:
                self._reach(found, Owner(block=number) if node.owned else None)

    def _scan(self) -> None:
        """Reach, without arrows, what pointers in opaque places may keep: statics, thread-locals, untyped blocks."""
        pending = [
            self.memory.read(region.start, len(region.data)) or b""
            for region in self.memory.regions
            if region.kind == "program" and region.writable
        ]
        if self.places.tls and self.places.image.tls_bytes:
            size = self.places.image.tls_bytes
            pending.append(self.memory.read(self.places.tls - size, size) or b"")
        scanned: set[int] = set()
        while True:
            for data in pending:
                self._scan_bytes(data)
            self._follow()
            opaque = [
                number
                for number, node in self.nodes.items()
                if node.reached and number not in scanned and (node.view is None or _is_opaque(node.view))
            ]
            if not opaque:
                return
            scanned.update(opaque)
            pending = [self._bytes_of(number) for number in opaque]

    def _bytes_of(self, number: int) -> bytes:
        block = self.nodes[number].block
        return self.memory.read(block.address, block.size) or b""

    def _scan_bytes(self, data: bytes) -> None:
        usable = len(data) - len(data) % 8
        for (word,) in struct.iter_unpack("<Q", data[:usable]):
            block = self.places.heap.at(word)
            if block is not None and block.number and not self.nodes[block.number].reached:
                self.nodes[block.number].reached = True
                self._queue.append(block.number)

    def _frame(self, frame: int, decoded: Mapping[tuple[int, int], Decoded]) -> Frame:
        call, known = self.places.calls[frame], self.known[frame]
        variables: list[Variable] = []
        for index, slot in enumerate(call.slots[:MAX_VARIABLES]):
            if not known.authored(slot):
                continue
            value = decoded.get((frame, index))
            variables.append(
                Variable(
                    id=len(variables),
                    name=slot.name,
                    declared=known.source_line(slot.line) if slot.line is not None else None,
                    shadowed=self._shadowed(frame, index),
                    type=slot.type.name,
                    size=slot.type.size,
                    state=self._state(frame, index),
                    value=value.text if value is not None else known.note(slot) or None,
                    variant=value.variant if value is not None else None,
                    fields=tuple(Field(name=n, value=v) for n, v in value.fields) if value is not None else (),
                    points_to=self._pointers(value.pointers) if value is not None else (),
                )
            )
        return Frame(id=frame, function=call.function, line=known.line, variables=tuple(variables))

    def _pointers(self, found: list[Found]) -> tuple[Pointer, ...]:
        return tuple(self._pointer(one) for one in found[: 4 * self.decoder.max_items])

    def _pointer(self, found: Found) -> Pointer:
        if found.note:
            return Pointer(field=found.path, unknown=found.note, offset=0, owns=False)
        target = self.places.find(found.address, found.view)
        where: dict[str, int | str | msgspec.UnsetType] = {}
        if target.block is not None:
            where["block"] = target.block.number
        elif target.static is not None:
            where["static"] = target.static.id
        elif target.variable is not None:
            where.update(self._variable_target(target))
        else:
            where["unknown"] = target.unknown
        return Pointer(field=found.path, offset=target.offset, owns=found.owns, **where)  # type: ignore[arg-type]

    def _variable_target(self, target: Target) -> dict[str, int | str]:
        frame, index = target.variable or (0, 0)
        if not self.known[frame].authored(self.places.calls[frame].slots[index]):
            return {"unknown": f"a temporary of {self.places.calls[frame].function}"}
        return {"frame": frame, "variable": self._variable_id(frame, index)}

    def _kept(self) -> set[int]:
        """Choose blocks: as soon as variables lead to them, then leaked ones, then the rest."""

        def order(number: int) -> tuple[bool, bool, int, int]:
            node = self.nodes[number]
            return not node.rank, not self._is_leaked(number), node.rank, number

        return set(sorted(self.nodes, key=order)[:MAX_BLOCKS])

    def _is_leaked(self, number: int) -> bool:
        node = self.nodes[number]
        return self.complete and not node.reached and not node.block.ends_later

    def _block(self, node: _Node) -> Block:
        block, view = node.block, node.view
        size = view.type.size if view is not None else 0
        sized = view is not None and view.form != "tree" and size > 0
        decoded = node.decoded
        return Block(
            block=block.number,
            size=block.size,
            align=block.align,
            line=block.line,
            type=_type_of(view),
            len=view.count if view is not None and sized else None,
            spare=view.room - view.count if view is not None and sized else None,
            value=decoded.text if decoded is not None else None,
            owners=tuple(self.owners.get(block.number, ())),
            points_to=self._pointers(decoded.pointers) if decoded is not None else (),
            state=BlockState.LEAKED if self._is_leaked(block.number) else BlockState.LIVE,
        )

    def _statics(self) -> tuple[Static, ...]:
        found = []
        index = 0
        while index < len(self.places.statics):  # decoding one may find another
            static = self.places.statics[index]
            index += 1
            if static.type is not None:
                decoded = self.decoder.value(static.type, static.address)
            elif static.view is not None and static.view.form != "function":
                decoded = self.decoder.viewed(static.view, static.address, "", 0)
            else:
                decoded = None
            found.append(
                Static(
                    id=static.id,
                    symbol=static.symbol,
                    section=static.section,
                    size=static.size,
                    type=static.type.name if static.type is not None else _type_of(static.view),
                    value=decoded.text if decoded is not None else None,
                    points_to=self._pointers(decoded.pointers) if decoded is not None else (),
                )
            )
        return tuple(found)


def _type_of(view: View | None) -> str | None:
    if view is None:
        return None
    if view.form == "str":
        return "str"
    return view.label if view.label and view.label != "list" else view.type.name


def _is_opaque(view: View) -> bool:
    """Whether a block may hold pointers that decoding does not see."""
    return view.form != "tree" and _has_unknown(view.type)


def _has_unknown(kind: Type, depth: int = 0) -> bool:
    if kind.kind in {Kind.UNION, Kind.UNKNOWN} or depth > 6:
        return True
    inner = [member.type for member in kind.members] + [variant.member.type for variant in kind.variants]
    if kind.kind is Kind.ARRAY and kind.target is not None:
        inner.append(kind.target)
    return any(may_point(one) and _has_unknown(one, depth + 1) for one in inner)
