"""How fast the engine is beside the naive way and ``rustdoc --test``: same snippets, same run, taking turns.

    uv run python tests/benchmarks/speed.py [--sizes 10 100 1000] [--rounds 5] [--write]

Everybody gets the same snippets, all different, or ten shapes repeated (``repeated``). The naive way is rustc and a run
for each program, two at once, debug and release; rustdoc says pass or fail for debug only. Ours measures both profiles,
without Sphinx, of snippets that are read already, as Sphinx's environment has them. Seconds are of the wall clock;
processor seconds of all processes stand beside them, for a busy machine shows in the difference. Ratios are medians of
the rounds, of what ran side by side; of more than 100 snippets, as many fewer rounds are run as they are more.
``--write`` keeps figures, table and chart in ``docs/speed/``, for the page "How fast is it". mdbook tests call
rustdoc 2021 for each chapter.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import chart
import workload

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.model import ExitKind
from heapledger.session import evaluate
from heapledger.source.snippet import Snippet
from heapledger.toolchain.find import Rustc, find_rustc


@dataclass(frozen=True)
class Taken:
    """What one turn took, in seconds."""

    wall: float
    cpu: float


class Race:
    """One workload, and everybody's way with it."""

    def __init__(self, texts: list[str], rustc: Rustc, scratch: Path) -> None:
        self.texts, self.rustc, self.scratch = texts, rustc, scratch
        self.read = workload.snippets(texts)
        self.edits = 0
        self.known, self.edited = scratch / "known", scratch / "edited"
        self.env = {"PATH": os.environ["PATH"], "HOME": str(scratch), "LC_ALL": "C.UTF-8"}

    def prepare(self) -> None:
        """What is done once a toolchain: the tracer is built."""
        started = time.monotonic()
        self._evaluate(workload.snippets(workload.repeated(1)), self.scratch / "prepared")
        print(f"  once for a toolchain (tracer, one program): {time.monotonic() - started:.2f} s")
        for results in ("v1", "documents"):
            shutil.rmtree(self.scratch / "prepared" / results)

    def _evaluate(self, read: list[Snippet], folder: Path, *, fresh: int | None = None, broken: int = 0) -> None:
        session = evaluate(read, Config(), cache=Cache(folder))
        ledgers = [profile.ledger for one in session.outcomes for profile in one.profiles]
        assert len(ledgers) == 2 * len(read)
        failed = sum(ledger is None or ledger.exit.kind is not ExitKind.RETURNED for ledger in ledgers)
        assert failed == broken, f"{failed} programs failed"
        assert fresh is None or session.fresh == fresh, f"{session.fresh} were measured, not {fresh}"

    def _middle(self, text: str) -> Snippet:
        """Read a snippet that stands in the place of the one in the middle."""
        return workload.snippet(text, len(self.read) // 2)

    def _cold(self, read: list[Snippet], folder: Path, *, broken: int = 0) -> None:
        shutil.copytree(self.scratch / "prepared", folder)
        self._evaluate(read, folder, fresh=2 * len(read), broken=broken)

    def _first(self, folder: Path) -> Path:
        """Return a folder for what is found, or another one where that is there: the warm turns know the first."""
        return Path(tempfile.mkdtemp(dir=self.scratch)) / "cache" if folder.exists() else folder

    def _filled(self, folder: Path) -> Path:
        """Return a folder in which the results are; turns before this one have filled it, unless they were left out."""
        if not folder.exists():
            self._cold(self.read, folder)
        return folder

    def ours_cold(self) -> None:
        """No result is known."""
        self._cold(self.read, self._first(self.known))

    def ours_broken(self) -> None:
        """No result is known, and one snippet does not compile."""
        self._cold(workload.with_one(self.read, self._middle(workload.BROKEN)), self._first(self.edited), broken=2)

    def ours_warm(self) -> None:
        """Nothing changed."""
        self._evaluate(self.read, self._filled(self.known), fresh=0)

    def ours_edited(self) -> None:
        """One snippet was edited."""
        self.edits += 1
        edit = f"let edit = Box::new({self.edits}u16);\nstd::hint::black_box(&edit);"
        self._evaluate(workload.with_one(self.read, self._middle(edit)), self._filled(self.edited), fresh=2)

    def _each(self, flags: list[str], *, run: bool) -> None:
        """Compile each program by a rustc of its own, two at once."""
        folder = Path(tempfile.mkdtemp(dir=self.scratch))

        def one(number: int) -> None:
            source, program = folder / f"n{number}.rs", folder / f"n{number}"
            source.write_text(workload.whole(self.texts[number]), encoding="utf-8")
            command = [self.rustc.path, "--edition", "2024", *flags, str(source), "-o", str(program)]
            subprocess.run(command, check=True, env=self.env, capture_output=True)
            if run:
                subprocess.run([program], check=True, env=self.env, capture_output=True)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, range(len(self.texts))))

    def naive(self) -> None:
        """One program each in both profiles, linked and run."""
        self._each(["-g"], run=True)
        self._each(["-C", "opt-level=3"], run=True)

    def rustc_release(self) -> None:
        """What fidelity costs at least: release programs with line tables up to the linker, and nothing else."""
        self._each(["-C", "opt-level=3", "-C", "debuginfo=line-tables-only", "-C", "linker=true"], run=False)

    def _rustdoc(self, edition: str, texts: list[str], *, passes: bool = True) -> None:
        page = Path(tempfile.mkdtemp(dir=self.scratch)) / "page.md"
        page.write_text(workload.page(texts), encoding="utf-8")
        command = [str(Path(self.rustc.path).with_name("rustdoc")), "--test", "--edition", edition, page.name]
        done = subprocess.run(
            [*command, "--test-args=--test-threads=2"],
            cwd=page.parent,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is passes, done.stdout + done.stderr
        assert f"running {len(texts)} tests" in done.stdout or not passes, done.stdout

    def rustdoc_2021(self) -> None:
        """Debug only, pass or fail, one program each."""
        self._rustdoc("2021", self.texts)

    def rustdoc_chapters(self) -> None:
        """The same, started for each chapter of ten snippets, as mdbook does."""
        for start in range(0, len(self.texts), workload.CHAPTER):
            self._rustdoc("2021", self.texts[start : start + workload.CHAPTER])

    def rustdoc_2024(self) -> None:
        """Debug only, pass or fail, merged into one program."""
        self._rustdoc("2024", self.texts)

    def rustdoc_2024_broken(self) -> None:
        """Merged, and one snippet does not compile."""
        self._rustdoc("2024", workload.with_one(self.texts, workload.BROKEN), passes=False)

    def turns(self) -> dict[str, Callable[[], None]]:
        """Everybody, in the order of a round."""
        return {
            "ours, cold": self.ours_cold,
            "rustdoc 2021": self.rustdoc_2021,
            "naive, both profiles": self.naive,
            "rustc alone, release": self.rustc_release,
            "ours, one broken": self.ours_broken,
            "rustdoc 2021, ten a chapter": self.rustdoc_chapters,
            "rustdoc 2024, merged": self.rustdoc_2024,
            "rustdoc 2024, one broken": self.rustdoc_2024_broken,
            "ours, one edited": self.ours_edited,
            "ours, unchanged": self.ours_warm,
        }


def timed(turn: Callable[[], None]) -> Taken:
    """Take a turn."""

    def cpu() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    before, started = cpu(), time.monotonic()
    turn()
    return Taken(time.monotonic() - started, cpu() - before)


def memory_mib() -> int:
    """Most resident memory of this process until now, in MiB. What it starts has limits of its own."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


RATIOS = (
    ("ours, cold", "naive, both profiles", 0.5),
    ("rustc alone, release", "naive, both profiles", None),
    ("ours, cold", "rustdoc 2021", 1.3),
    ("ours, one broken", "ours, cold", 1.1),
    ("rustdoc 2024, one broken", "rustdoc 2024, merged", None),
)
"""What is divided by what, and what it may come to at 100 snippets."""


def rounds(size: int, most: int) -> int:
    """How many rounds so many snippets get: as many programs in all as ``most`` rounds of 100, at least one round."""
    return max(1, most * 100 // max(size, 100))


def race(name: str, texts: list[str], rustc: Rustc, times: int, only: list[str]) -> dict[str, Any]:
    """Let everybody take turns, print and return the figures."""
    print(f"{name}:", flush=True)
    with tempfile.TemporaryDirectory(prefix="heapledger-speed-") as scratch:
        one = Race(texts, rustc, Path(scratch))
        one.prepare()
        turns = {label: turn for label, turn in one.turns().items() if any(part in label for part in only)}
        taken: dict[str, list[Taken]] = {label: [] for label in turns}
        for _ in range(times):
            for label, turn in turns.items():
                taken[label].append(timed(turn))
    seconds = {}
    for label, each in taken.items():
        wall, cpu = median(t.wall for t in each), median(t.cpu for t in each)
        seconds[label] = {"wall": round(wall, 4), "cpu": round(cpu, 4), "rounds": [round(t.wall, 4) for t in each]}
        print(f"  {label:28} {wall:8.3f} s, processors {cpu:8.3f} s")
    ratios = []
    for over, under, most in RATIOS:
        if over in taken and under in taken:
            pairs = list(zip(taken[over], taken[under], strict=True))
            wall, cpu = median(a.wall / b.wall for a, b in pairs), median(a.cpu / b.cpu for a, b in pairs)
            ratios.append({"over": over, "under": under, "wall": round(wall, 3), "cpu": round(cpu, 3), "most": most})
            wanted = f" (at most {most} at 100)" if most else ""
            print(f"  {over} / {under}: {wall:.2f}, in processor time {cpu:.2f}{wanted}", flush=True)
    memory = memory_mib()
    print(f"  most memory of the engine's process so far: {memory} MiB", flush=True)
    return {
        "memory_mib": memory,
        "name": name,
        "count": len(texts),
        "rounds": times,
        "seconds": seconds,
        "ratios": ratios,
    }


LINEAR = "ours, cold"


def linearity(races: list[dict[str, Any]]) -> list[str]:
    """What a snippet takes among many, beside one of the same kind among 100."""
    told = []
    for kind in ("distinct", "repeated"):
        sizes = {
            one["count"]: one["seconds"][LINEAR] for one in races if kind in one["name"] and LINEAR in one["seconds"]
        }
        for size in sorted(size for size in sizes if size > 100 in sizes):
            wall, cpu = (sizes[size][clock] * 100 / (sizes[100][clock] * size) for clock in ("wall", "cpu"))
            told.append(
                f"Time of a snippet among {size} {kind} ones : one among 100 = {wall:.2f}, in processor time {cpu:.2f}."
            )
    return told


def facts(rustc: Rustc) -> dict[str, object]:
    """What the figures depend on."""
    cpus = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "rustc": rustc.toolchain.rustc,
        "host": rustc.toolchain.host,
        "python": platform.python_version(),
        "processor": cpus[0] if cpus else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
        "load": [round(load, 1) for load in os.getloadavg()],
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", choices=["distinct", "repeated"], default=["distinct", "repeated"])
    parser.add_argument("--only", nargs="+", default=[""], help="parts of the names of those who take part")
    parser.add_argument("--most-mib", type=int, default=0, help="fail where more memory was used, in MiB")
    parser.add_argument("--write", action="store_true", help="keep figures, table and chart in docs/speed/")
    chosen = parser.parse_args()
    rustc = find_rustc("", Cache(None))
    machine = facts(rustc)
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    makers = {"distinct": workload.distinct, "repeated": workload.repeated}
    races = [
        race(f"{size} {kind}", makers[kind](size), rustc, rounds(size, chosen.rounds), chosen.only)
        for size in chosen.sizes
        for kind in chosen.kinds
    ]
    machine["load after"] = [round(load, 1) for load in os.getloadavg()]
    print(f"load afterwards: {machine['load after']}")
    linear = linearity(races)
    print("\n".join(linear))
    if chosen.write:
        chart.write(Path(__file__).parents[2] / "docs" / "speed", machine, races, linear)
    if chosen.most_mib and memory_mib() > chosen.most_mib:
        sys.exit(f"more than {chosen.most_mib} MiB of memory were used: {memory_mib()}")


if __name__ == "__main__":
    main()
