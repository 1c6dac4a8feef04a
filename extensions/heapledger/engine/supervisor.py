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
import stat
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
HEADER = struct.Struct("!I")
UIDS = range(64000, 65000)
NPROC_MARGIN = 1024
RECOUNT_SECONDS = 30.0
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


def raw(text: str) -> bytes:
    """Return the bytes of a path, an argument, a variable: they travel one byte a character."""
    return text.encode("latin-1")


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

    @property
    def code(self) -> int | None:
        """Exit status of the main process, or None where a signal ended it."""
        return os.WEXITSTATUS(self.status) if self.status is not None and os.WIFEXITED(self.status) else None

    @property
    def signal(self) -> int | None:
        """The signal that ended the main process."""
        return os.WTERMSIG(self.status) if self.status is not None and os.WIFSIGNALED(self.status) else None

    def main_ended(self) -> bool:
        """Tell whether the main process ended; it is left unreaped where the system can do that."""
        if self.main is not None and self.status is None and not hasattr(os, "waitid"):
            self.reap(self.main)
        if self.status is not None or self.main is None:
            return True
        return hasattr(os, "waitid") and bool(os.waitid(os.P_PID, self.main, os.WEXITED | os.WNOHANG | os.WNOWAIT))

    def reap_orphans(self) -> None:
        """Reap what the program left to us and has ended since: it would count as one of its processes."""
        for child in children(os.getpid())[0]:
            if child != self.main:
                with contextlib.suppress(ChildProcessError):
                    self.reap(child)

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
        os.chdir(raw(job["cwd"]))
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", 0) as score:  # noqa: PTH123 - fast
            score.write(b"1000")
        if uid is not None and drop_privileges(uid, raw(job["executable"])):
            nproc = job["limits"]["processes"]
            os.write(status, b"+")
        else:
            os.write(status, b"-")
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which clears it
        prctl(PR_SET_NO_NEW_PRIVS, 1)  # a setuid program would be out of reach of our signals
        if os.getppid() != worker:
            os._exit(127)
        set_limits(job["limits"], nproc)
        environment = {raw(name): raw(value) for name, value in job["env"].items()}
        argv = [raw(word) for word in job["argv"]]
        os.execve(raw(job["executable"]), argv, environment)
    except BaseException as error:  # noqa: BLE001 - all that is left is to tell
        os.write(status, f"{type(error).__name__}: {error}".encode(errors="replace"))
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

    def __init__(self, control: socket.socket, watched: set[int]) -> None:
        self.control, self.watched, self.guardian = control, watched, os.getppid()
        self.uid: int | None = None
        self.tasks, self.tasks_counted_at = 0, -math.inf
        self.null = os.open(os.devnull, os.O_RDONLY)
        self.wake, wake_end = os.pipe()
        for end in (self.wake, wake_end):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only with a handler the pipe is written to
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
            Reaped().sweep()

    def ready(self, seconds: float | None = None) -> set[int]:
        """Wait for something to happen: return the descriptors where it did."""
        milliseconds = None if seconds is None else math.ceil(seconds * 1000)
        found = {descriptor for descriptor, _ in self.poll.poll(milliseconds)}
        if found & self.watched or os.getppid() != self.guardian:
            raise ClientGone
        if self.wake in found:
            os.read(self.wake, 4096)
        return found

    def send(self, message: Message, *streams: bytearray) -> None:
        """Send a message: its length, JSON, and the bytes of the outputs."""
        text = json.dumps(message | {"lengths": [len(stream) for stream in streams]}).encode()
        self.control.sendall(b"".join((HEADER.pack(len(text)), text, *streams)))

    def receive(self) -> tuple[Message, list[int]]:
        """Wait for a job and the descriptors that go with it."""
        data, fds, size = bytearray(), [], HEADER.size
        while len(data) < size:
            if self.control.fileno() not in self.ready():
                continue
            flags = socket.MSG_CMSG_CLOEXEC if LINUX else 0
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
        started, reaped, own, reason, wall = time.monotonic(), Reaped(), os.getpid(), "", 0.0
        uid, nproc = self.choose_uid(job), self.choose_nproc(job)
        ends = [os.pipe() for _ in range(3)]
        streams = out, err = [Stream(end, job["limits"]["output_bytes"]) for end, _ in ends[:2]]
        try:
            reaped.main = os.fork()
            if not reaped.main:
                start_program(job, [self.null, ends[0][1], ends[1][1], *fds, ends[2][1]], uid, nproc, own)
        except OSError as error:
            told = f"no new process: {error.strerror}"
        finally:
            for descriptor in (*(end for _, end in ends), *fds):
                os.close(descriptor)
        if reaped.main:
            try:
                reason = self.watch(job["limits"], started, reaped, streams)
                wall = time.monotonic() - started
                for stream in streams:
                    while stream.read():
                        pass
            finally:  # the main process is not yet reaped: its number cannot be that of another group
                for send in (os.killpg, os.kill):
                    with contextlib.suppress(OSError):
                        send(reaped.main, signal.SIGKILL)
                reaped.sweep()
            told = os.read(ends[2][0], 4096).decode(errors="replace")
        for end, _ in ends:
            os.close(end)
        dropped, error_text = told.startswith("+"), told.lstrip("+-")
        if error_text:
            reason = "not-started"
        elif out.over or err.over:
            reason = "output-limit"
        elif not reason and reaped.signal in {signal.SIGXCPU, signal.SIGKILL}:
            # The kernel's own count for the limit is coarser than the one that it gives us.
            reason = "timeout" if reaped.main_cpu >= 0.9 * job["limits"]["cpu_seconds"] else ""
        outcome = {
            "end": reason or ("exited" if reaped.signal is None else "signal"),
            "code": None if error_text else reaped.code,
            "signal": None if error_text else reaped.signal,
            "cpu_seconds": reaped.cpu,
            "wall_seconds": wall,
            "peak_rss_bytes": reaped.peak,
            "survivors": reaped.killed,
            "privileges_dropped": dropped,
            "error": error_text,
        }
        return outcome, out.kept, err.kept

    def watch(self, limits: Message, started: float, reaped: Reaped, streams: list[Stream]) -> str:
        """Wait for the end of the main process, not of its output (finding 4); return which limit ended it, or nothing."""
        pause = FIRST_LOOK_SECONDS
        deadline, look_at = started + limits["wall_seconds"], started + pause
        for stream in streams:
            self.poll.register(stream.descriptor, select.POLLIN)
        try:
            while not reaped.main_ended():
                now = time.monotonic()
                if any(stream.over for stream in streams):
                    return "output-limit"
                if now >= deadline:
                    return "timeout"
                if now >= look_at:
                    _, tasks, cpu = descendants(enough=limits["processes"])
                    if tasks > limits["processes"]:
                        return "process-limit"
                    if cpu + reaped.cpu >= limits["cpu_seconds"]:
                        return "timeout"
                    pause = min(1.5 * pause, LOOK_SECONDS)
                    look_at = time.monotonic() + pause
                found = self.ready(min(deadline, look_at) - now)
                if self.control.fileno() in found:
                    raise ClientGone
                for stream in streams:
                    if stream.descriptor in found and not stream.read() and stream.ended:
                        self.poll.unregister(stream.descriptor)
                if self.wake in found:
                    reaped.reap_orphans()
            return ""
        finally:
            for stream in streams:
                if not stream.ended:
                    self.poll.unregister(stream.descriptor)

    def choose_uid(self, job: Message) -> int | None:
        """Return a user that no other process has, locked by a socket's name, and give it the working directory."""
        if not (job["drop"] and LINUX and os.geteuid() == 0):
            return None
        start = os.getpid() % len(UIDS)
        for uid in (*UIDS[start:], *UIDS[:start]) if self.uid is None else ():
            with contextlib.suppress(KeyError):
                pwd.getpwuid(uid)
                continue
            self.uid_lock = socket.socket(socket.AF_UNIX)
            with contextlib.suppress(OSError):
                self.uid_lock.bind(f"\0heapledger-uid-{uid}")
                self.uid = uid
                break
        with contextlib.suppress(OSError):
            folder = os.open(raw(job["cwd"]), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                found = os.fstat(folder)
                if self.uid and found.st_uid in {0, *UIDS} and not found.st_mode & stat.S_ISVTX:
                    os.fchown(folder, self.uid, self.uid)
            finally:
                os.close(folder)
        return self.uid

    def choose_nproc(self, job: Message) -> int | None:
        """Return RLIMIT_NPROC for a program that runs as our own user.

        It counts all of the user's threads, those of the desktop too, so it is only a backstop for :meth:`watch`; and
        for root, also one in a user namespace, it has no effect (finding 3).
        """
        if not LINUX or os.geteuid() == 0:
            return None
        if time.monotonic() > self.tasks_counted_at + RECOUNT_SECONDS:
            self.tasks, self.tasks_counted_at = 0, time.monotonic()
            for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - names, fast
                with contextlib.suppress(OSError):
                    if os.stat(f"/proc/{name}").st_uid == os.getuid():  # noqa: PTH116
                        self.tasks += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208
        return int(self.tasks + job["limits"]["processes"] + NPROC_MARGIN)


def guard(worker: int) -> int:
    """Wait for the end of the worker, end what it could not end any more, and return its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGKILL))
    _, status = os.waitpid(worker, 0)
    Reaped().sweep()
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def main() -> None:
    """Start: the arguments are the number of the control socket and the client's process id."""
    control, client = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    control.set_inheritable(False)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    # Beside the end of the connection: a fork of the client may hold its end open longer than the client lives.
    watched = {os.pidfd_open(client)} if hasattr(os, "pidfd_open") else set()
    if os.getppid() != client:
        return
    guardian = os.getpid()
    worker = os.fork()
    if worker:
        control.close()
        sys.exit(guard(worker))
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    if hasattr(os, "pidfd_open"):
        watched.add(os.pidfd_open(guardian))
    gc.freeze()
    Worker(control, watched).serve()


if __name__ == "__main__":
    main()
