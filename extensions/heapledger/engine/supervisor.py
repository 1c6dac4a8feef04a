"""The process that starts programs, holds them to their limits, and leaves nothing of them behind.

:mod:`heapledger.engine.process` starts this file as a script, one for each worker thread; nothing imports it. Being
single-threaded it may work between ``fork`` and ``exec``, and its death cannot be confused with that of a thread
(``PR_SET_PDEATHSIG`` is tied to the thread that forked: finding 5 of our reliability study).

Two processes: a *guardian*, and its child, the *worker*. Both are subreapers: whatever a program leaves behind, double-forked
and in a session of its own (``killpg`` misses that: finding 4), becomes a child of the worker, or of the guardian where
somebody killed the worker. When no child is left no descendant is left.
"""

from __future__ import annotations

import contextlib
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
from typing import Any, NoReturn

if sys.platform != "win32":  # the package must import everywhere
    import fcntl
    import pwd
    import resource

Message = dict[str, Any]

MAX_FDS = 128
OPEN_FILES = 256
STACK_BYTES = 8 << 20
UIDS = range(64000, 65000)
NPROC_MARGIN = 1024
FIRST_LOOK_SECONDS = 0.01
LOOK_SECONDS = 0.1
SWEEP_SECONDS = 10.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
LINUX = sys.platform == "linux"


class ClientGone(Exception):
    """The process that gives us jobs ended, or closed the connection: everything ends now."""


def prctl(option: int, value: int) -> None:
    """Call prctl(2); without effect elsewhere than on Linux."""
    if LINUX:
        import ctypes  # noqa: PLC0415 - loaded before the first fork, by the first call

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


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


