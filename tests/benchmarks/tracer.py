"""What the tracer costs a call of the allocator: with stacks of 10 and of 16 frames, and once only counters run.

    uv run python tests/benchmarks/tracer.py

One program, linked with the tracer and without, in turns; the best of many rounds of 1,000 calls, so that a busy
machine disturbs little. Wanted: at most 1.2 microseconds over the plain allocator at 10 frames, 1.7 at 16, and 20 ns
where the trace is full and only totals are counted.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from heapledger.engine.cache import Cache
from heapledger.measure.symbols import Binary
from heapledger.measure.trace import TRACE_BYTES, TRACE_FD, RawTrace, decode, new_header
from heapledger.source.program import TRACER_CRATE
from heapledger.toolchain.find import Rustc, find_rustc
from heapledger.toolchain.tracer import build_tracer

TURNS = 7
FULL = 1000
"""Events of a trace that is full at once, and pairs of calls before the clock starts."""
WANTED = {"10 frames": 1200.0, "16 frames": 1700.0, "only counters": 20.0}


def compile_both(rustc: Rustc, folder: Path) -> tuple[Path, Path]:
    """Return the program without and with the tracer."""
    text = Path(__file__).with_name("tracer.rs").read_text(encoding="utf-8")
    tracer = build_tracer(rustc, Cache(None), folder)
    for name, more in (("plain", ""), ("traced", f"extern crate {TRACER_CRATE} as _;\n")):
        (folder / f"{name}.rs").write_text(text + more, encoding="utf-8")
        command = [rustc.path, "--edition", "2021", "-C", "opt-level=3", f"{name}.rs", "-o", name]
        externs = [f"--extern={TRACER_CRATE}={tracer.rlib}"] if more else []
        subprocess.run([*command, *externs], cwd=folder, check=True)
    return folder / "plain", folder / "traced"


def run(program: Path, depth: int, fill: int, *, traced: bool) -> tuple[float, RawTrace | None]:
    """Return nanoseconds a call, and the trace."""
    command = [str(program), str(depth), str(fill)]
    if not traced:
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout), None
    descriptor = os.memfd_create("trace")
    os.ftruncate(descriptor, TRACE_BYTES)
    header = new_header(TRACE_BYTES, FULL) if fill else new_header(TRACE_BYTES)
    os.pwrite(descriptor, header, 0)
    os.dup2(descriptor, TRACE_FD, inheritable=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, pass_fds=[TRACE_FD])
        binary = Binary(program)
        with mmap.mmap(descriptor, TRACE_BYTES, prot=mmap.PROT_READ) as mapped, memoryview(mapped) as view:
            trace = decode(view, phdr_vaddr=binary.phdr_vaddr, image=binary.image)
    finally:
        os.close(descriptor)
        os.close(TRACE_FD)
    return float(done.stdout), trace


def frames_of(trace: RawTrace) -> int:
    """Frames of the boxes that the program makes."""
    return int(median(len(event.frames) for event in trace.events if event.kind == "alloc" and event.size == 4))


def main() -> None:
    """Measure."""
    rustc = find_rustc("", Cache(None))
    print(f"rustc {rustc.toolchain.rustc}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as scratch:
        plain, traced = compile_both(rustc, Path(scratch))
        _, trace = run(traced, 0, 0, traced=True)
        assert trace is not None
        least = frames_of(trace)
        for name, depth, fill in (
            ("10 frames", 10 - least, 0),
            ("16 frames", 16 - least, 0),
            ("only counters", 0, FULL),
        ):
            over = []
            for _ in range(TURNS):
                without, _ = run(plain, max(depth, 0), fill, traced=False)
                cost, trace = run(traced, max(depth, 0), fill, traced=True)
                assert trace is not None
                over.append(cost - without)
            told = f"{trace.left_out} events left out" if trace.left_out else f"{frames_of(trace)} in the trace"
            print(
                f"  {name} ({told}): {median(over):.0f} ns over the plain allocator, at most {WANTED[name]:.0f} wanted"
            )


if __name__ == "__main__":
    main()
