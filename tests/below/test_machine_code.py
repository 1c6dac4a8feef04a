"""``section``, ``symbol``, ``frame`` and ``calls`` against readelf, nm, LLVM's own stack sizes and objdump."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from heapledger.measure.frames import frame_size
from heapledger.measure.names import demangled
from heapledger.model import Profile
from heapledger.source.questions import Question

from .conftest import NIGHTLY, TOOLCHAINS, Workshop

PROFILES = list(Profile)
ALLOCATOR = ("__rust_alloc", "__rust_dealloc", "__rust_realloc", "__rust_alloc_zeroed")
SECTIONS = {
    "NUMBERS": ".rodata",
    "TEXT": ".data.rel.ro",
    "NAMES": ".data.rel.ro",
    "COUNTER": ".bss",
    "STARTED": ".data",
    "GUARDED": ".data",
    "BUFFER": ".bss",
    "FILLED": ".data",
    "TABLE": ".data.rel.ro",
    "LIMIT": "none",
    "DEPTH": ".tdata",
    "ZERO": ".tbss",
    "LAZY": ".tbss",
    "INNER": ".rodata",
    "LOCAL": ".rodata",
    "double": ".text",
    "main": ".text",
}
"""What the guide says, in both profiles."""


def tool(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_sections_are_those_of_readelf(workshop: Workshop, toolchain: str, profile: Profile) -> None:
    built = workshop.program("sections", profile, toolchain)
    truth = readelf_sections(built.path)
    checked = 0
    for name, expected in SECTIONS.items():
        answer = built.reader.answer(Question("section", (name,)))
        assert answer.value == expected, (name, answer)
        if expected != "none":
            found = {section for symbol, section in truth.items() if part_of(name, symbol)}
            assert expected in found, (name, found)
            checked += 1
    assert checked >= 15


def part_of(name: str, symbol: str) -> bool:
    """Whether a mangled name has the item's name among its parts: ``4TEXT`` with its length."""
    return f"{len(name)}{name}" in symbol


def readelf_sections(path: Path) -> dict[str, str]:
    """Mangled name -> section, as readelf prints them."""
    headers = tool("readelf", "-SW", str(path))
    names = dict(re.findall(r"^\s*\[\s*(\d+)\]\s+(\S+)", headers, re.MULTILINE))
    found = {}
    for line in tool("readelf", "-sW", str(path)).splitlines():
        parts = line.split()
        if len(parts) >= 8 and parts[6].isdigit():
            found[parts[7]] = names.get(parts[6], "")
    return found