def children(pid: int) -> tuple[list[int], int]:
    """Return the children of a process, and the number of its threads; each thread has its own list of children."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - names, fast
    except OSError:
        return [], 0
    found = [int(child) for thread in threads for child in read(f"/proc/{pid}/task/{thread}/children").split()]
    return found, len(threads)


def descendants(enough: int = 1 << 30) -> tuple[dict[int, int], int, float]:
    """Return our descendants with their parents, the number of their threads, and their seconds of processor time.

    :param enough: stop looking after so many threads.
    """
    parents: dict[int, int] = {}
    threads, ticks, to_visit = 0, 0, [(os.getpid(), 0)]
    while to_visit and threads <= enough:
        pid, parent = to_visit.pop()
        found, count = children(pid)
        to_visit += [(child, pid) for child in found if child not in parents]
        if parent:
            parents[pid] = parent
            threads += count
            ticks += sum(map(int, stat_of(pid)[11:15]))
    return parents, threads, ticks / os.sysconf("SC_CLK_TCK")


def stat_of(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on (state, parent, ...)."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def kill_descendants() -> None:
    """Send SIGKILL to all descendants that can be seen now, and to no other process.

    Numbers of our own children cannot be reused before we reap them. Those of grandchildren can, while a fork bomb
    runs through all numbers: so they are pinned by a pidfd before a second look at the parent.
    """
    own = os.getpid()
    parents, _, _ = descendants()
    for pid, parent in parents.items():
        with contextlib.suppress(OSError):
            if parent == own:
                os.kill(pid, signal.SIGKILL)
                continue
            pinned = os.pidfd_open(pid)
            try:
                fields = stat_of(pid)
                if fields and (int(fields[1]) in parents or int(fields[1]) == own):
                    signal.pidfd_send_signal(pinned, signal.SIGKILL)
            finally:
                os.close(pinned)


class Reaped:
    """What the ended processes of one job left: how its main process ended, what all of them used."""

    def __init__(self, main: int | None = None) -> None:
        self.main = main
        self.status: int | None = None
        self.main_cpu = self.cpu = 0.0
        self.peak = self.killed = 0

    def reap(self, pid: int) -> bool:
        """Reap this child, or any (-1), if one has ended; raise ChildProcessError where there is none."""
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if not found:
            return False
        used = usage.ru_utime + usage.ru_stime
        self.cpu += used
        self.peak = max(self.peak, usage.ru_maxrss * (1024 if LINUX else 1))
        if found == self.main:
            self.status, self.main_cpu = status, used
        elif os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            self.killed += 1
        return True

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
            with contextlib.suppress(ChildProcessError):
                if not self.reap(-1):
                    time.sleep(0.0005)
        raise TimeoutError(f"processes that cannot be ended: {sorted(descendants()[0])}")


class Stream:
    """One of a program's outputs: its first bytes up to the limit, exactly, however they arrive."""

    def __init__(self, descriptor: int, limit: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor, self.limit = descriptor, limit
        self.kept = bytearray()
        self.over = self.ended = False

    def read(self) -> bool:
        """Take what is there; True where more may be."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return False
        room = self.limit - len(self.kept)
        self.kept += data[:room]
        self.over = len(data) > room
        self.ended = not data
        return not self.over and not self.ended


def start_program(job: Message, pipes: list[int], uid: int | None, nproc: int | None, worker: int) -> NoReturn:
    """Become the program. Runs in the forked child; what fails is told through the last of the pipes."""
    status = pipes[-1]
    try:
        signal.set_wakeup_fd(-1)
        os.setsid()
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        os.umask(0o077)
        # Above all targets first, so that no dup2 overwrites what is still needed. All else is close-on-exec.
        targets = [0, 1, 2, *job["targets"]]
        moved = [fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, max(targets) + 1) for pipe in pipes]
        status = moved.pop()
        for source, target in zip(moved, targets, strict=True):
            os.dup2(source, target)
        os.chdir(job["cwd"])
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", 0) as score:  # noqa: PTH123 - fast
            score.write(b"1000")
        if uid is not None and drop_privileges(uid, job["executable"]):
            nproc = job["limits"]["processes"]
            os.write(status, b"+")
        else:
            os.write(status, b"-")
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which clears it
        prctl(PR_SET_NO_NEW_PRIVS, 1)  # a setuid program would be out of reach of our signals
        if os.getppid() != worker:
            os._exit(127)
        set_limits(job["limits"], nproc)
        os.execve(job["executable"], job["argv"], job["env"])
    except OSError as error:
        os.write(status, f"{error.errno}:{error.strerror}".encode())
    except BaseException as error:  # noqa: BLE001 - all that is left is to tell
        os.write(status, f"0:{type(error).__name__}: {error}".encode())
    finally:
        os._exit(127)


def drop_privileges(uid: int, executable: bytes) -> bool:
    """Become another user for good, unless the executable would then be out of reach: root again, and False."""
    groups = os.getgroups()
    with contextlib.suppress(OSError):  # in a user namespace other users may not exist
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, 0)
        if os.access(executable, os.R_OK | os.X_OK):
            os.setresuid(uid, uid, uid)
            return True
    with contextlib.suppress(OSError):
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
        os.setgroups(groups)
    return False


def set_limits(limits: Message, nproc: int | None) -> None:
    """Set the limits of this process; the address space last, for Python still needs some."""
    cpu = math.ceil(limits["cpu_seconds"])
    wanted = [
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        # 1, not 0: with a piped core_pattern the kernel ignores 0, starts the crash reporter and lets the program wait.
        (resource.RLIMIT_CORE, int(LINUX), int(LINUX)),
        (resource.RLIMIT_FSIZE, limits["file_bytes"], limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_STACK, STACK_BYTES, None),
        (resource.RLIMIT_AS, limits["memory_bytes"], limits["memory_bytes"]),
    ]
    if nproc is not None:
        wanted.insert(0, (resource.RLIMIT_NPROC, nproc, nproc))
    for which, soft, hard in wanted:
        _, ceiling = resource.getrlimit(which)
        most = sys.maxsize if ceiling == resource.RLIM_INFINITY else ceiling
        resource.setrlimit(which, (min(soft, most), ceiling if hard is None else min(hard, most)))


class Worker:
    """Does one job after the other."""

    def __init__(self, control: socket.socket, watched: list[int]) -> None:
        self.control = control
        self.uid: int | None = None
        self.uid_lock: socket.socket | None = None
        self.wake, wake_end = os.pipe()
        for end in (self.wake, wake_end):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler must be there for the pipe to be written to
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        self.guardian = os.getppid()
        self.idle = select.poll()
        self.busy = select.poll()
        for descriptor in (control.fileno(), *watched):
            self.idle.register(descriptor, select.POLLIN)
            self.busy.register(descriptor, select.POLLIN)
        self.busy.register(self.wake, select.POLLIN)

    def serve(self) -> NoReturn:
        """Do jobs until the client goes."""
        try:
            send(self.control, {"worker": os.getpid()})
            while True:
                job, fds = self.receive()
                self.answer(job, fds)
        except (ClientGone, BrokenPipeError, ConnectionResetError):
            Reaped().sweep()
            os._exit(0)

    def receive(self) -> tuple[Message, list[int]]:
        """Wait for a job and the descriptors that go with it."""
        data, fds = bytearray(), []
        size = HEADER.size
        while len(data) < size:
            self.check(self.idle.poll())
            flags = socket.MSG_CMSG_CLOEXEC if LINUX else 0
            part, received, _, _ = socket.recv_fds(self.control, size - len(data), MAX_FDS, flags)
            if not part:
                raise ClientGone
            fds += received
            data += part
            if len(data) == HEADER.size:
                size += HEADER.unpack(data)[0]
        job = json.loads(data[HEADER.size :])
        for name in ("executable", "cwd"):
            job[name] = job[name].encode("latin-1")
        job["argv"] = [word.encode("latin-1") for word in job["argv"]]
        job["env"] = {name.encode("latin-1"): value.encode("latin-1") for name, value in job["env"].items()}
        return job, fds

    def check(self, events: list[tuple[int, int]], *, busy: bool = False) -> None:
        """End everything where the client or the guardian has gone."""
        other = {self.wake} if busy else {self.control.fileno()}
        for descriptor, event in events:
            if descriptor in self.watched and (descriptor not in other or event & ~select.POLLIN):
                raise ClientGone
        if os.getppid() != self.guardian:
            raise ClientGone
