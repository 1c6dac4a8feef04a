"""Batching must not show (DESIGN 4.7): every program of the corpus in a batch and alone, and batches that break."""

from __future__ import annotations

import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from heapledger.config import Config
from heapledger.engine import batch_debug, batch_member, batch_release
from heapledger.engine import compile as compiling
from heapledger.engine.batch_member import Member
from heapledger.engine.cache import Cache
from heapledger.engine.objects import NotAsExpected, take_program
from heapledger.engine.plan import measure_all
from heapledger.engine.task import Surroundings, Task, make_task
from heapledger.engine.tools import tool_environment
from heapledger.model import ExitKind, Ledger, Profile
from heapledger.source.program import Program, build_program
from heapledger.source.snippet import read_rust
from heapledger.source.surroundings import why_alone
from heapledger.toolchain.find import Rustc, find_rustc
from heapledger.toolchain.tracer import BuiltTracer, build_tracer
from heapledger.verify.events import describe

CORPUS = Path(__file__).resolve().parents[1] / "truth" / "corpus"


@pytest.fixture(scope="module")
def found(shared_cache: Path) -> Rustc:
    return find_rustc("", Cache(shared_cache))


def program(text: str) -> Program:
    return build_program(read_rust(text=text, file="case.rs", snippet_id="case"))[0]


def tasks(programs: list[Program], rustc: Rustc, profile: Profile, executor: str = "local") -> list[Task]:
    around = Surroundings(rustc=rustc, config=Config(executor=executor, compile_timeout=10.0))
    return [make_task(one, profile, around, run=True, timeout=None) for one in programs]


def measured(works: list[Task], rustc: Rustc, executor: str = "local") -> list[Ledger]:
    results = measure_all(works, rustc, Cache(None), executor=executor)
    ledgers = []
    for work in works:
        result = results.of(work, Ledger)
        assert result is not None
        assert result.value is not None, result.trouble
        ledgers.append(result.value)
    return ledgers


def facts(ledger: Ledger) -> dict[str, object]:
    """What must not depend on how the program was compiled; of what is not stable only what is promised."""
    totals = ledger.totals
    assert totals is not None
    stable = {name: getattr(totals, name) for name in ("allocs", "reallocs", "bytes")}
    stable |= {name: getattr(totals, name) for name in ("frees", "live", "peak") if name not in ledger.unstable}
    births = [event for event in ledger.events if event.kind.value != "dealloc"]
    return {
        "totals": stable,
        "events": Counter((describe(event), event.align, event.line, event.runtime, event.path) for event in births),
        "in order": [(describe(e), e.line, e.path) for e in ledger.events] if ledger.threads == 1 else [],
        "end": (ledger.exit.kind, ledger.exit.code, ledger.exit.signal, ledger.exit.message),
        "output": (ledger.stdout, ledger.stderr),
    }


