"""Run a command that may not trace others, as in a container whose rules forbid ``ptrace``.

    python without_ptrace.py COMMAND…

A seccomp filter answers every ``ptrace`` of the command and of all that it starts with EPERM, and ``process_vm_readv``
as well. It holds for root too and cannot be taken off again.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

NUMBERS = {"x86_64": (101, 310, 311), "aarch64": (117, 270, 271)}
"""Numbers of ``ptrace``, ``process_vm_readv`` and ``process_vm_writev``."""

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of the packet filter's machine: absolute words, constants
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
EPERM = 1


def forbid() -> None:
    """Put the filter on this process and all that come from it."""
    numbers = NUMBERS[platform.machine()]
    program = [(LOAD, 0, 0, 0)]  # the number of the call is the first word of what a filter sees
    program += [(JUMP_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    program += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE | EPERM)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in program))
    filtered = struct.pack("@HP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filtered, 0, 0)):
        if libc.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "the kernel takes no filter")


if __name__ == "__main__":
    forbid()
    os.execvp(sys.argv[1], sys.argv[1:])
