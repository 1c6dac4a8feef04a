"""How a reader repeats a measurement: a cargo project to paste, our own command, and two web sites."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import quote

from heapledger.model import Ledger, Profile
from heapledger.source.program import Program

MAX_URL = 7_500
"""Longest address, in characters: the sites refuse those above 8 KiB."""
COUNTER_CRATE = "counter"
_RELEASE = "-C opt-level=3"
_END = "END_OF_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """Everything that stands under "Run it yourself"."""

    program: str
    """The whole program, as it was compiled."""
    file: str
    """Name to save it under."""
    project: str
    """Commands for a shell that make a cargo project with a counting crate and run it."""
    counts: bool
    """Whether the project counts: not for a program with an allocator of its own, or without std."""
    command: str
    """Our own command."""
    playground: str
    """Address on the Rust Playground, or empty where the program is too long for one."""
    explorer: str
    """Address on Compiler Explorer, with the compiler's version and a pane for each profile's flags; or empty."""
    rustc: str
    """Version of the compiler there."""


def reproduce(
    snippet_id: str, program: Program, edition: str, ledgers: tuple[Ledger, ...], *, run: bool
) -> Reproduction:
    """Collect the ways to repeat what was measured.

    :param ledgers: one a profile; empty where nothing was measured.
    :param run: whether the program is run, or only built.
    """
    text = "".join(line.rstrip() + "\n" for line in program.text.rstrip("\n").split("\n"))
    counts = program.traced and run
    return Reproduction(
        program=text,
        file=f"{snippet_id}.rs",
        project=cargo_project(snippet_id, text, edition, counts=counts, run=run),
        counts=counts,
        command=f"heapledger run {snippet_id}.rs",
        playground=playground_address(text, edition),
        explorer=explorer_address(text, edition, ledgers),
        rustc=ledgers[0].toolchain.rustc if ledgers else "",
    )


def cargo_project(snippet_id: str, program: str, edition: str, *, counts: bool, run: bool) -> str:
    """Return shell commands that make the project and build or run it in both profiles.

    The counter stands in a crate of its own: in the program's crate it would keep the optimizer from deleting
    allocations that nobody needs.
    """
    lines = [f"cargo new --vcs none --edition {edition} --name snippet {snippet_id}", f"cd {snippet_id}"]
    if counts:
        lines += [
            f"cargo new --vcs none --lib --edition 2021 {COUNTER_CRATE}",
            f"cargo add --path {COUNTER_CRATE}",
            *_file(f"{COUNTER_CRATE}/src/lib.rs", counter_source()),
        ]
        program += f"extern crate {COUNTER_CRATE} as _;\n"
    lines += _file("src/main.rs", program)
    verb = "run" if run else "build"
    lines += [f"cargo {verb}", f"cargo {verb} --release"]
    return "\n".join(lines)


def counter_source() -> str:
    """Return the source of the counting crate."""
    return (files("heapledger.render") / "counter.rs").read_text(encoding="utf-8")


def playground_address(program: str, edition: str) -> str:
    """Return an address that opens the program on the Rust Playground, which compiles with the current stable rustc."""
    address = (
        f"https://play.rust-lang.org/?version=stable&mode=release&edition={edition}&code={quote(program, safe='')}"
    )
    return address if len(address) <= MAX_URL else ""


def explorer_address(program: str, edition: str, ledgers: tuple[Ledger, ...]) -> str:
    """Return an address that opens the program on Compiler Explorer with the version and flags of the ledgers."""
    compilers = []
    for ledger in ledgers:
        options = f"--edition={edition} --crate-type=bin --crate-name=snippet"
        if ledger.profile is Profile.RELEASE:
            options = f"{_RELEASE} {options}"
        compilers.append({"id": explorer_compiler(ledger.toolchain.rustc), "options": options})
    if not compilers:
        return ""
    state = {"sessions": [{"id": 1, "language": "rust", "source": program, "compilers": compilers}]}
    packed = zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 9)
    address = f"https://godbolt.org/clientstate/{quote(base64.b64encode(packed).decode(), safe='')}"
    return address if len(address) <= MAX_URL else ""


def explorer_compiler(version: str) -> str:
    """Return Compiler Explorer's name of a rustc: ``r1950`` for 1.95.0, ``beta`` and ``nightly`` as they are."""
    number, _, channel = version.partition("-")
    if channel:
        return "nightly" if channel.startswith("nightly") else "beta"
    return "r" + number.replace(".", "")


def _file(name: str, text: str) -> list[str]:
    """Return a here-document that writes a file; its end mark is no line of the text."""
    lines = text.rstrip("\n").split("\n")
    mark = _END
    while mark in lines:
        mark += "_"
    return [f"cat > {name} <<'{mark}'", *lines, mark]
