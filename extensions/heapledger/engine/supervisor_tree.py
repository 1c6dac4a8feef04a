"""What descends from this process: counting, killing, reaping it. Part of the worker process, see ``supervisor.py``."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

SWEEP_SECONDS = 10.0
LINUX = sys.platform == "linux"


def read(path: str) -> str:
    """Return a file of /proc, whole: a list of processes cut inside a number would name another one."""
    parts = []
    with contextlib.suppress(OSError):  # the process has gone
        descriptor = os.open(path, os.O_RDONLY)
        try:
            while part := os.read(descriptor, 1 << 16):
                parts.append(part)
        finally:
            os.close(descriptor)
    return b"".join(parts).decode("ascii", "replace")


def stat_of(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on: state, parent, and so on."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def threads_of(pid: int) -> list[str]:
    """Return the threads of a process; none where it has gone."""
    try:
        return os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - names are all we need
    except OSError:
        return []


def children_of(pid: int, threads: list[str] | None = None) -> list[int]:
    """Return the children of a process; each of its threads has a list of its own."""
    lists = [read(f"/proc/{pid}/task/{thread}/children") for thread in threads or threads_of(pid)]
    return [int(child) for children in lists for child in children.split()]


def descendants(enough: int = 1 << 30) -> tuple[dict[int, int], int, float]:
    """Return our descendants with their parents, the number of their threads, and their seconds of processor time.

    :param enough: stop looking after so many threads.
    """
    own = os.getpid()
    parents = dict.fromkeys(children_of(own), own)
    to_visit = list(parents)
    tasks = ticks = 0
    while to_visit and tasks <= enough:
        pid = to_visit.pop()
        threads = threads_of(pid)
        tasks += len(threads)
        ticks += sum(map(int, stat_of(pid)[11:15]))
        children = [child for child in children_of(pid, threads) if child not in parents] if threads else []
        parents.update(dict.fromkeys(children, pid))
        to_visit += children
    return parents, tasks, ticks / os.sysconf("SC_CLK_TCK")


def kill_descendants() -> None:
    """Send SIGKILL to all descendants that can be seen now, and to no other process.

    Numbers of our own children are not used again before we reap them. Those of grandchildren are, while a fork bomb
    runs through all numbers: so each is pinned by a pidfd, and its parent is looked at once more.
    """
    own = os.getpid()
    parents, _, _ = descendants()
    for pid, parent in parents.items():
        with contextlib.suppress(OSError):
            if parent == own:
                os.kill(pid, signal.SIGKILL)
            elif hasattr(os, "pidfd_open"):
                _kill_pinned(pid, {own, *parents})


def _kill_pinned(pid: int, family: set[int]) -> None:
    pinned = os.pidfd_open(pid)
    try:
        fields = stat_of(pid)
        if fields and int(fields[1]) in family:
            signal.pidfd_send_signal(pinned, signal.SIGKILL)
    finally:
        os.close(pinned)


class Reaper:
    """What the ended processes of one job left: how its main process ended, what all of them used."""

    def __init__(self, main: int = 0) -> None:
        self.main = main
        self.code: int | None = None
        self.signal: int | None = None
        self.cpu = self.main_cpu = 0.0
        self.peak = self.killed = 0
        self._main_reaped = False

    def main_ended(self) -> bool:
        """Tell whether the main process ended; it stays unreaped where the system can do that."""
        if self._main_reaped:
            return True
        if hasattr(os, "waitid"):
            return os.waitid(os.P_PID, self.main, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return self.reap(self.main)

    def reap(self, pid: int) -> bool:
        """Reap this child, or any (-1), where one has ended; raise ChildProcessError where there is none."""
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if not found:
            return False
        used = usage.ru_utime + usage.ru_stime
        self.cpu += used
        self.peak = max(self.peak, usage.ru_maxrss * (1024 if LINUX else 1))
        by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        if found == self.main:
            self._main_reaped, self.main_cpu = True, used
            self.signal, self.code = by, os.WEXITSTATUS(status) if by is None else None
        elif by == signal.SIGKILL:
            self.killed += 1
        return True

    def reap_orphans(self) -> None:
        """Reap what the program left to us and has ended since: it would count as one of its processes.

        After the program's own end :meth:`sweep` does.
        """
        for child in () if self.main_ended() else children_of(os.getpid()):
            if child != self.main:
                with contextlib.suppress(ChildProcessError):
                    self.reap(child)

    def kill_main(self) -> None:
        """Kill the main process and its group: at once all in it, also one that is just forking."""
        for send in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                send(self.main, signal.SIGKILL)

    def sweep(self) -> None:
        """Kill and reap until no child, so no descendant, is left."""
        until = time.monotonic() + SWEEP_SECONDS
        while time.monotonic() < until:
            try:
                while self.reap(-1):
                    pass
            except ChildProcessError:
                return
            kill_descendants()
            time.sleep(0.0002)
        raise TimeoutError(f"processes that cannot be ended: {sorted(descendants()[0])}")
