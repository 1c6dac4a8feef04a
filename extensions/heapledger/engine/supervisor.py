"""The process that starts programs, holds them to their limits, and leaves nothing of them behind.

:mod:`heapledger.engine.process` starts this file as a script, one for each worker thread. Being single-threaded it may
work between ``fork`` and ``exec``, and ``PR_SET_PDEATHSIG``, which is tied to the thread that forked, is that of the
process (finding 5 of our reliability study).

Two processes: a *guardian*, and its child, the *worker*. Both are subreapers: whatever a program leaves behind,
double-forked and in a session of its own (``killpg`` misses that: finding 4), becomes a child of the worker, or of the
guardian where somebody killed the worker. When no child is left no descendant is left.
"""

from __future__ import annotations

import gc
import json
import math
import os
import select
import signal
import socket
import struct
import sys
import time
from types import ModuleType
from typing import Any

if __name__ == "__main__":  # only the two modules beside this file: no package, none of its dependencies
    for name, folder in (("heapledger", __file__ + "/../.."), ("heapledger.engine", __file__ + "/..")):
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__path__ = [os.path.normpath(folder)]

from heapledger.engine.supervisor_start import PR_SET_CHILD_SUBREAPER, Starter, prctl
from heapledger.engine.supervisor_tree import LINUX, Reaper, descendants

MAX_FDS = 32
LOOK_SECONDS = 0.1
HEADER = struct.Struct("!I")

Message = dict[str, Any]


class ClientGone(Exception):
    """The process that gives us jobs ended, or closed the connection: everything ends now."""


class Stream:
    """One of a program's outputs: its first bytes up to the limit, exactly, however they arrive."""

    def __init__(self, limit: int) -> None:
        self.source, self.end = os.pipe()
        os.set_blocking(self.source, False)
        self.limit = limit
        self.kept = bytearray()
        self.over = self.ended = False

    def read(self) -> bool:
        """Take what is there; True where more may be."""
        try:
            data = os.read(self.source, 1 << 16)
        except BlockingIOError:
            return False
        room = self.limit - len(self.kept)
        self.kept += data[:room]
        self.over = len(data) > room
        self.ended = not data
        return not self.over and not self.ended


