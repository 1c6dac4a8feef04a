"""Which results a snippet had last: one note a file in the cache, so that ``heapledger why`` can compare keys."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from heapledger.engine.cache import Cache

Asked = tuple[str, str, str, str]
"""File, snippet, profile and kind of a unit of work."""


def remember(cache: Cache, keys_of_work: Iterable[tuple[Asked, str]]) -> None:
    """Note the keys of all work of some files; written only where something changed."""
    files: dict[str, dict[str, str]] = {}
    for (file, *rest), key in keys_of_work:
        files.setdefault(file, {})[" ".join(rest)] = key
    for file, keys in files.items():
        before = _read(cache, file)
        if before | keys != before:
            cache.write_memo(_name(file), msgspec.json.encode(before | keys))


def last_parts(cache: Cache, asked: Asked) -> tuple[str, Mapping[str, str] | None]:
    """Return the key of the last result, empty where there is none, and what it was made of if it is still there."""
    file, *rest = asked
    key = _read(cache, file).get(" ".join(rest), "")
    stored = cache.read_parts(key) if key else None
    if not stored:
        return key, None
    try:
        return key, msgspec.json.decode(stored, type=dict[str, str])
    except msgspec.DecodeError:
        return key, None


def _read(cache: Cache, file: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(cache.read_memo(_name(file)) or b"{}", type=dict[str, str])
    except msgspec.DecodeError:
        return {}


def _name(file: str) -> str:
    return "last-" + hashlib.sha256(os.fsencode(Path(file).resolve())).hexdigest()
