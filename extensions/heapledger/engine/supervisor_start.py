"""Starting one program, from ``fork`` to ``exec``. Part of the worker process, see ``supervisor.py``.

All that can be worked out is worked out before the fork: in the child each page that Python touches is a page copied.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import socket
import stat
import sys
import time
from typing import Any

if sys.platform != "win32":  # the package must import everywhere
    import fcntl
    import pwd
    import resource

LINUX = sys.platform == "linux"
OPEN_FILES = 256
STACK_BYTES = 8 << 20
UIDS = range(64000, 65000)
NPROC_MARGIN = 1024
RECOUNT_SECONDS = 30.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38

_LIBC = ctypes.CDLL(None) if LINUX else None


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process; without effect elsewhere than on Linux."""
    if _LIBC is not None:
        _LIBC.prctl(option, value, 0, 0, 0)


def raw(text: str) -> bytes:
    """Return the bytes of a path, an argument, a variable: they travel one byte a character."""
    return text.encode("latin-1")


class Starter:
    """Starts programs, all as the same user where it is root."""

    def __init__(self) -> None:
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._uid: int | None = None
        self._uid_lock: socket.socket | None = None
        self._tasks, self._tasks_counted_at = 0, -math.inf
        self._set_up_own_process()

    def _set_up_own_process(self) -> None:
        """Give ourselves what every program is to inherit, and handlers where we ignore: ``exec`` resets only those."""
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        os.umask(0o077)
        prctl(PR_SET_NO_NEW_PRIVS, 1)  # a setuid program would be out of reach of our signals
        resource.setrlimit(resource.RLIMIT_STACK, _within(resource.RLIMIT_STACK, STACK_BYTES, None))
        # 1, not 0: where cores are piped to a crash reporter the kernel ignores 0, and the program waits for that.
        resource.setrlimit(resource.RLIMIT_CORE, _within(resource.RLIMIT_CORE, int(LINUX), int(LINUX)))
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", 0) as score:  # noqa: PTH123
            score.write(b"1000")  # rather the program than the build

    def start(self, job: dict[str, Any], stdout: int, stderr: int, status: int, fds: list[int]) -> int:
        """Fork, and become the program in the child; what fails there is told through ``status``.

        The first byte told is ``+`` where the program runs as another user.
        """
        uid, rlimits = self._choose_uid(job), self._choose_limits(job["limits"])
        nproc = (job["limits"]["processes"],) * 2
        executable, cwd = raw(job["executable"]), raw(job["cwd"])
        argv = [raw(word) for word in job["argv"]]
        environment = {raw(name): raw(value) for name, value in job["env"].items()}
        sources, targets = [self._null, stdout, stderr, *fds], [0, 1, 2, *job["targets"]]
        worker = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        try:
            os.setsid()
            if not set(targets).isdisjoint((status, *sources)):  # else a dup2 would overwrite what is still needed
                *sources, status = [_above(max(targets), source) for source in (*sources, status)]
            for source, target in zip(sources, targets, strict=True):
                os.dup2(source, target)  # all that has no target is close-on-exec
            os.chdir(cwd)
            if uid is not None and _drop_privileges(uid, executable):
                resource.setrlimit(resource.RLIMIT_NPROC, nproc)
                os.write(status, b"+")
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which clears it
            if os.getppid() != worker:
                os._exit(127)
            for which, limit in rlimits:
                resource.setrlimit(which, limit)
            os.execve(executable, argv, environment)  # noqa: S606 - no shell is wanted
        except BaseException as error:  # noqa: BLE001 - all that is left is to tell
            os.write(status, _reason(error))
        finally:
            os._exit(127)

    def _choose_limits(self, limits: dict[str, Any]) -> list[tuple[int, tuple[int, int]]]:
        """Return resource limits; the address space last, for until ``exec`` Python needs some."""
        cpu, nproc = math.ceil(limits["cpu_seconds"]), self._choose_nproc(limits)
        wanted = [
            (resource.RLIMIT_CPU, cpu, cpu + 1),
            (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
            (resource.RLIMIT_FSIZE, limits["file_bytes"], limits["file_bytes"]),
            (resource.RLIMIT_AS, limits["memory_bytes"], limits["memory_bytes"]),
        ]
        if nproc is not None:
            wanted.insert(0, (resource.RLIMIT_NPROC, nproc, nproc))
        return [(which, _within(which, soft, hard)) for which, soft, hard in wanted]

    def _choose_uid(self, job: dict[str, Any]) -> int | None:
        """Return a user that no other process has, and make the working directory his."""
        if not (job["drop"] and LINUX and os.geteuid() == 0):
            return None
        start = os.getpid() % len(UIDS)
        for uid in (*UIDS[start:], *UIDS[:start]):
            if self._uid is not None or self._lock_uid(uid):
                break
        with contextlib.suppress(OSError):
            folder = os.open(raw(job["cwd"]), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                found = os.fstat(folder)
                if self._uid and found.st_uid in {0, *UIDS} and not found.st_mode & stat.S_ISVTX:  # not /tmp itself
                    os.fchown(folder, self._uid, self._uid)
            finally:
                os.close(folder)
        return self._uid

    def _lock_uid(self, uid: int) -> bool:
        """Take a user for ourselves: a socket's name is the lock, which the system frees however we end."""
        with contextlib.suppress(KeyError):
            pwd.getpwuid(uid)
            return False
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0heapledger-uid-{uid}")
        except OSError:
            lock.close()
            return False
        self._uid, self._uid_lock = uid, lock
        return True

    def _choose_nproc(self, limits: dict[str, Any]) -> int | None:
        """Return RLIMIT_NPROC for a program that runs as our own user.

        It counts all threads of the user, those of the desktop too, so it is only a backstop behind the worker's watch;
        and for root, also one in a user namespace, it has no effect (finding 3).
        """
        if not LINUX or os.geteuid() == 0:
            return None
        if time.monotonic() > self._tasks_counted_at + RECOUNT_SECONDS:
            self._tasks, self._tasks_counted_at = 0, time.monotonic()
            for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - names are all we need
                with contextlib.suppress(OSError):
                    if os.stat(f"/proc/{name}").st_uid == os.getuid():  # noqa: PTH116
                        self._tasks += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208
        return int(self._tasks + limits["processes"] + NPROC_MARGIN)


def _above(lowest: int, descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, lowest + 1)


def _within(which: int, soft: int, hard: int | None) -> tuple[int, int]:
    """Return a limit, as far as our own hard limit allows; without ``hard`` that one stays."""
    ceiling = resource.getrlimit(which)[1]
    if ceiling == resource.RLIM_INFINITY:
        return soft, ceiling if hard is None else hard
    return min(soft, ceiling), ceiling if hard is None else min(hard, ceiling)


def _drop_privileges(uid: int, executable: bytes) -> bool:
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


def _reason(error: BaseException) -> bytes:
    if isinstance(error, OSError) and error.filename:
        name = error.filename.decode(errors="replace") if isinstance(error.filename, bytes) else error.filename
        return f"{error.strerror}: {name} (errno {error.errno})".encode()
    return f"{type(error).__name__}: {error}".encode(errors="replace")
