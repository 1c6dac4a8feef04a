"""Runs inside gdb's own Python, started by ``snapshot_run.py``: stop at markers, write registers and memory down.

Self-contained, for whatever Python that gdb was built with: 3.6 syntax, standard library only. It decodes nothing.

The parent passes a JSON file by ``HEAPLEDGER_JOB``: ``program``, ``argv``, ``out`` (descriptor to write to), ``trace``
(descriptor of the tracer's memory), ``second_trace`` (the same for a second run), ``stamp_offset`` (of the tracer's
clock), ``image`` (first address of the program in its file), ``stopped``, ``hits``, ``wanted`` (addresses in the
file), ``times`` (for each marker which time counts; null: the last), ``env``. One line of JSON a stop, one between the
runs and one at the end go to ``out``.
"""

import base64
import fcntl
import json
import os
import re
import struct
import zlib

import gdb

MAX_FRAMES = 64
MAX_REGION = 8 << 20
MAX_MEMORY = 48 << 20
RED_ZONE = 128
EXIT_GROUP = 231
REGISTERS = "rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15".split()


def say(job, record):
    os.write(job["out"], (json.dumps(record) + "\n").encode())


def prepare():
    for command in (
        "set confirm off",
        "set pagination off",
        "set width 0",
        "set height 0",
        "set startup-with-shell off",
        "set auto-load off",
        "set auto-solib-add off",
        "set print thread-events off",
        "set print inferior-events off",
        "set backtrace past-main on",
        "set debug-file-directory",
        "set print frame-info location",
        "set detach-on-fork on",
        "set follow-fork-mode parent",
        "handle all nostop noprint pass",
        "handle SIGTRAP stop print nopass",
        "handle SIGSEGV SIGBUS SIGILL SIGFPE SIGABRT SIGSYS stop print pass",
    ):
        gdb.execute(command, to_string=True)
    for optional in ("set debuginfod enabled off", "set style enabled off"):
        try:
            gdb.execute(optional, to_string=True)
        except gdb.error:
            pass


class Run(object):
    """One run of the program."""

    def __init__(self, job):
        self.job = job
        self.bias = 0
        self.signal = None
        self.exited = False

    def start(self):
        gdb.execute("starti", to_string=True)
        self.pid = gdb.selected_inferior().pid
        first = None
        for start, _end, _mode, name in self.maps():
            if name == os.path.realpath(self.job["program"]):
                first = start if first is None else min(first, start)
        if first is None:
            raise gdb.error("the program is not mapped")
        self.bias = first - self.job["image"]

    def maps(self):
        found = []
        with open("/proc/%d/maps" % self.pid) as lines:
            for line in lines:
                parts = line.rstrip("\n").split(None, 5)
                start, end = (int(part, 16) for part in parts[0].split("-"))
                found.append((start, end, parts[1], parts[5] if len(parts) > 5 else ""))
        return found

    def read(self, address, size):
        with open("/proc/%d/mem" % self.pid, "rb", 0) as memory:
            memory.seek(address)
            data = b""
            while len(data) < size:
                try:
                    part = memory.read(size - len(data))
                except (OSError, OverflowError, ValueError):
                    break
                if not part:
                    break
                data += part
            return data

    def counts(self):
        number = len(self.job["times"])
        return list(struct.unpack("<%dQ" % number, self.read(self.job["hits"] + self.bias, 8 * number)))

    def want(self, marker, time):
        address = self.job["wanted"] + self.bias + 8 * marker
        gdb.selected_inferior().write_memory(address, struct.pack("<Q", time))

    def go_on(self):
        """Continue to the next stop; tell whether it is one of ours."""
        self.signal = None
        gdb.execute("continue", to_string=True)
        return not self.exited and self.signal is None

    def registers(self, frame):
        """All sixteen, in the order of DWARF's numbers; one that is not known in an outer frame is 0."""
        found = []
        for name in REGISTERS:
            try:
                found.append(int(frame.read_register(name)) & 0xFFFFFFFFFFFFFFFF)
            except (gdb.error, ValueError):
                found.append(0)
        return found

    def frames(self):
        found = []
        frame = gdb.newest_frame()
        while frame is not None and len(found) < MAX_FRAMES:
            older = frame.older()
            if frame.type() == gdb.INLINE_FRAME:  # a part of the next one, with the same registers
                frame = older
                continue
            caller_sp = int(older.read_register("rsp")) & 0xFFFFFFFFFFFFFFFF if older is not None else 0
            found.append([frame.pc() - self.bias, caller_sp, self.registers(frame)])
            frame = older
        left = 0
        while frame is not None and left < 100000:
            left += 1
            frame = frame.older()
        return found, left

    def memory(self, stack_pointers):
        regions = []
        room = MAX_MEMORY
        program = os.path.realpath(self.job["program"])
        for start, end, mode, name in self.maps():
            if mode[0] != "r" or "x" in mode or mode[3] == "s" or name.startswith("[v"):
                continue
            if name.startswith("/") and name != program:
                continue
            inside = [sp for sp in stack_pointers if start <= sp < end]
            first = max(start, min(inside) - RED_ZONE) if inside else start
            size = min(end - first, MAX_REGION, room)
            data = self.read(first, size) if size > 0 else b""
            room -= len(data)
            if data:
                kind = "program" if name == program else "stack" if inside or name == "[stack]" else "other"
                packed = base64.b64encode(zlib.compress(data, 1)).decode("ascii")
                regions.append({"start": first, "kind": kind, "writable": "w" in mode, "data": packed})
        return regions

    def describe(self, marker):
        """Everything about the present stop."""
        frames, left = self.frames()
        thread = gdb.selected_thread()
        pointers = []
        for other in gdb.selected_inferior().threads():
            other.switch()
            pointers.append(int(gdb.newest_frame().read_register("rsp")) & 0xFFFFFFFFFFFFFFFF)
        thread.switch()
        try:
            tls = int(gdb.newest_frame().read_register("fs_base")) & 0xFFFFFFFFFFFFFFFF
        except (gdb.error, ValueError):
            tls = 0
        (stamp,) = struct.unpack("<Q", os.pread(self.job["trace"], 8, self.job["stamp_offset"]))
        return {
            "marker": marker,
            "hit": self.counts()[marker],
            "thread": thread.num,
            "stamp": stamp,
            "bias": self.bias,
            "frames": frames,
            "frames_left_out": left,
            "tls": tls,
            "memory": self.memory(pointers),
        }

    def marker(self):
        """Number of the marker at which the program stopped, or None: it is about to end."""
        frame = gdb.newest_frame()
        if int(frame.read_register("rip")) - self.bias != self.job["stopped"]:
            return None
        return int(frame.read_register("rdi"))

    def end(self):
        if not self.exited:
            try:
                gdb.execute("kill", to_string=True)
            except gdb.error:
                pass


