"""Kind of work: link a program without the tracer and read what the author asks about its machine code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from heapledger.engine.compile import compile_program
from heapledger.engine.task import Surroundings, Task, keys_of
from heapledger.engine.work import NothingMeasured, Tools
from heapledger.measure.image import Declared, read_image
from heapledger.measure.linked import Linked, NotReadable
from heapledger.model_below import Answer, Code, Image
from heapledger.source import rust
from heapledger.source.questions import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWork:
    """Questions about one program in one profile, compiled with the flags of the measured one."""

    task: Task
    questions: tuple[Question, ...]
    codes: tuple[str, ...]
    """Functions whose machine code is shown."""
    key: str
    identity: str
    parts: Mapping[str, str] = field(compare=False, repr=False)


def make_image_work(
    task: Task, questions: tuple[Question, ...], codes: tuple[str, ...], around: Surroundings
) -> ImageWork:
    """Make the work and compute its key."""
    asked = "\0".join([*map(str, questions), "", *codes])
    keys = keys_of("image", task.program, task.profile, around, asked=[("asked", asked.encode())], measuring=[])
    return ImageWork(
        task=task, questions=questions, codes=codes, key=keys.key, identity=keys.identity, parts=keys.parts
    )


def perform(work: ImageWork, tools: Tools) -> Image:
    """Compile, link and read one program.

    :raises NothingMeasured: where it does not compile.
    """
    with tools.folder() as folder:
        compiled = compile_program(work.task, tools.rustc, None, folder, tools.supervisor)
        if compiled.binary is None:
            raise NothingMeasured(compiled.trouble or "the program does not compile")
        return read(work, compiled.binary)


def read(work: ImageWork, program: Path) -> Image:
    """Answer from a linked program; one that cannot be read gives the reason for every answer."""
    try:
        linked = Linked(program)
    except NotReadable as problem:
        return _unreadable(work, str(problem))
    names = rust.declared_names(work.task.program.text)
    declared = Declared(names["function_item"], names["static_item"], names["const_item"])
    return read_image(linked, declared, work.questions, work.codes, work.task.program.source_line)


def _unreadable(work: ImageWork, trouble: str) -> Image:
    return Image(
        answers={str(question): Answer(trouble=trouble) for question in work.questions},
        codes=tuple(Code(function=name, trouble=trouble) for name in work.codes),
    )
