"""Ctrl-C and SIGTERM while snippets run for ever: nothing is left, and what was finished is kept."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from .arena import Arena

ENDLESS = """
```{{alloc:snippet}} endless-{number}
:timeout: 60
{code}
```
"""
DAEMON = """unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
    fn pause() -> i32;
}
unsafe {
    if fork() == 0 {
        setsid();
        if fork() == 0 {
            loop {
                pause();
            }
        }
    }
}
std::fs::write("started", "").unwrap();
loop {
    std::thread::sleep(std::time::Duration::from_secs(60));
}"""
BUSY = """std::fs::write("started", "").unwrap();
loop {
    std::hint::spin_loop();
}"""
SOON_SECONDS = 5.0


def started(place: Arena, count: int) -> bool:
    """Whether so many programs have come to their endless loop."""
    return len(list(place.temporary.glob("heapledger-*/started"))) >= count


def wait_for(place: Arena, count: int) -> None:
    until = time.monotonic() + 120
    while not started(place, count):
        assert time.monotonic() < until, "the snippets never started"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_interrupted(place: Arena, number: signal.Signals) -> None:
    blocks = [ENDLESS.format(number=index, code=code) for index, code in enumerate([DAEMON, BUSY])]
    place.page("index.md", "# Page\n" + "".join(blocks))
    command = [sys.executable, "-m", "heapledger", "check", "--source", ".", "--cache", str(place.root / "cache")]
    process = place.start(command)
    wait_for(place, min(2, len(os.sched_getaffinity(0))))
    begun = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < SOON_SECONDS
    assert "Traceback" not in err
    if number is signal.SIGKILL:  # nothing of ours runs any more, but nobody could remove the folders
        assert [line for line in place.leftovers() if ":" in line] == []
        remove_folders(place.temporary)
        return
    assert process.returncode == 128 + number, err
    assert number is not signal.SIGINT or "interrupted" in err


def remove_folders(temporary: Path) -> None:
    for folder in temporary.iterdir():
        assert folder.name.startswith("heapledger-")
        shutil.rmtree(folder)


def test_interrupted_twice(place: Arena) -> None:
    place.page("index.md", "# Page\n" + ENDLESS.format(number=0, code=DAEMON))
    command = [sys.executable, "-m", "heapledger", "check", "--source", ".", "--cache", str(place.root / "cache")]
    process = place.start(command)
    wait_for(place, 1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in {130, -2}
    assert [line for line in place.leftovers() if ":" in line] == []
    remove_folders(place.temporary)


SLOW_LINKER = """#!/bin/sh
case "$*" in
*target/debug/*)
    mktemp > /dev/null  # as gcc does for what it compiles and links
    : > {marker}
    sleep 600
    ;;
esac
exec {cc} "$@"
"""


@pytest.mark.parametrize("times", [1, 2])
def test_interrupted_while_it_links(place: Arena, times: int) -> None:
    """What the linker keeps in the temporary folder goes too."""
    place.page("index.md", "# Page\n```{alloc:snippet} links\n:profiles: debug\nlet one = 1;\n```\n")
    tools, marker = place.root / "tools", place.root / "linking"
    tools.mkdir()
    (tools / "cc").write_text(SLOW_LINKER.format(marker=marker, cc=shutil.which("cc")), encoding="utf-8")
    (tools / "cc").chmod(0o755)
    command = [sys.executable, "-m", "heapledger", "check", "--source", ".", "--cache", str(place.root / "cache")]
    process = place.start(command, PATH=f"{tools}:{os.environ['PATH']}")
    until = time.monotonic() + 120
    while not marker.exists():
        assert time.monotonic() < until, "nothing was linked"
        time.sleep(0.05)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    process.communicate(timeout=60)
    assert process.returncode in {130, -2}
    assert [line for line in place.leftovers() if ":" in line] == []
    if times > 1:
        remove_folders(place.temporary)


def test_a_build_that_is_interrupted(place: Arena) -> None:
    """``sphinx-build`` itself, as in ``make html``."""
    place.page("index.md", "# Page\n" + ENDLESS.format(number=0, code=DAEMON))
    process = place.start(place.command("text"))
    wait_for(place, 1)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert time.monotonic() - begun < SOON_SECONDS
    assert process.returncode != 0
