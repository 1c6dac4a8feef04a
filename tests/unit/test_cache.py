"""Anything that does not check out is a miss, never an error, and never somebody else's result."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapledger.engine.cache import Cache, key_of
from heapledger.errors import HeapledgerError

KEY = key_of([("a", b"1")])
OTHER = key_of([("a", b"2")])


def entry(cache: Cache, key: str = KEY) -> Path:
    assert cache.folder is not None
    return cache.folder / "v1" / key[:2] / key[2:]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.write(KEY, b"payload")
    assert cache.read(KEY) == b"payload"
    assert cache.read(OTHER) is None


def test_every_truncation_and_every_flipped_bit_is_a_miss(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.write(KEY, b"payload" * 3)
    whole = entry(cache).read_bytes()
    damaged = [whole[:length] for length in range(len(whole))]
    damaged += [
        whole[:index] + bytes([whole[index] ^ (1 << bit)]) + whole[index + 1 :]
        for index in range(len(whole))
        for bit in range(8)
    ]
    for blob in damaged:
        entry(cache).parent.mkdir(parents=True, exist_ok=True)
        entry(cache).write_bytes(blob)
        assert cache.read(KEY) is None
    cache.write(KEY, b"again")
    assert cache.read(KEY) == b"again"


def test_an_entry_under_another_key_is_a_miss(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.write(KEY, b"payload")
    entry(cache, OTHER).parent.mkdir(parents=True, exist_ok=True)
    entry(cache, OTHER).write_bytes(entry(cache).read_bytes())
    assert cache.read(OTHER) is None


def test_a_folder_that_cannot_be_written_costs_speed_not_results(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "v1").write_text("a file where a folder should be")
    cache = Cache(tmp_path / "c")
    cache.write(KEY, b"payload")
    assert cache.read(KEY) is None
    assert "cannot be written" in cache.trouble


def test_a_folder_that_everybody_can_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c").chmod(0o777)
    with pytest.raises(HeapledgerError, match="cannot be trusted"):
        Cache(tmp_path / "c")


def test_no_temporary_file_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    for number in range(20):
        cache.write(key_of([("n", str(number).encode())]), b"x")
    assert [path for path in (tmp_path / "c").rglob("*") if path.suffix == ".tmp"] == []


def test_clear_removes_everything(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    cache.write(KEY, b"payload")
    assert cache.clear().entries == 1
    assert cache.info().entries == 0


FIELDS = st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=3)), max_size=4)


@given(FIELDS, FIELDS)
def test_unequal_fields_have_unequal_keys(first: list[tuple[str, bytes]], second: list[tuple[str, bytes]]) -> None:
    assert (key_of(first) == key_of(second)) == (first == second)
