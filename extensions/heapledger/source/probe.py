"""The probe program: the snippet's program plus questions about types, in the scope of the snippet's items.

It is compiled to an object file and never run: sizes and alignments stand in statics, everything else in its debug
info. For a wrapped snippet the questions stand at the start of ``fn main``, where its items are in scope, for others at
the end of the file. The variables of ``typeof(v)`` are asked right behind their ``let``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heapledger.source import rust
from heapledger.source.program import Program
from heapledger.source.questions import expression_of

TYPE_NAME = "HEAPLEDGER_TYPE_"
OPTION_NAME = "HEAPLEDGER_OPTION_"
FACTS_NAME = "HEAPLEDGER_FACTS_"
"""Statics: of each type, of Option of it, and size, alignment and size of Option as three words."""

PROBE_FN = "heapledger_probe"
"""Generic over the type and the question's number: what tells the type of an expression."""


@dataclass(frozen=True, slots=True)
class ProbeText:
    """One probe program."""

    text: str
    asked_on: Mapping[int, int]
    """Line of the text -> number of the question that it asks."""


def build_probe(program: Program, types: Sequence[tuple[int, str]]) -> ProbeText:
    """Write the probe program.

    :param types: number and text of each type that is asked about.
    """
    core = "std" if program.edition == "2015" and not program.no_std else "core"
    lines = program.text.rstrip("\n").split("\n")
    variables = rust.variables(program.text)
    asked_on: dict[int, int] = {}
    block: list[tuple[int | None, str]] = []
    inline: list[tuple[int, int, int]] = []
    for number, text in types:
        expression = expression_of(text)
        if expression is None:
            block += [(number, line) for line in _type_lines(number, text, core)]
        elif expression in variables:
            row, column = variables[expression]
            inline.append((row, column, number))
        else:
            block += [(number, line) for line in _expression_lines(number, expression)]
    for row, column, number in sorted(inline, reverse=True):
        variable = expression_of(dict(types)[number])
        call = f" {PROBE_FN}::<_, {number}>(&{variable});"
        line = lines[row].encode()
        lines[row] = (line[:column] + call.encode() + line[column:]).decode()
        asked_on[row + 1] = number
    block = [
        (None, "#[allow(warnings)] const _: () = {"),
        *((None, line) for line in _common(core)),
        *block,
        (None, "};"),
    ]
    at = program.kept_above + 1 if program.wrapped else len(lines)
    lines[at:at] = [line for _, line in block]
    asked_on = {line + (len(block) if line > at else 0): number for line, number in asked_on.items()}
    asked_on |= {at + 1 + index: number for index, (number, _) in enumerate(block) if number is not None}
    lines += _probe_function(core)
    return ProbeText("\n".join(lines) + "\n", asked_on)


def _common(core: str) -> list[str]:
    return [
        f"struct HeapledgerOf<T: ?Sized>(::{core}::marker::PhantomData<T>);",
        f"unsafe impl<T: ?Sized> ::{core}::marker::Sync for HeapledgerOf<T> {{}}",
    ]


def _type_lines(number: int, text: str, core: str) -> list[str]:
    option = f"::{core}::option::Option<{text}>"
    mem = f"::{core}::mem"
    phantom = f"HeapledgerOf(::{core}::marker::PhantomData)"
    facts = f"[{mem}::size_of::<{text}>(), {mem}::align_of::<{text}>(), {mem}::size_of::<{option}>()]"
    return [
        f"#[used] static {TYPE_NAME}{number}_: HeapledgerOf<{text}> = {phantom};",
        f"#[used] static {OPTION_NAME}{number}_: HeapledgerOf<{option}> = {phantom};",
        f"#[used] static {FACTS_NAME}{number}_: [usize; 3] = {facts};",
    ]


def _expression_lines(number: int, expression: str) -> list[str]:
    return [
        f"fn heapledger_of_{number}() {{ let value = {expression}; {PROBE_FN}::<_, {number}>(&value); }}",
        f"#[used] static HEAPLEDGER_CALL_{number}: fn() = heapledger_of_{number};",
    ]


def _probe_function(core: str) -> list[str]:
    """Each instance stores its number: the optimizer can neither drop nor merge them, and their names stay."""
    return [
        "#[allow(warnings)] #[inline(never)]",
        f"fn {PROBE_FN}<T, const NUMBER: usize>(value: &T) {{",
        "    static mut LAST: usize = 0;",
        f"    unsafe {{ ::{core}::ptr::write_volatile(::{core}::ptr::addr_of_mut!(LAST), NUMBER) }}",
        "}",
    ]
