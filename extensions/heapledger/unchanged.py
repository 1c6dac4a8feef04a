"""What the snippets of a document came to, kept whole: where nothing changed, nothing is parsed, looked up or judged.

The results themselves are in the cache one by one. This is a second, coarser note beside them: one entry a document,
found by all that its outcomes depend on, which is every field of its snippets, the settings, the compiler, the linker,
the debugger and all of our own code.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from heapledger.engine.cache import Cache, key_of
from heapledger.engine.debugger import debugger_identity
from heapledger.engine.kinds import kind_of
from heapledger.engine.task import Surroundings, digest_of_code
from heapledger.engine.work import Results
from heapledger.model import Finding, Profile, Provenance
from heapledger.model_snapshot import SnapshotSet
from heapledger.outcome import ProfileOutcome, SnippetOutcome
from heapledger.prepare import Prepared, by_document
from heapledger.recordings import Recordable
from heapledger.source.program import Program
from heapledger.source.snippet import Snippet
from heapledger.toolchain.tracer import tracer_digest


class _Done(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One unit of work."""

    profile: Profile
    kind: str
    identity: str


class _Outcome(msgspec.Struct, frozen=True, array_like=True, gc=False):
    program: Program | None
    edition: str
    profiles: tuple[ProfileOutcome, ...]
    findings: tuple[Finding, ...]
    snapshots: SnapshotSet | None
    snapshot_key: str
    works: tuple[_Done, ...]


