"""What a snapshot says equals what the program prints of itself: one program for each type, in ``programs/``.

The programs print in a run of their own, so addresses differ; what is compared is where pointers lead. Two pointers go
into the same block exactly where their addresses minus the snapshot's offsets are the same. Lines ``//= …`` say what a
program cannot print: that a variable is moved, that a block is leaked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.measure.snapshot.types import short_name
from heapledger.model import Profile
from heapledger.model_snapshot import Block, Pointer, Snapshot, Variable
from heapledger.outcome import SnippetOutcome
from heapledger.session import evaluate

from .conftest import FACT, PROGRAMS, snippet_of

NAMES = sorted(path.stem for path in PROGRAMS.glob("*.rs"))


@dataclass
class Said:
    """What a program printed about one variable."""

    name: str
    facts: dict[str, str] = field(default_factory=dict)

    def address(self, key: str) -> int | None:
        return int(self.facts[key], 16) if key in self.facts else None


@dataclass
class Case:
    name: str
    text: str
    outcome: SnippetOutcome
    snapshot: Snapshot
    said: list[Said]
    expected: list[list[str]]

    def variable(self, name: str) -> Variable:
        """The innermost variable of a name that is not shadowed."""
        found = [one for frame in self.snapshot.frames for one in frame.variables if one.name == name]
        return next(one for one in found if not one.shadowed)

    def block(self, number: int) -> Block:
        return next(block for block in self.snapshot.blocks if block.block == number)


@pytest.fixture(scope="session")
def outcomes(shared_cache: Path) -> dict[str, SnippetOutcome]:
    snippets = [snippet_of(FACT + (PROGRAMS / f"{name}.rs").read_text(encoding="utf-8"), name) for name in NAMES]
    session = evaluate(snippets, Config(profiles=(Profile.DEBUG,)), cache=Cache(shared_cache))
    return {outcome.snippet.id: outcome for outcome in session.outcomes}


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, outcomes: dict[str, SnippetOutcome]) -> Case:
    name = request.param
    outcome = outcomes[name]
    text = (PROGRAMS / f"{name}.rs").read_text(encoding="utf-8")
    assert outcome.findings == (), [finding.text for finding in outcome.findings]
    ledger = outcome.profiles[0].ledger
    assert ledger is not None
    assert ledger.exit.kind.value == "returned", ledger.stderr
    assert outcome.snapshots is not None
    (snapshot,) = outcome.snapshots.snapshots
    said = []
    for line in ledger.stdout.splitlines():
        name, *facts = line.split("\t")
        if facts and all("=" in fact for fact in facts):
            said.append(Said(name, dict(fact.split("=", 1) for fact in facts)))
    expected = [line.removeprefix("//= ").split(" ") for line in text.splitlines() if line.startswith("//= ")]
    return Case(request.param, text, outcome, snapshot, said, expected)


PLAIN = {"size", "type", "value", "variant", "at", "to", "bytes"}


def test_what_it_prints(case: Case) -> None:
    assert case.said or case.expected
    for said in case.said:
        variable = case.variable(said.name)
        facts = said.facts
        assert variable.state.value == "live", said.name
        if "size" in facts:
            assert variable.size == int(facts["size"]), said.name
        if "type" in facts:
            assert variable.type == short_name(facts["type"].replace("program::", "")), said.name
        if "value" in facts:
            assert variable.value == facts["value"], said.name
        if "variant" in facts:
            assert variable.variant == facts["variant"].strip('"'), said.name
        fields = {one.name: one.value for one in variable.fields}
        for key in facts.keys() - PLAIN:
            assert fields.get(key) == facts[key].strip('"'), (said.name, key)


def test_where_it_points(case: Case) -> None:
    """Follow the first pointer of each variable that says where it points to."""
    places = {said.name: at for said in case.said if (at := said.address("at")) is not None}
    bases: dict[int, int] = {}
    for said in case.said:
        to = said.address("to")
        if to is None:
            continue
        pointer = first_pointer(case.variable(said.name))
        if isinstance(pointer.block, int):
            base = to - pointer.offset
            assert bases.setdefault(pointer.block, base) == base, said.name
            if "bytes" in said.facts:
                assert case.block(pointer.block).size == int(said.facts["bytes"]), said.name
        elif isinstance(pointer.frame, int):
            target = next(frame for frame in case.snapshot.frames if frame.id == pointer.frame)
            name = next(one.name for one in target.variables if one.id == pointer.variable)
            if name in places:
                assert to == places[name] + pointer.offset, said.name
        else:
            assert isinstance(pointer.static, int), (said.name, pointer)
    assert len(set(bases.values())) == len(bases)


def first_pointer(variable: Variable) -> Pointer:
    assert variable.points_to, variable
    return variable.points_to[0]


def check_value(case: Case, name: str, *words: str) -> None:
    assert case.variable(name).value == " ".join(words)


def check_state(case: Case, name: str, state: str) -> None:
    assert case.variable(name).state.value == state


def check_same(case: Case, first: str, second: str) -> None:
    one, other = first_pointer(case.variable(first)), first_pointer(case.variable(second))
    assert (one.block, one.offset) == (other.block, other.offset)
    assert isinstance(one.block, int)


def check_points(case: Case, name: str, target: str) -> None:
    pointer = first_pointer(case.variable(name))
    frame = next(frame for frame in case.snapshot.frames if frame.id == pointer.frame)
    assert next(one.name for one in frame.variables if one.id == pointer.variable) == target
    assert not pointer.owns


def check_owns(case: Case, name: str) -> None:
    pointer = next(one for one in case.variable(name).points_to if one.owns)
    assert isinstance(pointer.block, int)
    assert case.block(pointer.block).owners


def check_unknown(case: Case, name: str, *words: str) -> None:
    assert first_pointer(case.variable(name)).unknown == " ".join(words)


def check_field(case: Case, name: str, *words: str) -> None:
    shown = [f"{one.name} {one.value}" for one in case.variable(name).fields]
    assert " ".join(words) in shown


def check_variant(case: Case, name: str, variant: str) -> None:
    assert case.variable(name).variant == variant


def check_static(case: Case, *words: str) -> None:
    *symbol, section = words
    found = {static.symbol: static.section for static in case.snapshot.statics}
    assert found.get(" ".join(symbol)) == section


def check_static_value(case: Case, symbol: str, *words: str) -> None:
    assert next(one.value for one in case.snapshot.statics if one.symbol == symbol) == " ".join(words)


def check_thread_local(case: Case, *words: str) -> None:
    found = [static for static in case.snapshot.statics if static.section in {".tdata", ".tbss"}]
    assert [static.value for static in found] == [" ".join(words)]


def check_leaked(case: Case, number: str) -> None:
    assert case.block(int(number)).state.value == "leaked"


def check_not_leaked(case: Case, number: str) -> None:
    assert case.block(int(number)).state.value == "live"


def check_live(case: Case, number: str) -> None:
    assert case.block(int(number)).type is not None


def check_shadowed(case: Case, name: str, count: str) -> None:
    found = [one for one in case.snapshot.frames[0].variables if one.name == name]
    assert [one.shadowed for one in found] == [True] * int(count) + [False]


def check_order(case: Case, *names: str) -> None:
    assert [one.name for one in case.snapshot.frames[0].variables] == list(names)


def check_names(case: Case, *names: str) -> None:
    check_order(case, *names)


def check_functions(case: Case, *names: str) -> None:
    assert " ".join(frame.function for frame in case.snapshot.frames) == " ".join(names)


def check_hit(case: Case, hit: str) -> None:
    assert case.snapshot.hit == int(hit)


def check_thread(case: Case, number: str) -> None:
    assert case.snapshot.thread == int(number)


def check_chain(case: Case, length: str) -> None:
    """Blocks that own one another, the first owned by the only variable."""
    pointer = first_pointer(case.snapshot.frames[0].variables[0])
    seen = []
    while isinstance(pointer.block, int):
        seen.append(pointer.block)
        points = case.block(pointer.block).points_to
        if not points:
            break
        pointer = points[0]
    assert len(set(seen)) == len(seen) == int(length)


def check_owned_by(case: Case, number: str, other: str) -> None:
    assert int(other) in [owner.block for owner in case.block(int(number)).owners]


def check_spare(case: Case, number: str, spare: str) -> None:
    assert case.block(int(number)).spare == int(spare)


CHECKS: dict[str, Callable[..., None]] = {
    name.removeprefix("check_").replace("_", "-"): function
    for name, function in list(globals().items())
    if name.startswith("check_")
}


def test_what_it_cannot_print(case: Case) -> None:
    for what, *words in case.expected:
        CHECKS[what](case, *words)


def test_there_are_enough_programs() -> None:
    assert len(NAMES) >= 40
    for name in NAMES:
        text = (PROGRAMS / f"{name}.rs").read_text(encoding="utf-8")
        assert re.search(r"fact!|println!|//=", text), name


def test_no_address_is_kept(case: Case) -> None:
    """An address would change from run to run, and mean nothing to a reader."""
    assert case.outcome.snapshots is not None
    assert not re.search(r"0x[0-9a-f]{6,}", repr(case.snapshot))
