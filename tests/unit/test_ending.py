"""The message of a panic, as std of different ages writes it."""

from __future__ import annotations

import pytest

from heapledger.engine.ending import first_panic

NOTE = "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"


@pytest.mark.parametrize(
    "report",
    [
        f"thread 'main' panicked at 'no reason', src/main.rs:5:41\n{NOTE}",
        f"thread 'main' panicked at src/main.rs:5:41:\nno reason\n{NOTE}",
        f"\nthread 'main' (14641) panicked at src/main.rs:5:41:\nno reason\n{NOTE}",
        f"before\n\nthread '<unnamed>' panicked at src/main.rs:5:41:\nno reason\nsecond line\n{NOTE}",
    ],
    ids=["1.63", "1.73", "1.95", "thread"],
)
def test_first_panic(report: str) -> None:
    assert first_panic(report) == "no reason"


def test_no_panic() -> None:
    assert first_panic("memory allocation of 8 bytes failed\n") is None
