"""The table of kinds of work: one plan, several kinds, each decoded strictly."""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.engine.image import make_image_work
from heapledger.engine.kinds import KINDS
from heapledger.engine.plan import load_known
from heapledger.engine.probe import make_probe_work
from heapledger.engine.task import Surroundings, make_task
from heapledger.model import Profile, Toolchain
from heapledger.model_below import Answer, Image, Probe
from heapledger.source.program import build_program
from heapledger.source.questions import Question
from heapledger.source.snippet import read_rust
from heapledger.toolchain.find import Rustc

RUSTC = Rustc(
    path="rustc",
    sysroot="",
    toolchain=Toolchain(rustc="1.95.0", commit="", host="x86_64-unknown-linux-gnu", llvm=""),
    verbose="rustc 1.95.0",
    fingerprint="",
)
AROUND = Surroundings(rustc=RUSTC, config=Config())
PROGRAM, _ = build_program(read_rust(text="fn main() {}\n", file="p.rs", snippet_id="p"))
TASK = make_task(PROGRAM, Profile.DEBUG, AROUND, run=True, timeout=None)
FRAME = Question("frame", ("main",))


def test_every_kind_has_records_of_its_own() -> None:
    assert len({kind.work for kind in KINDS}) == len({kind.result for kind in KINDS}) == len(KINDS)


def test_keys_tell_kinds_and_questions_apart() -> None:
    keys = {
        TASK.key,
        make_image_work(TASK, (FRAME,), (), AROUND).key,
        make_image_work(TASK, (), ("frame(main)",), AROUND).key,
        make_image_work(TASK, (Question("frame", ("mai", "n")),), (), AROUND).key,
        make_probe_work(TASK, (), ("frame(main)",), AROUND).key,
        make_probe_work(TASK, (Question("size", ("u8",)),), (), AROUND).key,
    }
    assert len(keys) == 6


def test_a_stored_result_comes_back_as_its_kind_and_a_foreign_one_does_not(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    image = make_image_work(TASK, (FRAME,), (), AROUND)
    probe = make_probe_work(TASK, (), ("u8",), AROUND)
    stored = Image(answers={"frame(main)": Answer(value=8)}, codes=())
    for work in (image, probe):
        cache.write(work.key, zlib.compress(msgspec.json.encode(stored)))
    known = load_known([image, probe, TASK], cache)
    found = known.of(image, Image)
    assert found is not None
    assert found.value == stored
    assert known.of(image, Probe) is None
    assert known.of(probe, Probe) is None
    assert len(known) == 1
