"""Why a snippet has to run again: its keys beside those of the results that it had last. Nothing is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.engine.history import last_parts
from heapledger.engine.plan import load_known
from heapledger.session import work_of
from heapledger.source.snippet import Snippet


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One part of a key that is no longer what it was."""

    part: str
    old: str
    """Empty where the key had no such part."""
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What is known about one unit of work."""

    profile: str
    kind: str
    known: bool
    changes: tuple[Change, ...] = ()
    reason: str = ""
    """Where it is not known and no part of the key changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All work of one snippet."""

    snippet: Snippet
    works: tuple[Why, ...]
    trouble: str = ""
    """Why the snippet has no work at all: problems of its text, or it is skipped."""


def snippets_at(snippets: Sequence[Snippet], file: Path, line: int) -> list[Snippet]:
    """Return the snippets that have a line: from the directive, or the line of a whole file, to one past the last."""
    found = []
    for snippet in snippets:
        lines = [place.location.line for place in snippet.places] + [snippet.location.line]
        numbers = [number for number in lines if number is not None]
        if numbers and min(numbers) <= line <= max(numbers) + 1 and Path(snippet.location.file).resolve() == file:
            found.append((max(numbers) + 1 == line, snippet))
    inside = [snippet for after, snippet in found if not after]
    return inside or [snippet for _, snippet in found]


def explain(snippets: Sequence[Snippet], config: Config, cache: Cache) -> tuple[Explained, ...]:
    """Compare what each snippet needs with what the cache has."""
    explained = []
    for snippet, works, trouble in work_of(snippets, config, cache):
        known = load_known([work for _, work in works], cache)
        answers = []
        for asked, work in works:
            _, _, profile, kind = asked
            if work.key in known:
                answers.append(Why(profile=profile, kind=kind, known=True))
                continue
            key, old = last_parts(cache, asked)
            changes = _changes(old, work.parts) if old is not None else ()
            reason = "" if changes else _reason(key, work.key)
            answers.append(Why(profile=profile, kind=kind, known=False, changes=changes, reason=reason))
        explained.append(Explained(snippet=snippet, works=tuple(answers), trouble=trouble))
    return tuple(explained)


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Change, ...]:
    names = dict.fromkeys([*new, *old])
    pairs = [(name, old.get(name, ""), new.get(name, "")) for name in names]
    return tuple(Change(part=name, old=before, new=now) for name, before, now in pairs if before != now)


def _reason(last: str, key: str) -> str:
    if not last:
        return "it was never measured with this cache"
    if last == key:
        return "its result was not kept: what a limit ended is tried on every build, and old results are cleared"
    return "the result that it had last is no longer in the cache"