def test_a_folded_static_and_a_const_leave_no_trace(workshop: Workshop) -> None:
    reader = workshop.program("sections", Profile.RELEASE).reader
    flag = reader.answer(Question("section", ("FLAG",)))
    assert (flag.value, flag.trouble) == (
        "none",
        "nothing is left of the static: its value was folded into the code that reads it, or nothing reads it",
    )
    folded = reader.answer(Question("section", ("folded",)))
    assert (folded.value, "it was inlined into snippet::main" in folded.trouble) == ("none", True)
    debug = workshop.program("sections", Profile.DEBUG).reader
    assert debug.answer(Question("section", ("folded",))).value == ".text"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_symbols_are_those_of_nm(workshop: Workshop, toolchain: str, profile: Profile) -> None:
    built = workshop.program("calls", profile, toolchain)
    listed = {line.split()[-1].split("@")[0] for line in tool("nm", str(built.path)).splitlines()}
    assert len(listed) > 500
    for name in sorted(listed)[::10]:
        assert built.reader.answer(Question("symbol", (name,))).value == "present", name
    for name in ("memcpy", "leaf", "once", "snippet::once", *ALLOCATOR):
        assert built.reader.answer(Question("symbol", (name,))).value == "present", name
    for name in ("__rust_allocate", "leaves", "snippet::two", "once::leaf"):
        assert name not in listed
        assert built.reader.answer(Question("symbol", (name,))).value == "absent", name


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("toolchain", [NIGHTLY] if NIGHTLY in TOOLCHAINS else [])
def test_frames_are_those_of_llvm(
    workshop: Workshop, toolchain: str, profile: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    compared = sizes = 0
    paged: set[int] = set()
    for name in ("frames", "sections", "calls"):
        linked = workshop.program(name, profile, toolchain).reader.linked
        truth = stack_sizes(linked.path)
        for function in linked.functions:
            if function.address not in truth or not function.size:
                continue
            code = linked.code(function)
            measured, expected = frame_size(code), truth[function.address]
            compared += 1
            if any(one.mnemonic == "and" and one.operands.startswith("rsp, ") for one in code[:8]):
                assert expected <= measured < expected + 128, function.shown
                continue
            assert measured == expected, function.shown
            sizes += expected > 0
            if expected >= 4096:
                paged.add(expected)
    with capsys.disabled():
        print(f"\n{profile.value}: {compared} frames as LLVM says, {sizes} not empty, {len(paged)} over a page")
    assert compared >= 60
    assert sizes >= 30
    assert len(paged) >= 8


def stack_sizes(path: Path) -> dict[int, int]:
    """Read ``.stack_sizes``: an address of eight bytes, then the size as a LEB128 number."""
    with path.open("rb") as file:
        data = ELFFile(file).get_section_by_name(".stack_sizes").data()
    found: dict[int, int] = {}
    at = 0
    while at < len(data):
        address = int.from_bytes(data[at : at + 8], "little")
        at += 8
        size = shift = 0
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        found[address] = size
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_frames_on_stable_are_those_of_the_documented_sizes(workshop: Workshop, profile: Profile) -> None:
    """Without LLVM's word: an array needs at least its bytes, and never more than a few words beyond them.

    Smaller ones may lie in the 128 bytes below the stack pointer that a function which calls nothing may use.
    """
    reader = workshop.program("frames", profile).reader
    for size in (1000, 4000, 4096, 4097, 8192, 9000, 16384, 65536, 100_000, 200_000):
        frame = reader.answer(Question("frame", (f"bytes_{size}",))).value
        assert isinstance(frame, int)
        assert size <= frame < size + 64, (size, frame)
    assert reader.answer(Question("frame", ("sum",))).value == 0


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_calls_are_those_of_objdump(workshop: Workshop, toolchain: str, profile: Profile) -> None:
    functions = compared = 0
    for name in ("calls", "frames", "sections"):
        built = workshop.program(name, profile, toolchain)
        truth = objdump_calls(built.path)
        for function in built.reader.linked.functions:
            if not function.is_own or function.name not in truth:
                continue
            functions += 1
            for called in set(truth[function.name]) | {"memcpy", "memset"}:
                answer = built.reader.answer(Question("calls", (function.name, called)))
                assert answer.value == truth[function.name].count(called), (function.shown, demangled(called), answer)
                compared += 1
    assert functions >= 30
    assert compared >= 80


def objdump_calls(path: Path) -> dict[str, list[str]]:
    """Mangled name of each function -> mangled names of what it calls or jumps to."""
    slots = relocated(path)
    found: dict[str, list[str]] = {}
    here = ""
    for line in tool("objdump", "-d", "-w", "--no-show-raw-insn", "-M", "intel", str(path)).splitlines():
        head = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if head:
            here = head[1]
            found[here] = []
            continue
        match = re.search(r"\t(call|j\w+) +(.*)$", line)
        if match is None:
            continue
        direct = re.search(r"[0-9a-f]+ <([^+>]+)>$", match[2])
        through = re.search(r"# ([0-9a-f]+)(?: <([^>]*)>)?", match[2])
        if through and "[rip" in match[2]:
            name = slots.get(int(through[1], 16))
            if name:
                found[here].append(name)
        elif direct and (direct[1] != here or match[1] == "call"):
            found[here].append(direct[1].split("@")[0])
    return found


def relocated(path: Path) -> dict[int, str]:
    """Slot of the global offset table -> mangled name of the function it holds, from readelf's relocations."""
    by_address = {}
    for line in tool("readelf", "-sW", str(path)).splitlines():
        parts = line.split()
        if len(parts) >= 8 and parts[3] == "FUNC" and parts[6] != "UND":
            by_address[int(parts[1], 16)] = parts[7].split("@")[0]
    found = {}
    for line in tool("readelf", "-rW", str(path)).splitlines():
        parts = line.split()
        if len(parts) >= 4 and parts[2] == "R_X86_64_RELATIVE" and int(parts[3], 16) in by_address:
            found[int(parts[0], 16)] = by_address[int(parts[3], 16)]
        elif len(parts) >= 5 and parts[2] in {"R_X86_64_GLOB_DAT", "R_X86_64_JUMP_SLOT"}:
            found[int(parts[0], 16)] = parts[4].split("@")[0]
    return found
