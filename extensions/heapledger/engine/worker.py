"""The process that runs programs, seen from here: ``supervisor.py``, started as a script, and the link to it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

START_SECONDS = 60.0
"""Longest wait for a new worker process; a loaded machine needs seconds."""
ANSWER_SECONDS = 30.0
"""How long after the wall-clock limit the worker may stay silent before it counts as stuck."""
END_SECONDS = 3.0
"""Longest wait for a worker process to end everything; it needs milliseconds."""
LOG_BYTES = 2000
"""How much of a dead worker's last words an error carries."""

_HEADER = struct.Struct("!I")
_SCRIPT = str(Path(__file__).with_name("supervisor.py"))
_LOADER_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")


class WorkerLost(Exception):
    """The connection broke or timed out."""


class WorkerProcess:
    """A worker process, seen from here."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self.link, other = socket.socketpair()
        with other:
            # The environment of its parent is readable to a program of the same user: nothing is in it (finding 1).
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", _SCRIPT, str(other.fileno()), str(os.getpid())],
                env={name: os.environ[name] for name in _LOADER_VARIABLES if name in os.environ},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self.log,
                pass_fds=(other.fileno(),),
                start_new_session=True,
            )
        self.pid = 0

    def greet(self) -> None:
        """Wait until it works."""
        self.pid = self.receive(START_SECONDS)[0]["worker"]

    def send(self, message: dict[str, Any], fds: list[int]) -> None:
        """Send a job."""
        text = json.dumps(message).encode()
        data = _HEADER.pack(len(text)) + text
        try:
            self.link.settimeout(ANSWER_SECONDS)
            sent = socket.send_fds(self.link, [data], fds) if fds else 0
            self.link.sendall(data[sent:])
        except (ConnectionError, TimeoutError) as error:
            raise WorkerLost from error

    def receive(self, seconds: float) -> tuple[dict[str, Any], list[bytes]]:
        """Wait for a message."""
        self.link.settimeout(seconds)
        message = json.loads(self._exactly(_HEADER.unpack(self._exactly(_HEADER.size))[0]))
        return message, [self._exactly(length) for length in message["lengths"]]

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                part = self.link.recv(size - len(data))
            except (ConnectionError, TimeoutError) as error:
                raise WorkerLost(str(error)) from error
            if not part:
                raise WorkerLost("")
            data += part
        return bytes(data)

    def cancel(self) -> None:
        """Break the connection, which ends everything on the other side; a thread that waits for an answer wakes."""
        if self.owner == os.getpid():  # a fork must not end the worker of its parent
            with contextlib.suppress(OSError):
                self.link.shutdown(socket.SHUT_RDWR)

    def end(self) -> str:
        """End it, and return what is known about its end."""
        self.cancel()
        self.link.close()
        if self.owner != os.getpid():
            return ""
        for force in (None, self.process.terminate, self._kill):
            if force:
                force()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._wait()
                break
        code = self.process.returncode
        known = f"killed by signal {code - 128}" if code and code > 128 else f"exit status {code}"
        with self.log:
            self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - LOG_BYTES))
            said = self.log.read().decode(errors="replace").strip()
        return f"{known}\n{said}" if said else known

    def _wait(self) -> None:
        """Wait for its end. Where the kernel can tell us, it does: ``subprocess`` looks at growing intervals."""
        if hasattr(os, "pidfd_open") and self.process.poll() is None:
            descriptor = os.pidfd_open(self.process.pid)  # not reaped yet, so the number is its own
            try:
                poll = select.poll()
                poll.register(descriptor, select.POLLIN)
                poll.poll(1000 * END_SECONDS)
            finally:
                os.close(descriptor)
            self.process.wait(0)
        else:
            self.process.wait(END_SECONDS)

    def _kill(self) -> None:
        """End both processes even if a program stopped them (it can, where it runs as our user)."""
        self.process.kill()
        if self.pid:
            with contextlib.suppress(OSError):
                os.kill(self.pid, 9)
