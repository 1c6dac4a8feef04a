"""Snapshots of one snippet: compile with stops, debug, ask the compiler what is moved, decode."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from heapledger.engine.compile import compile_program
from heapledger.engine.debugger import NoDebugger, debugger_identity, find_debugger
from heapledger.engine.snapshot_check import Answers, ask_compiler
from heapledger.engine.snapshot_run import Session, debug_program
from heapledger.engine.task import Surroundings, Task, keys_of, make_task
from heapledger.engine.work import Tools
from heapledger.measure.own import Own
from heapledger.measure.snapshot.frames import Call, Slot
from heapledger.measure.snapshot.image import Image
from heapledger.measure.snapshot.program import TakenProgram, Told
from heapledger.measure.snapshot.raw import RawStop
from heapledger.measure.trace import RawTrace
from heapledger.model import Profile
from heapledger.model_snapshot import Snapshot, SnapshotSet, VariableState
from heapledger.source import rust
from heapledger.source.bindings import Binding, declared, function_around, visible
from heapledger.source.moves import Place
from heapledger.source.program import Program
from heapledger.source.snippet import MemoryMarker
from heapledger.source.stops import Stop, find_stops, place_of_call, stopping_text
from heapledger.toolchain.flags import SOURCE_PATH
from heapledger.toolchain.tracer import tracer_digest

UNREADABLE = (ArithmeticError, LookupError, RecursionError, ValueError, struct.error)
"""What decoding may raise where memory or debug info is not as it should be: one stop is lost, not the plan."""
MAX_ITEMS = 8
"""Elements of a collection that are written out unless the snippet says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTask:
    """Take the snapshots of one program."""

    program: Program
    """Without stops."""
    markers: tuple[MemoryMarker, ...]
    max_items: int
    task: Task
    """The program as it is measured in debug; the one with stops is made from it."""
    key: str
    identity: str
    parts: Mapping[str, str] = field(compare=False, repr=False)


def make_snapshot_task(
    program: Program,
    markers: tuple[MemoryMarker, ...],
    around: Surroundings,
    *,
    timeout: float | None,
    max_items: int | None,
) -> SnapshotTask:
    """Make the task and compute its key."""
    task = make_task(program, Profile.DEBUG, around, run=True, timeout=timeout)
    items = MAX_ITEMS if max_items is None else max_items
    asked = [("markers", repr(markers).encode()), ("items", str(items).encode())]
    measuring = [
        ("tracer", tracer_digest().encode()),
        ("limits", f"{task.cpu_seconds} {task.memory_bytes}".encode()),
        ("debugger", debugger_identity().encode()),
    ]
    keys = keys_of("snapshots", program, Profile.DEBUG, around, asked=asked, measuring=measuring)
    return SnapshotTask(
        program=program,
        markers=markers,
        max_items=items,
        task=task,
        key=keys.key,
        identity=keys.identity,
        parts=keys.parts,
    )


def is_cacheable(result: SnapshotSet) -> bool:
    """Whether a result is that of the program, not of this machine at this moment."""
    return not result.missing and not result.by_limit


def perform(work: SnapshotTask, tools: Tools) -> SnapshotSet:
    """Take the snapshots of one program in a folder of its own."""
    debugger = find_debugger()
    if isinstance(debugger, NoDebugger):
        return SnapshotSet(snapshots=(), troubles=(), missing=debugger.reason)
    stops, misplaced = find_stops(work.program, work.markers)
    troubles: list[tuple[int | None, str]] = [(wrong.marker.line, wrong.reason) for wrong in misplaced]
    if not stops:
        return SnapshotSet(snapshots=(), troubles=tuple(troubles), missing="")
    with tools.folder() as folder:
        stopping = msgspec.structs.replace(work.program, text=stopping_text(work.program, stops))
        task = replace(work.task, program=stopping)
        linked = tools.tracer if stopping.traced else None
        compiled = compile_program(task, tools.rustc, linked, folder, tools.supervisor)
        if compiled.binary is None:
            first = next((message for message in compiled.diagnostics if message.level == "error"), None)
            return SnapshotSet(
                snapshots=(), troubles=(*troubles, _not_compiled(stops, first, compiled.trouble)), missing=""
            )
        try:
            image = Image(compiled.binary)
            session = debug_program(
                debugger,
                tools.supervisor,
                folder,
                compiled.binary,
                image,
                tuple(stop.marker.time for stop in stops),
                cpu_seconds=task.cpu_seconds,
                memory_bytes=task.memory_bytes,
            )
            refused = session.output.end.refused if session.output.end is not None else None
            if refused is not None:
                return SnapshotSet(snapshots=(), troubles=(), missing=_why_refused(refused))
            own = Own.of({SOURCE_PATH, folder / SOURCE_PATH, folder.resolve() / SOURCE_PATH})
            taken = TakenProgram(compiled.binary, image, own)
        except ValueError as error:
            return SnapshotSet(
                snapshots=(), troubles=(*troubles, (None, f"no snapshot could be taken: {error}")), missing=""
            )
        snapshots, unread = _Decoding(work, stops, session, taken).all(folder, tools)
        troubles += [*unread, *_missed(stops, session)]
        return SnapshotSet(snapshots=snapshots, troubles=tuple(troubles), missing="", by_limit=bool(session.ended))