def run(job, times):
    """Run once; write down every stop that ``times`` wants, at once: a program that never ends is killed later."""
    this = Run(job)

    def on_stop(event):
        if isinstance(event, gdb.SignalEvent) and event.stop_signal not in ("SIGTRAP", "0"):
            this.signal = event.stop_signal

    def on_exit(_event):
        this.exited = True

    gdb.events.stop.connect(on_stop)
    gdb.events.exited.connect(on_exit)
    counts = [0] * len(times)
    breakpoint = None
    try:
        this.start()
        for marker, time in enumerate(times):
            this.want(marker, time)
        breakpoint = gdb.Breakpoint("*%d" % (job["stopped"] + this.bias))
        breakpoint.silent = True
        while this.go_on():
            marker = this.marker()
            if marker is None:
                break
            say(job, this.describe(marker))
        if not this.exited:
            counts = this.counts()
        return counts, this.signal
    finally:
        this.end()
        if breakpoint is not None:
            breakpoint.delete()
        gdb.events.stop.disconnect(on_stop)
        gdb.events.exited.disconnect(on_exit)


def work(job):
    """The first run takes every marker at its first (or asked) time; a second takes the last time of those in loops."""
    first = [time or 1 for time in job["times"]]
    counts, signal = run(job, first)
    again = [m for m, time in enumerate(job["times"]) if time is None and counts[m] > 1]
    if again:
        say(job, {"rerun": True})
        os.dup2(job["second_trace"], job["trace"])
        wanted = [counts[m] if m in again else 0 for m in range(len(counts))]
        _counts, signal = run(job, wanted)
    say(job, {"end": True, "counts": counts, "signal": signal})


def main():
    with open(os.environ["HEAPLEDGER_JOB"]) as text:
        job = json.load(text)
    for name in ("out", "second_trace"):
        fcntl.fcntl(job[name], fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    prepare()
    try:
        gdb.execute("file " + re.sub(r"([\\ '\"])", r"\\\1", job["program"]), to_string=True)
        for name in list(os.environ):
            gdb.execute("unset environment " + name, to_string=True)
        for name in ("LINES", "COLUMNS"):
            gdb.execute("unset environment " + name, to_string=True)
        for name, value in sorted(job["env"].items()):
            gdb.execute("set environment %s=%s" % (name, value), to_string=True)
        try:
            gdb.execute("catch syscall exit_group", to_string=True)
        except gdb.error:
            gdb.execute("catch syscall %d" % EXIT_GROUP, to_string=True)
        work(job)
    except gdb.error as error:
        say(job, {"refused": str(error)})


main()