class Worker:
    """Does one job after the other."""

    def __init__(self, control: socket.socket, watched: set[int]) -> None:
        self.control, self.watched, self.guardian = control, watched, os.getppid()
        self.starter, self.child_signal = Starter(), False
        self.wake, wake_end = os.pipe()
        for end in (self.wake, wake_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        self.poll = select.poll()
        for descriptor in (control.fileno(), self.wake, *watched):
            self.poll.register(descriptor, select.POLLIN)

    def serve(self) -> None:
        """Do jobs until the client goes."""
        try:
            self.send({"worker": os.getpid()})
            while True:
                self.send(*self.run(*self.receive()))
        except (ClientGone, BrokenPipeError, ConnectionResetError):
            Reaper().sweep()

    def ready(self, seconds: float | None = None, *, busy: bool = False) -> set[int]:
        """Wait for something to happen; return the descriptors where it did. What comes while busy is the end."""
        milliseconds = None if seconds is None else math.ceil(seconds * 1000)
        found = {descriptor for descriptor, _ in self.poll.poll(milliseconds)}
        if found & self.watched or os.getppid() != self.guardian or (busy and self.control.fileno() in found):
            raise ClientGone
        if self.wake in found:
            os.read(self.wake, 4096)
            self.child_signal = True
        return found

    def send(self, message: Message, *outputs: bytearray) -> None:
        """Send a message: its length, JSON, and the bytes of the outputs."""
        text = json.dumps(message | {"lengths": [len(output) for output in outputs]}).encode()
        self.control.sendall(b"".join((HEADER.pack(len(text)), text, *outputs)))

    def receive(self) -> tuple[Message, list[int]]:
        """Wait for a job and the descriptors that go with it."""
        data, fds, size = bytearray(), [], HEADER.size
        flags = socket.MSG_CMSG_CLOEXEC if LINUX else 0
        while len(data) < size:
            if self.control.fileno() not in self.ready():
                continue
            part, received, _, _ = socket.recv_fds(self.control, size - len(data), MAX_FDS, flags)
            if not part:
                raise ClientGone
            fds += received
            data += part
            if len(data) == HEADER.size:
                size += HEADER.unpack(data)[0]
        return json.loads(data[HEADER.size :]), fds

    def run(self, job: Message, fds: list[int]) -> tuple[Message, bytearray, bytearray]:
        """Run one program to its end, and to the end of all that it left behind."""
        streams = out, err = Stream(job["limits"]["output_bytes"]), Stream(job["limits"]["output_bytes"])
        status, status_end = os.pipe()
        reaper, reason, told, started = Reaper(), "", "", time.monotonic()
        try:
            reaper.main = self.starter.start(job, out.end, err.end, status_end, fds)
        except OSError as error:
            told = f"no process could be started: {error.strerror}"
        finally:
            for descriptor in (out.end, err.end, status_end, *fds):
                os.close(descriptor)
        if reaper.main:
            try:
                reason = self.watch(job["limits"], started, reaper, streams)
            finally:
                wall = time.monotonic() - started
                for stream in streams:
                    while stream.read():
                        pass
                reaper.kill_main()
                reaper.sweep()
            told = os.read(status, 4096).decode(errors="replace")
        for descriptor in (out.source, err.source, status):
            os.close(descriptor)
        error_text = told.lstrip("+-")
        outcome = {
            "end": _end(job["limits"], reaper, "output-limit" if out.over or err.over else reason, error_text),
            "code": None if error_text else reaper.code,
            "signal": reaper.signal,
            "cpu_seconds": reaper.cpu,
            "wall_seconds": wall if reaper.main else 0.0,
            "peak_rss_bytes": reaper.peak,
            "survivors": reaper.killed,
            "privileges_dropped": told.startswith("+"),
            "error": error_text,
        }
        return outcome, out.kept, err.kept

    def watch(self, limits: Message, started: float, reaper: Reaper, streams: tuple[Stream, Stream]) -> str:
        """Wait for the end of the main process, not of its output (finding 4); return which limit was hit, if any."""
        pause, deadline = limits["first_look_seconds"], started + limits["wall_seconds"]
        look_at = started + pause
        reason = ""
        for stream in streams:
            self.poll.register(stream.source, select.POLLIN)
        while not reason and not reaper.main_ended():
            now = time.monotonic()
            if now >= deadline:
                reason = "timeout"
            elif now >= look_at:
                reason = _look(limits, reaper)
                pause = min(1.5 * pause, max(pause, LOOK_SECONDS))
                look_at = now + pause
            elif self.take(streams, self.ready(min(deadline, look_at) - now, busy=True)):
                reason = "output-limit"
            elif self.child_signal:
                self.child_signal = False
                reaper.reap_orphans()
        for stream in streams:
            if not stream.ended:
                self.poll.unregister(stream.source)
        return reason

    def take(self, streams: tuple[Stream, Stream], found: set[int]) -> bool:
        """Read from the outputs where something is, and tell whether that is too much."""
        for stream in streams:
            if stream.source in found:
                stream.read()
                if stream.ended:  # closed by all who had it: poll would tell so for ever
                    self.poll.unregister(stream.source)
        return any(stream.over for stream in streams)


def _look(limits: Message, reaper: Reaper) -> str:
    """Look at what the kernel does not hold: the number of processes of root, the processor time of all together."""
    _, tasks, cpu = descendants(enough=limits["processes"])
    if tasks > limits["processes"]:
        return "process-limit"
    return "timeout" if cpu + reaper.cpu >= limits["cpu_seconds"] else ""


def _end(limits: Message, reaper: Reaper, reason: str, error: str) -> str:
    if error:
        return "not-started"
    # The kernel's count for the limit is coarser than the one that it gives us: on a busy machine it is far ahead.
    share = {int(signal.SIGXCPU): 0.5, int(signal.SIGKILL): 0.9}.get(reaper.signal or 0)
    at_limit = share is not None and reaper.main_cpu >= share * limits["cpu_seconds"]
    if not reason and at_limit:
        return "timeout"
    return reason or ("exited" if reaper.signal is None else "signal")


def _guard(worker: int) -> int:
    """Wait for the end of the worker, end what it could not end any more, and return its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGKILL))
    _, status = os.waitpid(worker, 0)
    Reaper().sweep()
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def main() -> None:
    """Start; the arguments are the number of the control socket and the client's process id.

    The client waits for both processes; ``_exit`` saves them the time of taking an interpreter down.
    """
    control, client = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    control.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    # Beside the end of the connection: a fork of the client may hold its end open longer than the client lives.
    watched = {os.pidfd_open(client)} if hasattr(os, "pidfd_open") else set()
    if os.getppid() != client:
        return
    guardian = os.getpid()
    worker = os.fork()
    if worker:
        control.close()
        os._exit(_guard(worker))
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    if hasattr(os, "pidfd_open"):
        watched.add(os.pidfd_open(guardian))
    worker_process = Worker(control, watched)
    gc.freeze()
    worker_process.serve()
    os._exit(0)


if __name__ == "__main__":
    main()