@pytest.fixture
def rustc_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sources that rustc compiled, in order; the real rustc runs."""
    seen: list[str] = []
    real = compiling.run_rustc

    def noted(command: list[str], *rest: object) -> object:
        seen.append(next(part for part in command if part.startswith("src/")))
        return real(command, *rest)  # type: ignore[arg-type]

    for module in (compiling, batch_member, batch_release):
        monkeypatch.setattr(module, "run_rustc", noted)
    return seen


@pytest.mark.parametrize("profile", list(Profile))
def test_the_corpus_in_batches_and_alone(profile: Profile, found: Rustc, rustc_runs: list[str]) -> None:
    paths = sorted(CORPUS.glob("*.rs"))
    programs = [program(path.read_text(encoding="utf-8")) for path in paths]
    together = measured(tasks(programs, found, profile), found)
    batched = [not why_alone(one) for one in programs]
    assert sum(batched) >= 60
    # in debug, main of main_err returns a type that the dispatcher may not name: it is taken out of its batch
    taken_out = 1 if profile is Profile.DEBUG else 0
    assert rustc_runs.count("src/main.rs") == len(batched) - sum(batched) + taken_out
    alone = measured(tasks(programs, found, profile, "standalone"), found, "standalone")
    for path, one, other in zip(paths, together, alone, strict=True):
        if one.totals is not None and path.stem != "hash_map":  # its order changes from run to run
            assert facts(one) == facts(other), path.stem


def code_of(objects: list[Path]) -> list[bytes]:
    """The machine code in object files, before the linker fills addresses in: names do not show in it."""
    found = []
    for path in objects:
        with path.open("rb") as file:
            found += [part.data() for part in ELFFile(file).iter_sections() if part.name.startswith(".text")]
    return sorted(found)


def objects_of(folder: Path, member: Member, found: Rustc, tracer: BuiltTracer, *, alone: bool) -> list[Path]:
    """Compile as the batch does, or by the names of a program of its own, and keep the objects."""
    batch_release.prepare_folder(folder)
    group = batch_release.ReleaseBatch((member,), folder)
    command = batch_release.command(group, member, found, tracer)
    if alone:
        source, output = "src/main.rs", "target/alone"
        renamed = {member.crate: "snippet", member.source: source, f"target/{member.name}": output}
        command = [renamed.get(part, part) for part in command]
        at = command.index(f"metadata={member.name}")
        del command[at - 1 : at + 1]
    else:
        source, output = member.source, f"target/{member.name}"
    (folder / f"{output}.objects").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / source).write_text(member.task.program.traced_text, encoding="utf-8")
    subprocess.run(command, cwd=folder, env=tool_environment(), check=True, capture_output=True)
    return take_program(folder / f"{output}.objects", "main_1")


def test_release_objects_are_those_of_a_program_alone(found: Rustc, shared_cache: Path, tmp_path: Path) -> None:
    programs = [program(path.read_text(encoding="utf-8")) for path in sorted(CORPUS.glob("*.rs"))]
    alike = [one for one in programs if not why_alone(one)]
    tracer = build_tracer(found, Cache(shared_cache), shared_cache)
    members = [
        Member(task, number, f"{number:04}")
        for number, task in enumerate(tasks(alike, found, Profile.RELEASE), start=1)
    ]

    def differs(member: Member) -> bool:
        folder = tmp_path / member.name
        one, other = (objects_of(folder / str(alone), member, found, tracer, alone=alone) for alone in (False, True))
        return code_of(one) != code_of(other) or not code_of(one)

    with ThreadPoolExecutor(2) as pool:
        different = [
            member.task.program.text for member, wrong in zip(members, pool.map(differs, members), strict=True) if wrong
        ]
    assert different == []


def test_what_is_no_object_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.rcgu.o").write_bytes(b"\x7fELF and no more")
    with pytest.raises(NotAsExpected, match=r"a\.rcgu\.o is no object file"):
        take_program(tmp_path, "main_1")


GOOD = [f"fn main() {{\n    let v = vec![{n}u8; {n}];\n    std::hint::black_box(&v);\n}}\n" for n in range(1, 7)]
BROKEN = {
    "a type": 'fn main() {\n    let n: u8 = "text";\n}\n',
    "a brace": "fn main() {\n    let n = (1;\n}\n",
    "a borrow": "fn main() {\n    let s = String::new();\n    drop(s);\n    drop(s);\n}\n",
}


@pytest.mark.parametrize("profile", list(Profile))
def test_broken_programs_are_taken_out(profile: Profile, found: Rustc, rustc_runs: list[str]) -> None:
    programs = [program(text) for text in [*GOOD, *BROKEN.values()]]
    ledgers = measured(tasks(programs, found, profile), found)
    for number, ledger in enumerate(ledgers[: len(GOOD)], start=1):
        assert ledger.totals is not None
        assert ledger.totals.bytes == number
    for ledger in ledgers[len(GOOD) :]:
        assert ledger.exit.kind is ExitKind.COMPILE_ERROR
        assert ledger.exit.diagnostics[0].line is not None
    assert rustc_runs.count("src/batch.rs") <= batch_debug.ROUNDS


def test_a_program_that_rustc_cannot_finish_costs_only_itself(found: Rustc) -> None:
    endless = "#[allow(long_running_const_eval)]\nconst X: u64 = {\n    let mut i = 0u64;\n    while i < u64::MAX {\n"
    endless += '        i += 1;\n    }\n    i\n};\nfn main() {\n    println!("{X}");\n}\n'
    ledgers = measured(tasks([program(text) for text in [*GOOD, endless]], found, Profile.DEBUG), found)
    assert [ledger.totals.bytes for ledger in ledgers[:-1] if ledger.totals] == [1, 2, 3, 4, 5, 6]
    assert "compiling took more than" in (ledgers[-1].exit.message or "")


ALONE = {
    "file!": 'fn main() {\n    println!("{}", file!());\n}\n',
    "a nested line!": 'fn main() {\n    println!("{}", line!());\n}\n',
    "type_name": "fn main() {\n    let n = std::any::type_name::<u8>();\n    drop(n);\n}\n",
    "crate::": "fn f() {}\nfn main() {\n    crate::f();\n}\n",
    "inner attributes": "#![allow(unused)]\nfn main() {}\n",
    "no_mangle": "#[unsafe(no_mangle)]\npub fn f() {}\nfn main() {}\n",
    "macro_export": "#[macro_export]\nmacro_rules! m {\n    () => {};\n}\nfn main() {}\n",
    "a main of another kind": "fn main() -> impl std::process::Termination {}\n",
    "an allocator": "#[global_allocator]\nstatic A: std::alloc::System = std::alloc::System;\nfn main() {}\n",
}


@pytest.mark.parametrize("name", ALONE)
def test_what_looks_at_its_surroundings_stands_alone(name: str) -> None:
    assert why_alone(program(ALONE[name]))


def test_everything_else_may_be_one_of_many() -> None:
    assert why_alone(program(GOOD[0])) == ""
