"""How a reader repeats a measurement."""

from __future__ import annotations

from heapledger.source.program import Program


def program_text(program: Program) -> str:
    """Return the whole program as a reader compiles it."""
    return program.text


def commands(snippet_id: str, edition: str) -> str:
    """Return commands that measure the program again, in a new cargo project."""
    return "\n".join(
        [
            f"cargo new --edition {edition} --name snippet {snippet_id}",
            f"cd {snippet_id}",
            "# put the program above into src/main.rs",
            "heapledger run src/main.rs",
            "cargo build --release",
            "valgrind --tool=dhat target/release/snippet",
        ]
    )
