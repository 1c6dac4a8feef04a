"""The content-addressed cache on disk: one file a result, written atomically, checked when it is read.

An entry is ``magic, length of the header, header, payload, SHA-256 of all that``. The header is the key, and after a
line break what the key was made of, for people who ask why something ran again. Anything that does not check out is a
miss, never an error. No locks: a file appears whole by rename, and two builds at worst do work twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from heapledger.errors import HeapledgerError

MAGIC = b"HLCACHE1\n"
MAX_ENTRY_BYTES = 128 << 20
MAX_CACHE_BYTES = 1 << 30
MAX_AGE_SECONDS = 60 * 86_400
OWN_NAMES = ("v1", "documents", "memo", "files", "trimmed")
"""What the cache has in its folder: results, outcomes of documents, notes, built tracers, the time of the last trim."""
STALE_TEMPORARY_SECONDS = 86_400


def default_folder() -> Path:
    """Return the folder of the cache where ``heapledger_cache`` names none."""
    return Path(platformdirs.user_cache_dir("heapledger", appauthor=False))


def key_of(fields: list[tuple[str, bytes]]) -> str:
    """Return the SHA-256 over named, length-prefixed fields, so that no two lists of fields run together."""
    pieces = [b"heapledger-key-1"]
    for name, value in fields:
        for part in (name.encode(), value):
            pieces += (len(part).to_bytes(8, "big"), part)
    return hashlib.sha256(b"".join(pieces)).hexdigest()


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """Size of the cache."""

    folder: Path | None
    entries: int
    size: int
    """Bytes."""


class Cache:
    """Results by key; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.trouble = ""
        """Why writing failed, once: a full disk or a read-only folder costs speed, never a result."""
        if folder is not None:
            _refuse_foreign(folder)

    @classmethod
    def from_setting(cls, setting: str) -> Cache:
        """Make the cache that ``heapledger_cache`` names."""
        if setting == "off":
            return cls(None)
        # absolute, for rustc works in folders of its own and is told the path of the tracer
        return cls(Path(setting).expanduser().absolute() if setting else default_folder())

    def read(self, key: str) -> bytes | None:
        """Return the payload stored under a key, or None."""
        return None if self.folder is None else _read_entry(self._path(key), key)

    def write(self, key: str, payload: bytes, parts: bytes = b"") -> None:
        """Store a payload, and what its key was made of. Failing to is remembered in ``trouble``, not raised."""
        if self.folder is not None:
            self._write_entry(self._path(key), key, payload, parts)

    def read_parts(self, key: str) -> bytes | None:
        """Return what a key was made of, or None where nothing is stored under it."""
        found = None if self.folder is None else _read_parted(self._path(key), key)
        return found[0] if found is not None else None

    def read_memo(self, name: str) -> bytes | None:
        """Return a note of an earlier command, such as the identity of a rustc."""
        return None if self.folder is None else _read_entry(self.folder / "memo" / name, name)

    def write_memo(self, name: str, payload: bytes) -> None:
        """Keep a note for later commands."""
        if self.folder is not None:
            self._write_entry(self.folder / "memo" / name, name, payload)

    def read_document(self, name: str, key: str) -> bytes | None:
        """Return what is kept of a document, or None where it was kept under another key."""
        return None if self.folder is None else _read_entry(self.folder / "documents" / name, key)

    def write_document(self, name: str, key: str, payload: bytes) -> None:
        """Keep something of a document, instead of what was kept before."""
        if self.folder is not None:
            self._write_entry(self.folder / "documents" / name, key, payload)

    def forget_document(self, name: str) -> None:
        """Keep nothing of a document."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / "documents" / name).unlink(missing_ok=True)

    def folder_for(self, key: str) -> Path | None:
        """Return a folder for files that belong to a key (the built tracer), or None without a cache."""
        return None if self.folder is None else self.folder / "files" / key

    def info(self) -> CacheInfo:
        """Count entries and bytes."""
        files = [path for path in self._own_paths() if path.is_file()]
        return CacheInfo(self.folder, len(files), sum(path.stat().st_size for path in files))

    def clear(self) -> CacheInfo:
        """Remove every file that this class writes, and return what was there."""
        before = self.info()
        for path in sorted(self._own_paths(), reverse=True):
            with contextlib.suppress(OSError):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        return before

    def _own_paths(self) -> list[Path]:
        """All that this class writes; what else lies in the folder is none of our business."""
        own = [] if self.folder is None else [self.folder / name for name in OWN_NAMES]
        return [inner for path in own if path.exists() for inner in (path, *path.rglob("*"))]

    def trim(self) -> None:
        """Remove the oldest entries beyond the size and age limits; at most once a day."""
        if self.folder is None or not self.folder.is_dir():
            return
        mark = self.folder / "trimmed"
        with contextlib.suppress(OSError):
            if mark.exists() and time.time() - mark.stat().st_mtime < STALE_TEMPORARY_SECONDS:
                return
            mark.touch()
            now = time.time()
            kept = 0
            folders = [self.folder / name for name in ("v1", "documents")]
            files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
            entries = [(path.stat(), path) for path in files]
            for status, path in sorted(entries, key=lambda entry: entry[0].st_mtime, reverse=True):
                kept += status.st_size
                stale = path.suffix == ".tmp" and now - status.st_mtime > STALE_TEMPORARY_SECONDS
                if kept > MAX_CACHE_BYTES or now - status.st_mtime > MAX_AGE_SECONDS or stale:
                    path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return (self.folder or default_folder()) / "v1" / key[:2] / key[2:]

    def _write_entry(self, path: Path, key: str, payload: bytes, parts: bytes = b"") -> None:
        header = key.encode() + b"\n" + parts
        body = MAGIC + struct.pack(">I", len(header)) + header + payload
        temporary = path.parent / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                # Not synced: what a power failure left of it does not have this digest, and is measured again.
                with temporary.open("xb") as file:
                    file.write(body + hashlib.sha256(body).digest())
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            self.trouble = self.trouble or f"the cache {self.folder} cannot be written: {error.strerror}"


def _read_entry(path: Path, key: str) -> bytes | None:
    found = _read_parted(path, key)
    return found[1] if found is not None else None


def _read_parted(path: Path, key: str) -> tuple[bytes, bytes] | None:
    """Return what the key was made of, and the payload."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_ENTRY_BYTES:  # a pipe would block for ever
            return None
        blob = path.read_bytes()
    except OSError:
        return None
    start = len(MAGIC) + 4
    if len(blob) < start + 32 or not blob.startswith(MAGIC) or hashlib.sha256(blob[:-32]).digest() != blob[-32:]:
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    (length,) = struct.unpack(">I", blob[len(MAGIC) : start])
    named, _, parts = blob[start : start + length].partition(b"\n")
    if named != key.encode():
        return None
    return parts, blob[start + length : -32]


def _refuse_foreign(folder: Path) -> None:
    """A cache that others can write could make a false claim look verified."""
    try:
        status = folder.stat()
    except OSError:
        return
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o002):
        raise HeapledgerError(
            f"the cache folder {folder} belongs to another user or is writable by everyone, so its results cannot be "
            "trusted; set heapledger_cache to a folder of your own"
        )
