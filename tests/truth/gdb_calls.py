"""Runs inside gdb: stops at every call of the allocator's four functions and writes down who called it.

``HEAPLEDGER_CALLS`` is a JSON file with the mangled names by kind, and where to write to. Each stop becomes
``[kind, size, old size, align, line, inside]``; the line is that of the innermost frame in ``src/main.rs``.
"""

import json
import os
from pathlib import Path

import gdb

PLAN = json.loads(Path(os.environ["HEAPLEDGER_CALLS"]).read_text(encoding="utf-8"))

CALLS = []
ARGUMENTS = {
    "alloc": ("rdi", None, "rsi"),
    "alloc_zeroed": ("rdi", None, "rsi"),
    "realloc": ("rcx", "rsi", "rdx"),
    "dealloc": ("rsi", None, "rdx"),
}
"""Registers of size, old size and alignment at the first instruction."""


def register(frame, name):
    return int(frame.read_register(name)) & 0xFFFF_FFFF_FFFF_FFFF


class Call(gdb.Breakpoint):
    def __init__(self, kind, symbol):
        super().__init__(f"*(char *)&'{symbol}'", internal=True)
        self.kind = kind

    def stop(self):
        frame = gdb.newest_frame()
        size, old, align = (None if name is None else register(frame, name) for name in ARGUMENTS[self.kind])
        line, inside = None, gdb.selected_thread().num != 1
        own = False
        while frame is not None and frame.is_valid():
            place = frame.find_sal()
            if not own and place.symtab is not None and place.symtab.filename.endswith("src/main.rs"):
                own, line = True, place.line or None
            name = frame.name() or ""
            inside = inside or (name.startswith("std::rt::lang_start::{") and "closure" in name)
            frame = frame.older()
        CALLS.append([self.kind, size, old, align, line, inside])
        return False


gdb.execute("set pagination off")
gdb.execute("set confirm off")
gdb.execute("set debuginfod enabled off")
gdb.execute("set print thread-events off")
gdb.execute("set backtrace past-main on")
gdb.execute("set backtrace limit unlimited")
gdb.execute("set startup-with-shell off")
gdb.execute("starti")
for kind, symbol in PLAN["symbols"].items():
    Call(kind, symbol)
gdb.execute("continue")
Path(PLAN["out"]).write_text(json.dumps(CALLS), encoding="utf-8")
