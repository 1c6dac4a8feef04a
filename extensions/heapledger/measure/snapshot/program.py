"""One program of which snapshots are taken: its debug info, read once, and the snapshots made from its stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from heapledger.measure.attribute import Attributor
from heapledger.measure.own import Own
from heapledger.measure.region import split
from heapledger.measure.snapshot.blocks import Heap
from heapledger.measure.snapshot.build import Builder, Known
from heapledger.measure.snapshot.dies import Dies
from heapledger.measure.snapshot.frames import Call, Functions, Slot, static_address
from heapledger.measure.snapshot.image import Image
from heapledger.measure.snapshot.places import KnownStatic, Places, static_name
from heapledger.measure.snapshot.raw import Memory, RawStop
from heapledger.measure.snapshot.std_types import FORMS, HANDLERS
from heapledger.measure.snapshot.types import Type, Types, short_name
from heapledger.measure.snapshot.values import Decoder
from heapledger.measure.symbols import Binary
from heapledger.measure.trace import RawEvent, RawTrace
from heapledger.model_snapshot import Snapshot, VariableState
from heapledger.toolchain.flags import SOURCE_PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What source and compiler tell about one marker."""

    line: int
    caption: str
    authored: Callable[[Slot], bool]
    """Whether the author wrote a variable with this name on this line of the program."""
    state: Callable[[Slot, int], VariableState]
    """State of a variable: (variable, index of its frame)."""
    note: Callable[[Slot, int], str]
    """What there is to say of one that may hold no value."""


class TakenProgram:
    """A compiled program, ready to have its stops decoded."""

    def __init__(self, binary: Path, image: Image, own: Own) -> None:
        """Read its debug info.

        :raises ValueError: where there is none that can be read.
        """
        self.image = image
        self.dies = Dies(binary, SOURCE_PATH)
        self.types = Types(self.dies)
        self.functions = Functions(self.dies, self.types)
        self.symbols = Binary(binary)
        self.attributor = Attributor(self.symbols, own)
        self._inside: dict[int, frozenset[int]] = {}

    def calls(self, stop: RawStop) -> tuple[Call, ...]:
        """Return the frames of the snippet's code at a stop, innermost first."""
        return tuple(self.functions.calls(stop, Memory(stop.memory)))

    def program_line(self, call: Call) -> int | None:
        """Line of the program on which a frame calls the next one."""
        if call.line is not None:
            return call.line
        for frame in self.symbols.frames_at(call.pc):
            if frame.file in self.attributor.own.files and frame.line:
                return frame.line
        return None

    def snapshot(
        self,
        stop: RawStop,
        trace: RawTrace | None,
        told: Told,
        source_line: Callable[[int], int | None],
        *,
        complete: bool,
        max_items: int,
    ) -> Snapshot:
        """Decode one stop.

        :param trace: of the same run.
        :param complete: whether that run came to its end.
        """
        memory = Memory(stop.memory)
        calls = tuple(self.functions.calls(stop, memory))
        events = trace.events if trace is not None else ()
        heap = Heap(events, self._region(trace), stop.stamp, self._line_of(source_line))
        places = Places(
            heap=heap,
            calls=calls,
            image=self.image,
            bias=stop.bias,
            tls=stop.tls,
            stacks=tuple((region.start, region.end) for region in memory.regions if region.kind == "stack"),
            traced=trace is not None,
            statics=self._declared(stop),
            named=self._vtable_names(stop),
        )
        decoder = Decoder(memory, self._vtables(stop), places.describe, HANDLERS, FORMS, max_items)
        known = {
            index: Known(
                authored=told.authored,
                state=partial(_state, told, index),
                note=partial(_note, told, index),
                line=told.line if index == 0 else self._source_line(call, source_line),
                source_line=source_line,
            )
            for index, call in enumerate(calls)
        }
        frames, blocks, left, statics = Builder(places, decoder, memory, known, complete=complete).build()
        return Snapshot(
            line=told.line,
            caption=told.caption,
            hit=stop.hit,
            thread=stop.thread,
            frames=frames,
            frames_left_out=stop.frames_left_out,
            blocks=blocks,
            blocks_left_out=left,
            statics=statics,
        )

    def _region(self, trace: RawTrace | None) -> frozenset[int]:
        if trace is None:
            return frozenset()
        known = self._inside.get(id(trace))
        if known is None:
            inside = split(trace, self.attributor).inside
            known = self._inside[id(trace)] = frozenset(event.seq for event in inside)
        return known

    def _line_of(self, source_line: Callable[[int], int | None]) -> Callable[[RawEvent], int | None]:
        def line_of(event: RawEvent) -> int | None:
            where = self.attributor.attribute(event.inner)
            return source_line(where.line) if where.line is not None else None

        return line_of

    def _source_line(self, call: Call, source_line: Callable[[int], int | None]) -> int | None:
        line = self.program_line(call)
        return source_line(line) if line is not None else None

    def _vtables(self, stop: RawStop) -> dict[int, Type]:
        found: dict[int, Type] = {}
        for die, place in self.functions.vtables:
            table = self.dies.by_offset.get(die.number("type") or -1)
            concrete = table.number("containing_type") if table is not None else None
            address = static_address(place, stop.bias, 0, 0)
            if concrete is not None and address is not None:
                found[address] = self.types.at(concrete)
        return found

    def _vtable_names(self, stop: RawStop) -> dict[int, tuple[str, int]]:
        found: dict[int, tuple[str, int]] = {}
        for die, place in self.functions.vtables:
            address = static_address(place, stop.bias, 0, 0)
            name = die.text("name").removesuffix("::{vtable}").removeprefix("<").removesuffix(">")
            if address is not None:
                found[address] = (f"vtable of {short_name(name)}", self.types.of(die).size)
        return found

    def _declared(self, stop: RawStop) -> list[KnownStatic]:
        """The snippet's own statics and thread-locals."""
        found: list[KnownStatic] = []
        seen = set()
        for die, place in self.functions.statics:
            address = static_address(place, stop.bias, stop.tls, self.image.tls_bytes)
            if address is None or address in seen:
                continue
            seen.add(address)
            kind = self.types.of(die)
            section = self._section(place)
            linkage = self.dies.origin(die).text("linkage_name")
            name = static_name(linkage, section) if linkage else die.text("name")
            found.append(KnownStatic(len(found), address, kind.size, name, section, type=kind))
        return found

    def _section(self, place: bytes) -> str:
        number = int.from_bytes(place[1:9], "little")
        if place[0] == 0x03:
            return self.image.section_at(number) or "?"
        at = self.image.tls_start + number
        return next(
            (part.name for part in self.image.tls_sections if part.start <= at < part.start + part.size), ".tbss"
        )


def _state(told: Told, frame: int, slot: Slot) -> VariableState:
    return told.state(slot, frame)


def _note(told: Told, frame: int, slot: Slot) -> str:
    return told.note(slot, frame)
