"""Kind of work: compile the probe program and read sizes, alignments, offsets and layouts of types from it.

Where a question does not compile, rustc's error is its answer, and the others are asked again without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from heapledger.engine.compile import COMPILE_LIMITS, Message, messages, run_rustc, rustc_command
from heapledger.engine.process import End
from heapledger.engine.task import Surroundings, Task, keys_of
from heapledger.engine.work import NothingMeasured, Tools
from heapledger.measure.probe import NOTHING, read_probe
from heapledger.model_below import Probe
from heapledger.source.probe import build_probe
from heapledger.source.questions import Question
from heapledger.toolchain.flags import SOURCE_PATH

OBJECT = "probe.o"
GENERIC = "E0107"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeWork:
    """Questions about types in the scope of one program."""

    task: Task
    questions: tuple[Question, ...]
    layouts: tuple[str, ...]
    """Types whose layout is shown."""
    key: str
    identity: str
    parts: Mapping[str, str] = field(compare=False, repr=False)


def make_probe_work(
    task: Task, questions: tuple[Question, ...], layouts: tuple[str, ...], around: Surroundings
) -> ProbeWork:
    """Make the work and compute its key."""
    asked = "\0".join([*map(str, questions), "", *layouts])
    keys = keys_of("probe", task.program, task.profile, around, asked=[("asked", asked.encode())], measuring=[])
    return ProbeWork(
        task=task, questions=questions, layouts=layouts, key=keys.key, identity=keys.identity, parts=keys.parts
    )


def perform(work: ProbeWork, tools: Tools) -> Probe:
    """Compile the probe program, without what rustc refuses, and read the object file.

    :raises NothingMeasured: where the snippet's own text does not compile.
    """
    types = list(dict.fromkeys([*(question.arguments[0] for question in work.questions), *work.layouts]))
    troubles: dict[str, str] = {}
    with tools.folder() as folder:
        while asked := [(number, text) for number, text in enumerate(types) if text not in troubles]:
            probe = build_probe(work.task.program, asked)
            errors = _compile(work.task, probe.text, folder, tools)
            if errors is None:
                found = read_probe(folder / OBJECT, asked, work.questions)
                break
            refused = _refused(errors, probe.asked_on)
            refused = refused or _refused_alone(work.task, asked, folder, tools)
            troubles |= {types[number]: text for number, text in refused.items()}
        else:
            found = NOTHING
    return Probe(
        answers={str(question): found.answer(question, troubles) for question in work.questions},
        layouts=tuple(found.layout(text, troubles) for text in work.layouts),
    )


def _compile(task: Task, text: str, folder: Path, tools: Tools) -> list[Message] | None:
    """Compile to an object file, with full debug info in every profile; return the errors, or None."""
    source = folder / SOURCE_PATH
    source.parent.mkdir(exist_ok=True)
    source.write_text(text, encoding="utf-8", newline="\n")
    command = [part for part in rustc_command(task, tools.rustc, None, OBJECT) if part != "--emit=link"]
    command += ["--emit=obj", "-C", "debuginfo=2", "--cap-lints", "allow"]
    outcome = run_rustc(command, folder, tools.supervisor, COMPILE_LIMITS)
    if outcome.end is End.EXITED and outcome.code == 0:
        return None
    errors = [message for message in messages(outcome) if message.level.startswith("error")]
    if not errors:
        raise NothingMeasured("rustc could not compile the probe program: it crashed or took too long")
    return errors


def _refused_alone(task: Task, asked: list[tuple[int, str]], folder: Path, tools: Tools) -> dict[int, str]:
    """Ask each question alone: some errors, such as that of a type too big for any machine, point nowhere.

    :raises NothingMeasured: where the snippet's own text does not compile.
    """
    if _compile(task, build_probe(task.program, []).text, folder, tools) is not None:
        raise NothingMeasured("the program does not compile")
    found: dict[int, str] = {}
    for number, text in asked:
        errors = _compile(task, build_probe(task.program, [(number, text)]).text, folder, tools)
        if errors:
            found[number] = _first_word(errors[0])
    if not found:
        raise NothingMeasured("rustc refuses the questions together and none of them alone")
    return found


def _first_word(message: Message) -> str:
    code = f"[{message.code.code}]" if message.code else ""
    hint = "; write its arguments, as in Vec<u8>" if message.code and message.code.code == GENERIC else ""
    return f"error{code}: {message.message}{hint}"


def _refused(errors: Iterable[Message], asked_on: Mapping[int, int]) -> dict[int, str]:
    """Return the numbers of the questions that rustc refuses, with its first word on each."""
    refused: dict[int, str] = {}
    for message in errors:
        lines = [span.line_start for span in message.spans if span.file_name == SOURCE_PATH]
        number = next((asked_on[line] for line in lines if line in asked_on), None)
        if number is not None:
            refused.setdefault(number, _first_word(message))
    return refused