def _not_compiled(stops: Sequence[Stop], error: object, trouble: str) -> tuple[int | None, str]:
    message = getattr(error, "message", "") or trouble or "rustc failed"
    line = getattr(error, "line", None)
    if any(stop.ends_value for stop in stops):
        values = next(stop for stop in stops if stop.ends_value)
        return (
            values.marker.line,
            (
                "the marker stands after the value of its block, where the program cannot stop; bind the value with "
                f"'let' and put the marker after that ({message})"
            ),
        )
    return line, f"the program does not compile with a stop at the marker: {message}"


def _why_refused(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else "no reason given"
    return (
        f"gdb may not trace programs here: {first}; allow ptrace (in containers: --cap-add=SYS_PTRACE), or build from "
        "recordings"
    )


def _missed(stops: Sequence[Stop], session: Session) -> list[tuple[int | None, str]]:
    """Say which markers have no snapshot, and why."""
    taken = {stop.marker for run in session.output.runs for stop in run}
    counts = session.output.end.counts if session.output.end is not None else ()
    signal = session.output.end.signal if session.output.end is not None else None
    found: list[tuple[int | None, str]] = []
    for number, stop in enumerate(stops):
        if number in taken:
            continue
        passed = counts[number] if number < len(counts) else 0
        wanted = stop.marker.time
        if session.ended:
            reason = f"no snapshot was taken: {session.ended}"
        elif wanted is not None and passed:
            reason = f"the program comes here {passed:,} time{'s' * (passed != 1)}, not {wanted:,}"
        elif passed:
            reason = f"the program came here {passed:,} times in the first run and not as often in the second"
        elif signal is not None:
            reason = f"the program never came here: it ended with {signal} before"
        else:
            reason = "the program never comes here"
        found.append((stop.marker.line, reason))
    return found


class _Decoding:
    """From the stops of a session to snapshots."""

    def __init__(self, work: SnapshotTask, stops: tuple[Stop, ...], session: Session, taken: TakenProgram) -> None:
        self.work = work
        self.stops = stops
        self.session = session
        self.taken = taken
        self.text = work.program.text
        self.root = rust.parse(self.text).root_node
        self.authored = declared(self.text)

    def all(self, folder: Path, tools: Tools) -> tuple[tuple[Snapshot, ...], list[tuple[int | None, str]]]:
        """Decode every stop, in order of time.

        :returns: snapshots, and for each stop that cannot be read the line of its marker and the reason.
        """
        raw = [
            (stop, trace)
            for run, trace in zip(self.session.output.runs, self.session.traces, strict=False)
            for stop in run
        ]
        calls = {id(stop): self.taken.calls(stop) for stop, _ in raw}
        places = {
            (id(stop), index): place
            for stop, _ in raw
            for index, call in enumerate(calls[id(stop)])
            if self._asks(call) and (place := self._place(stop, index, call)) is not None
        }
        told = ask_compiler(self.text, places.values(), self.work.task.edition, folder, tools)
        found = []
        unread: list[tuple[int | None, str]] = []
        for stop, trace in raw:
            here = {index: place for (of, index), place in places.items() if of == id(stop)}
            try:
                found.append(self._one(stop, trace, here, told))
            except UNREADABLE as error:
                line = self.stops[stop.marker].marker.line
                unread.append((line, f"memory there cannot be read: {type(error).__name__}: {error}"))
        return tuple(snapshot for _, snapshot in sorted(found, key=lambda pair: pair[0])), unread

    def _asks(self, call: Call) -> bool:
        return any((slot.name, slot.line) in self.authored for slot in call.slots)

    def _place(self, stop: RawStop, index: int, call: Call) -> Place | None:
        if index == 0:
            return Place(self.stops[stop.marker].at)
        line = self.taken.program_line(call)
        return place_of_call(self.text, line) if line is not None else None

    def _one(
        self, stop: RawStop, trace: RawTrace | None, places: dict[int, Place], answers: Answers
    ) -> tuple[tuple[int, int], Snapshot]:
        marker = self.stops[stop.marker].marker

        def state(slot: Slot, frame: int) -> VariableState:
            place = places.get(frame)
            found = self._state(slot, place, answers) if place is not None else None
            if found is None:
                return VariableState.LIVE if slot.type.is_copy else VariableState.MAYBE_MOVED
            return found

        def note(slot: Slot, frame: int) -> str:
            place, binding = places.get(frame), None
            if place is not None:
                binding = self._binding(slot, place)
            partly = binding is not None and place is not None and answers.is_partly_moved(place.at, binding.at)
            return "moved in part" if partly else ""

        told = Told(
            line=marker.line,
            caption=marker.caption,
            authored=lambda slot: (slot.name, slot.line) in self.authored,
            state=state,
            note=note,
        )
        ended = self.session.output.end is not None and self.session.output.end.signal is None
        snapshot = self.taken.snapshot(
            stop,
            trace,
            told,
            self.work.program.source_line,
            complete=ended,
            max_items=self.work.max_items,
        )
        return (stop.stamp, stop.marker), snapshot

    def _state(self, slot: Slot, place: Place, answers: Answers) -> VariableState | None:
        binding = self._binding(slot, place)
        return answers.state(place.at, binding.at) if binding is not None else None

    def _binding(self, slot: Slot, place: Place) -> Binding | None:
        function = function_around(self.root, place.at)
        bindings = visible(function, place.at) if function is not None else []
        return next((one for one in bindings if (one.name, one.line) == (slot.name, slot.line)), None)
