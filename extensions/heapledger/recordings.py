"""Recordings: the last verified results as readable JSON beside the documents, for machines without rustc or debugger.

One file a document, ``ledgers/heap/vec-new.json`` for ``heap/vec-new``. A result is found by its identity: a hash of
all that the author wrote that can change it, without the toolchain, which the file names. Paths to the allocator stand
once in a file, and events refer to them by number. What timing decides is left out, so that a file changes only with
its results.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from heapledger.engine.image import ImageWork
from heapledger.engine.probe import ProbeWork
from heapledger.engine.snapshot import SnapshotTask
from heapledger.engine.task import Task
from heapledger.engine.work import Result, Results, Work
from heapledger.errors import HeapledgerError
from heapledger.model import EventKind, Ledger, Profile, Provenance, Toolchain
from heapledger.model_below import Image, Probe
from heapledger.model_snapshot import SnapshotSet
from heapledger.render.stable import stable_view
from heapledger.toolchain.find import Rustc

SCHEMA = 1
WIDTH = 110
"""Longest line before a value is broken into several."""

KINDS: Mapping[str, type[msgspec.Struct]] = {
    "ledger": Ledger,
    "image": Image,
    "probe": Probe,
    "snapshots": SnapshotSet,
}
"""Name of each kind of result in a file."""

_KIND_OF: Mapping[type, str] = {Task: "ledger", ImageWork: "image", ProbeWork: "probe", SnapshotTask: "snapshots"}


class Recordable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One result of a snippet."""

    snippet: str
    profile: Profile
    kind: str
    """One of :data:`KINDS`."""
    identity: str
    value: msgspec.Struct

    @property
    def label(self) -> str:
        """Name under which a file lists it."""
        return f"{self.snippet} {self.profile.value} {self.kind}"


class _Entry(msgspec.Struct, frozen=True):
    identity: str
    value: Any


class _File(msgspec.Struct, frozen=True):
    schema: int
    toolchain: Toolchain
    paths: list[list[str]]
    results: dict[str, _Entry]


@dataclass(frozen=True, slots=True)
class Recordings:
    """All results of a folder, by identity."""

    folder: Path
    toolchain: Toolchain | None
    """What they were measured with; None where the folder has none."""
    _entries: Mapping[tuple[str, str], Any]

    @property
    def stand_in(self) -> Rustc | None:
        """A rustc of the recorded version that cannot be run: tells editions and profiles apart as the real one did."""
        if self.toolchain is None:
            return None
        return Rustc(path="", sysroot="", toolchain=self.toolchain, verbose="recorded", fingerprint="recorded")

    def step_in(self, works: Iterable[Work], results: Results, *, missing: bool) -> int:
        """Add what is recorded: everything where no rustc is there, else only snapshots that no debugger could take.

        :returns: how many results came from recordings.
        """
        count = 0
        for work in works:
            kind = kind_of_work(work)
            known = results.of(work, KINDS[kind])
            untaken = known is not None and isinstance(known.value, SnapshotSet) and bool(known.value.missing)
            if not (untaken or (missing and known is None)):
                continue
            value = self.find(kind, work.identity)
            if value is not None:
                results.add(work.key, Result(value, Provenance.RECORDED))
                count += 1
        return count

    def find(self, kind: str, identity: str) -> msgspec.Struct | None:
        """Return a result, or None where there is none for this text: it was edited since, or never recorded."""
        value = self._entries.get((kind, identity))
        if value is None:
            return None
        try:
            return msgspec.convert(value, KINDS[kind])
        except msgspec.ValidationError as error:
            raise HeapledgerError(
                f"a recording in {self.folder} cannot be read ({error}); write it again with 'heapledger record'"
            ) from error


def kind_of_work(work: Work) -> str:
    """Return the name of a unit of work's kind of result."""
    return _KIND_OF[type(work)]


def load(folder: Path) -> Recordings:
    """Read all recordings of a folder.

    :raises HeapledgerError: where a file is damaged.
    """
    entries: dict[tuple[str, str], Any] = {}
    toolchain: Toolchain | None = None
    for path in sorted(folder.rglob("*.json")):
        try:
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise HeapledgerError(
                f"{path} is no recording ({error}); write it again with 'heapledger record'"
            ) from error
        toolchain = toolchain or file.toolchain
        for label, entry in file.results.items():
            kind = label.rpartition(" ")[2]
            entries[kind, entry.identity] = _unpack(entry.value, file, kind)
    return Recordings(folder, toolchain, entries)


