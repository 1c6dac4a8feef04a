"""Answers to ``section``, ``frame``, ``calls`` and ``symbol``, from the linked program without the tracer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from heapledger.measure.assembly import code_of
from heapledger.measure.frames import frame_size
from heapledger.measure.inlined import Units, hosts, read_units, type_arguments
from heapledger.measure.linked import Linked
from heapledger.measure.lookup import (
    MAX_LISTED,
    Gone,
    NameProblem,
    Symbol,
    bare,
    candidates,
    fits,
    same_end,
    segments,
    suggestion,
    the_one,
)
from heapledger.measure.names import demangled
from heapledger.model_below import Answer, Code, Image
from heapledger.source.questions import Question

FOLDED = "nothing is left of the static: its value was folded into the code that reads it, or nothing reads it"

SourceLine = Callable[[int], int | None]
"""Line of the snippet's source for a line of the program."""

WELL_KNOWN = frozenset(
    {
        *("__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc", "__rust_dealloc", "__rust_probestack"),
        *("memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"),
        *("malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc"),
    }
)
"""Functions that a program may well not have at all: asking how often they are called is no mistake."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Names that the program's own text declares."""

    functions: frozenset[str]
    statics: frozenset[str]
    constants: frozenset[str]


class Reader:
    """Looks names up in one linked program."""

    def __init__(self, linked: Linked, declared: Declared) -> None:
        self.linked = linked
        self.declared = declared

    def answer(self, question: Question) -> Answer:
        """Answer one question; what is wrong with its names stands in ``trouble``."""
        first = question.arguments[0]
        try:
            if question.metric == "symbol":
                return self._symbol(first)
            if question.metric == "section":
                return self._section(first)
            function = self.function(first)
            if question.metric == "frame":
                return Answer(value=frame_size(self.linked.code(function)))
            return self._calls(function, question.arguments[1])
        except NameProblem as problem:
            return Answer(trouble=str(problem))

    def code(self, wanted: str, source_line: SourceLine) -> Code:
        """Return the machine code of a function."""
        try:
            function = self.function(wanted)
        except NameProblem as problem:
            return Code(function=wanted, trouble=str(problem), is_gone=isinstance(problem, Gone))
        return code_of(self.linked, wanted, function, source_line)

    def function(self, wanted: str) -> Symbol:
        """Return the one function that a name stands for.

        :raises NameProblem: where there is none, or more than one, or none any more.
        """
        found = candidates(wanted, self.linked.functions)
        if len(found) > 1 or (not found and "<" in segments(wanted)[-1]):
            found = candidates(wanted, self._instances(found))
        if found:
            return the_one(wanted, found, "function")
        text, declared = self._gone(wanted)
        raise Gone(text) if declared else NameProblem(text)

    def _instances(self, found: Iterable[Symbol]) -> list[Symbol]:
        """Give symbols the type arguments that the old mangling leaves out and DWARF knows."""
        named = []
        for symbol in found or self.linked.functions:
            arguments = type_arguments(self._units.names.get(symbol.address, ""))
            bare_name = bool(arguments) and "<" not in segments(symbol.shown)[-1]
            named.append(replace(symbol, name=symbol.shown + arguments) if bare_name else symbol)
        return named

    @cached_property
    def _units(self) -> Units:
        return read_units(self.linked.path)

    def _gone(self, wanted: str) -> tuple[str, bool]:
        """Say what became of a function without code of its own, and whether there ever was one."""
        into = [self._name_at(host) for host in hosts(wanted, self._units)]
        if into:
            listed = ", ".join(sorted(set(into))[:MAX_LISTED])
            return f"'{wanted}' has no code of its own here: it was inlined into {listed}", True
        if bare(segments(wanted)[-1]) in self.declared.functions:
            return f"'{wanted}' has no code of its own here: nothing calls it, or nothing is left of its calls", True
        own = [symbol.shown for symbol in self.linked.functions if symbol.is_own]
        known = [*own, *self.declared.functions]
        return f"there is no function '{wanted}' in the program{suggestion(wanted, known)}", False

    def _name_at(self, address: int) -> str:
        function = self.linked.binary.function_at(address)
        return demangled(function.name) if function is not None else "another function"

    def _calls(self, function: Symbol, wanted: str) -> Answer:
        targets = [self.linked.target(function, instruction) for instruction in self.linked.code(function)]
        fitting = [name for name in targets if name and (wanted == name or same_end(wanted, demangled(name)))]
        different = sorted({demangled(name) for name in fitting})
        if len(different) > 1:
            listed = ", ".join(different)
            raise NameProblem(
                f"'{wanted}' may be any of {listed}, which {function.shown} calls; write more of its path"
            )
        if not fitting and not self._is_known(wanted):
            known = [*(demangled(name) for name in targets if name), *WELL_KNOWN]
            raise NameProblem(f"there is no function '{wanted}' in the program" + suggestion(wanted, known))
        return Answer(value=len(fitting))

    def _is_known(self, wanted: str) -> bool:
        last = bare(segments(wanted)[-1])
        if last in WELL_KNOWN or last in self.declared.functions:
            return True
        return any(fits(wanted, symbol) for symbol in self.linked.symbols) or bool(hosts(wanted, self._units))

    def _section(self, wanted: str) -> Answer:
        items = [symbol for symbol in self.linked.symbols if symbol.section and symbol.kind != "other"]
        found = candidates(wanted, items)
        if len(found) > 1:
            # `thread_local!` makes a function and a variable, both named for the static.
            found = [symbol for symbol in found if symbol.kind != "function"] or found
        if found:
            return Answer(value=the_one(wanted, found, "item").section)
        last = bare(segments(wanted)[-1])
        if last in self.declared.statics:
            return Answer(value="none", trouble=FOLDED)
        if last in self.declared.constants:
            return Answer(value="none", trouble="a const has no place of its own: its value is copied to each use")
        if last in self.declared.functions:
            return Answer(value="none", trouble=self._gone(wanted)[0])
        declared = self.declared.statics | self.declared.constants | self.declared.functions
        own = [symbol.shown for symbol in items if symbol.is_own and symbol.kind != "function"]
        text = f"there is no item '{wanted}' in the program" + suggestion(wanted, [*own, *declared])
        literals = "" if text.endswith("?") else "; literals and other anonymous constants have no symbol"
        return Answer(trouble=text + literals)

    def _symbol(self, wanted: str) -> Answer:
        if any(fits(wanted, symbol) for symbol in self.linked.symbols):
            return Answer(value="present")
        names = [symbol.shown for symbol in self.linked.symbols if symbol.is_own or symbol.section is None]
        return Answer(value="absent", trouble=f"no symbol of that name{suggestion(wanted, names)}")


def read_image(
    linked: Linked, declared: Declared, questions: Iterable[Question], codes: Iterable[str], source_line: SourceLine
) -> Image:
    """Answer everything that is asked about one program."""
    reader = Reader(linked, declared)
    answers = {str(question): reader.answer(question) for question in questions}
    return Image(answers=answers, codes=tuple(reader.code(name, source_line) for name in codes))