class _Note(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is kept of a document. Most of it would be paths of events: each stands once, and events have its number."""

    paths: tuple[tuple[str, ...], ...]
    outcomes: tuple[_Outcome, ...]


_DECODER = msgspec.json.Decoder(_Note)
_ENCODER = msgspec.json.Encoder()


class Unchanged:
    """The notes of one cache, as they hold in some surroundings."""

    def __init__(self, around: Surroundings, cache: Cache) -> None:
        self.around, self.cache = around, cache
        self._around = _digest_of(around)

    def find(self, snippets: Iterable[Snippet]) -> dict[str, tuple[SnippetOutcome, ...]]:
        """Return the outcomes of the documents in which nothing is new, in the order of their snippets."""
        found: dict[str, tuple[SnippetOutcome, ...]] = {}
        for document, some in by_document(snippets).items():
            kept = self._read(some)
            if kept is not None:
                found[document] = tuple(map(self._outcome, some, kept))
        return found

    def keep(self, prepared: Sequence[Prepared], outcomes: Sequence[SnippetOutcome], results: Results) -> None:
        """Note the outcomes of a document, if none of them is to be tried again."""
        snippets = [one.snippet for one in prepared]
        payload = _payload(prepared, outcomes) if all(_is_final(one, results) for one in prepared) else None
        if payload is None:
            self.cache.forget_document(_name(snippets))
        else:
            self.cache.write_document(_name(snippets), self._key(snippets), payload)

    def _read(self, snippets: Sequence[Snippet]) -> tuple[_Outcome, ...] | None:
        payload = self.cache.read_document(_name(snippets), self._key(snippets))
        if payload is None:
            return None
        try:
            note = _DECODER.decode(payload)
        except msgspec.DecodeError:
            return None
        return tuple(_with_paths(outcome, note.paths) for outcome in note.outcomes)

    def _key(self, snippets: Sequence[Snippet]) -> str:
        debugger = debugger_identity().encode() if any(snippet.memory for snippet in snippets) else b""
        fields = [("around", self._around), ("debugger", debugger)]
        return key_of([*fields, *(("snippet", _content(snippet)) for snippet in snippets)])

    def _outcome(self, snippet: Snippet, kept: _Outcome) -> SnippetOutcome:
        return SnippetOutcome(
            snippet=snippet,
            program=kept.program,
            edition=kept.edition,
            toolchain=self.around.rustc.toolchain,
            profiles=kept.profiles,
            findings=kept.findings,
            snapshots=kept.snapshots,
            snapshot_key=kept.snapshot_key,
            recordable=tuple(_recordables(snippet, kept)),
        )


def _name(snippets: Sequence[Snippet]) -> str:
    """Name of a document's entry. There is one, so that what it holds is what the document came to last."""
    file = Path(snippets[0].location.file).absolute()
    return hashlib.sha256(f"{file}\0{snippets[0].document}".encode(errors="surrogateescape")).hexdigest()


def _content(snippet: Snippet) -> bytes:
    """Return every field of a snippet as bytes."""
    try:
        return _ENCODER.encode(snippet)
    except UnicodeEncodeError:  # a name of a file that is no UTF-8
        return repr(snippet).encode()


def _payload(prepared: Sequence[Prepared], outcomes: Sequence[SnippetOutcome]) -> bytes | None:
    """Return what is kept of a document, or None where it cannot be written: a finding may name a file as above."""
    numbers: dict[tuple[str, ...], int] = {}
    kept = tuple(_kept(*pair, numbers) for pair in zip(prepared, outcomes, strict=True))
    try:
        return _ENCODER.encode(_Note(tuple(numbers), kept))
    except UnicodeEncodeError:
        return None


def _is_final(one: Prepared, results: Results) -> bool:
    """Whether every result of a snippet is there, and none depends on how busy this machine was."""
    for work in one.all_work():
        kind = kind_of(work)
        found = results.of(work, kind.result)
        if found is None or found.value is None or not kind.is_cacheable(found.value):
            return False
        if found.provenance is Provenance.RECORDED:
            return False
    return True


def _kept(one: Prepared, outcome: SnippetOutcome, numbers: dict[tuple[str, ...], int]) -> _Outcome:
    """Return what is kept of an outcome.

    :param numbers: of all paths of the document; new ones are entered.
    """

    def numbered(path: tuple[str, ...]) -> tuple[str, ...]:
        return (str(numbers.setdefault(path, len(numbers))),)

    return _Outcome(
        program=outcome.program,
        edition=outcome.edition,
        profiles=tuple(_moved(_from_the_cache(profile), numbered) for profile in outcome.profiles),
        findings=outcome.findings,
        snapshots=outcome.snapshots,
        snapshot_key=outcome.snapshot_key,
        works=tuple(
            _Done(profile=Profile(asked[2]), kind=asked[3], identity=work.identity) for asked, work in one.asked()
        ),
    )


def _from_the_cache(outcome: ProfileOutcome) -> ProfileOutcome:
    provenance = Provenance.CACHED if outcome.provenance is not None else None
    return msgspec.structs.replace(outcome, provenance=provenance)


def _with_paths(outcome: _Outcome, paths: Sequence[tuple[str, ...]]) -> _Outcome:
    """Give the events of an outcome their paths back."""
    profiles = tuple(_moved(profile, lambda number: paths[int(number[0])]) for profile in outcome.profiles)
    return msgspec.structs.replace(outcome, profiles=profiles)


def _moved(outcome: ProfileOutcome, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> ProfileOutcome:
    """Return an outcome with other paths in its events."""
    ledger = outcome.ledger
    if ledger is None or not ledger.events:
        return outcome
    events = tuple(msgspec.structs.replace(event, path=change(event.path)) for event in ledger.events)
    return msgspec.structs.replace(outcome, ledger=msgspec.structs.replace(ledger, events=events))


def _recordables(snippet: Snippet, kept: _Outcome) -> Iterable[Recordable]:
    values: dict[tuple[Profile, str], msgspec.Struct | None] = {(Profile.DEBUG, "snapshots"): kept.snapshots}
    for one in kept.profiles:
        values |= {(one.profile, "ledger"): one.ledger, (one.profile, "image"): one.below.image}
        values[one.profile, "probe"] = one.below.probe
    for done in kept.works:
        value = values[done.profile, done.kind]
        if value is not None:
            yield Recordable(
                snippet=snippet.id, profile=done.profile, kind=done.kind, identity=done.identity, value=value
            )


def _digest_of(around: Surroundings) -> bytes:
    """Hash of all but the snippets that outcomes depend on."""
    rustc = around.rustc
    fields = [
        ("heapledger", digest_of_code(".").encode()),  # whatever judges or joins may change an outcome
        ("settings", repr(around.config).encode()),
        ("rustc", f"{rustc.path}\n{rustc.verbose}\n{rustc.fingerprint}".encode()),
        ("linker", around.linker.encode()),
        ("machine", platform.machine().encode()),
        ("tracer", tracer_digest().encode()),
    ]
    return key_of(fields).encode()