def write(
    folder: Path, documents: Mapping[str, Iterable[Recordable]], toolchain: Toolchain, *, keep_others: bool = False
) -> tuple[str, ...]:
    """Write one file for each document, and remove those of documents that are gone.

    :param keep_others: leave the files of other documents as they are.
    :returns: the documents whose file changed, or came, or went.
    """
    changed = []
    wanted = _texts(folder, documents, toolchain)
    for path, (docname, text) in wanted.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(docname)
    for path in () if keep_others else sorted(folder.rglob("*.json")):
        if path not in wanted:
            path.unlink()
            changed.append(path.relative_to(folder).with_suffix("").as_posix())
    return tuple(changed)


def stale(folder: Path, documents: Mapping[str, Iterable[Recordable]], toolchain: Toolchain) -> tuple[str, ...]:
    """Return the documents whose file is not what :func:`write` would write."""
    wanted = _texts(folder, documents, toolchain)
    found = [
        docname
        for path, (docname, text) in wanted.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    gone = [
        path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.json") if path not in wanted
    ]
    return tuple(sorted([*found, *gone]))


def _texts(
    folder: Path, documents: Mapping[str, Iterable[Recordable]], toolchain: Toolchain
) -> dict[Path, tuple[str, str]]:
    """Return the name of each document and what its file should say, by the file's path."""
    known = _readable(folder)
    return {
        folder / f"{docname}.json": (docname, encode(_settled(results, known), toolchain))
        for docname, results in documents.items()
    }


def _readable(folder: Path) -> Recordings:
    """Read a folder that is about to be written or compared; one that cannot be read knows nothing."""
    try:
        return load(folder)
    except HeapledgerError:
        return Recordings(folder, None, {})


def _settled(results: Iterable[Recordable], known: Recordings) -> list[Recordable]:
    """Keep what is recorded where a result differs from it only in what timing decides, such as a peak of threads."""
    return [
        msgspec.structs.replace(one, value=_recorded(known, one, one.value)) if isinstance(one.value, Ledger) else one
        for one in results
    ]


def _recorded(known: Recordings, one: Recordable, measured: Ledger) -> Ledger:
    recorded = known.find(one.kind, one.identity) if measured.unstable else None
    if not isinstance(recorded, Ledger) or _timeless(recorded, measured) != _timeless(measured, recorded):
        return measured
    return recorded


def _timeless(ledger: Ledger, other: Ledger) -> Ledger:
    """Return a ledger without what its runs, or those of the other one, were seen to disagree on."""
    names = {*ledger.unstable, *other.unstable}
    events = stable_view(ledger).events
    if names & {"allocs", "reallocs", "bytes"}:
        events = ()
    elif names & {"frees", "live"}:  # a thread that nobody joined: how far it came
        events = tuple(msgspec.structs.replace(event, seq=0) for event in events if event.kind is not EventKind.DEALLOC)
        ledger = msgspec.structs.replace(ledger, outside=other.outside)
    totals = ledger.totals
    if totals is not None:
        totals = msgspec.structs.replace(totals, **dict.fromkeys(names, 0))
    return msgspec.structs.replace(ledger, totals=totals, events=events, unstable={})


def encode(results: Iterable[Recordable], toolchain: Toolchain) -> str:
    """Write the results of one document as JSON."""
    paths: dict[tuple[str, ...], int] = {}
    entries = {
        one.label: {"identity": one.identity, "value": _pack(one, paths)}
        for one in sorted(results, key=lambda one: one.label)
    }
    file = {
        "schema": SCHEMA,
        "toolchain": msgspec.to_builtins(toolchain),
        "paths": [list(path) for path in paths],
        "results": entries,
    }
    return pretty(file) + "\n"


def _pack(one: Recordable, paths: dict[tuple[str, ...], int]) -> Any:
    value = one.value
    if not isinstance(value, Ledger):
        return msgspec.to_builtins(value)
    packed = msgspec.to_builtins(stable_view(value))
    del packed["toolchain"]
    for event in packed["events"]:
        event["path"] = paths.setdefault(tuple(event["path"]), len(paths))
    return packed


def _unpack(value: Any, file: _File, kind: str) -> Any:
    if kind == "ledger":
        value["toolchain"] = msgspec.to_builtins(file.toolchain)
        for event in value["events"]:
            event["path"] = file.paths[event["path"]]
    return value


def pretty(value: object, indent: str = "") -> str:
    """Write JSON with one thing a line, and short things whole."""
    short = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(short) <= WIDTH or not isinstance(value, (dict, list)):
        return short
    deeper = indent + " "
    if isinstance(value, dict):
        parts = [f"{deeper}{json.dumps(key)}: {pretty(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + indent + "}"
    return "[\n" + ",\n".join(deeper + pretty(item, deeper) for item in value) + "\n" + indent + "]"
