"""The complete source compiled for a snippet: the shown text plus its hidden lines, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from heapledger.source import rust

if TYPE_CHECKING:
    from heapledger.source.snippet import Snippet

TRACER_CRATE = "heapledger_tracer"
TRACER_LINE = f"extern crate {TRACER_CRATE} as _;"
"""What brings the tracer in. It stands after the end of the text, so that no line or column moves."""


class Program(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One ``src/main.rs``."""

    text: str
    """The program as a reader copies it, with a newline at the end."""
    edition: str | None
    """Edition that was asked for, or None for the newest that the toolchain knows."""
    wrapped: bool
    """``fn main() {`` was put around the snippet."""
    offset: int
    """Lines that the wrapper puts before the snippet's lines (0 or 1)."""
    kept_above: int
    """Lines at the start that stay above the wrapper: inner attributes."""
    lines: int
    """Lines of the snippet's source."""
    traced: bool
    """False for a program with its own ``#[global_allocator]`` or without std: it is built as it is, without counts."""
    no_std: bool
    own_start: bool = False
    """It is ``no_main`` and has a ``_start`` of its own: linked without the C start files."""

    @property
    def extra_flags(self) -> tuple[str, ...]:
        """Flags of rustc beyond cargo's profile, which readers need too."""
        found = ("-C", "panic=abort") if self.no_std else ()
        return (*found, "-C", "link-arg=-nostartfiles") if self.own_start else found

    @property
    def traced_text(self) -> str:
        """The text as it is compiled for measuring."""
        return self.text + TRACER_LINE + "\n" if self.traced else self.text

    def source_line(self, line: int) -> int | None:
        """Line of the snippet's source for a line of the program.

        The line after the last stands for the closing brace of a wrapped main. None: a line that is not the author's.
        """
        if line <= self.kept_above:
            return line
        source = line - self.offset
        if source <= self.kept_above:
            return None
        if source <= self.lines:
            return source
        return self.lines + 1 if self.wrapped and source == self.lines + 1 else None

    def program_line(self, source_line: int) -> int:
        """Line of the program for a line of the snippet's source."""
        return source_line if source_line <= self.kept_above else source_line + self.offset


def build_program(snippet: Snippet) -> tuple[Program, tuple[tuple[int, str], ...]]:
    """Make the program of a snippet.

    :returns: the program, and what is wrong with its hidden lines: each a line of the source and a text.
    """
    code = list(snippet.code)
    text = "\n".join(code)
    wrapped = not rust.has_main(text) and not _stands_alone(text)
    kept = 0
    if wrapped:
        kept = rust.leading_inner_attributes(text)
        result = rust.result_type_of_last_expression("\n".join(code[kept:]))
        head = f"fn main() -> {result} {{" if result else "fn main() {"
        code[kept:kept] = [head]
        code.append("}")
    program = Program(
        text="\n".join(code) + "\n",
        edition=snippet.options.edition,
        wrapped=wrapped,
        offset=1 if wrapped else 0,
        kept_above=kept,
        lines=len(snippet.code),
        traced="global_allocator" not in rust.attribute_words(text) and not _stands_alone(text),
        no_std="no_std" in rust.inner_attribute_words(text),
        own_start=_stands_alone(text) and "_start" in rust.declared_names(text)["function_item"],
    )
    return program, _check_hidden(snippet, program)


def _stands_alone(text: str) -> bool:
    return bool(rust.inner_attribute_words(text) & {"no_std", "no_main"})


def _check_hidden(snippet: Snippet, program: Program) -> tuple[tuple[int, str], ...]:
    rows = frozenset(program.program_line(line) - 1 for line in snippet.hidden)
    wrong = rust.non_declarations(program.text, rows)
    if not wrong:
        return ()
    shown = program.text.split("\n")[wrong[0]].strip()
    text = (
        f"a hidden line may only declare (use, items, attributes), but '{shown}' does more: what it does would be "
        "measured and readers would not see it; show the line"
    )
    return ((program.source_line(wrong[0] + 1) or 1, text),)
