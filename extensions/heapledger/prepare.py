"""What has to be measured for a snippet: its program, and every unit of work on it. Nothing is started here."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet

from heapledger.config import Config
from heapledger.engine import snapshot
from heapledger.engine.history import Asked
from heapledger.engine.image import ImageWork, make_image_work
from heapledger.engine.probe import ProbeWork, make_probe_work
from heapledger.engine.task import Surroundings, Task, make_task
from heapledger.model import Finding, FindingKind, Profile, Toolchain
from heapledger.recordings import kind_of_work
from heapledger.source.program import Program, build_program
from heapledger.source.snippet import Snippet
from heapledger.verify.below import questions_of

AnyWork = Task | ImageWork | ProbeWork | snapshot.SnapshotTask
"""Every kind of work that a snippet may need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileWork:
    """All work of a snippet in one profile, of every kind."""

    task: Task
    image: ImageWork | None = None
    probe: ProbeWork | None = None

    def __iter__(self) -> Iterator[Task | ImageWork | ProbeWork]:
        """Every unit of work, for the plan."""
        yield self.task
        if self.image is not None:
            yield self.image
        if self.probe is not None:
            yield self.probe

    @property
    def key(self) -> str:
        """Keys of all of it."""
        return " ".join(work.key for work in self)


@dataclass(slots=True)
class Prepared:
    """A snippet on its way to be measured."""

    snippet: Snippet
    program: Program | None = None
    problems: list[Finding] = field(default_factory=list)
    skipped: str = ""
    work: list[ProfileWork] = field(default_factory=list)
    snapshots: snapshot.SnapshotTask | None = None

    def all_work(self) -> list[AnyWork]:
        """Every unit of work, for the plan."""
        found: list[Task | ImageWork | ProbeWork | snapshot.SnapshotTask] = [
            work for in_profile in self.work for work in in_profile
        ]
        return found if self.snapshots is None else [*found, self.snapshots]

    def keys_of_work(self) -> list[tuple[Asked, str]]:
        """Key of every unit of work with what it is for."""
        return [(asked, work.key) for asked, work in self.asked()]

    def asked(self) -> list[tuple[Asked, AnyWork]]:
        """Every unit of work with what it is for."""
        place = self.snippet.location.file, self.snippet.id
        return [((*place, profile_of(work).value, kind_of_work(work)), work) for work in self.all_work()]


def prepare(snippet: Snippet, around: Surroundings | None, config: Config, missing: str) -> Prepared:
    """Say what has to be measured for a snippet, or why nothing is."""
    one = Prepared(snippet)
    for location, text in snippet.problems:
        one.problems.append(Finding(kind=FindingKind.OPTION, location=location, text=text, snippet=snippet.id))
    if one.problems:
        return one
    program, wrong = build_program(snippet)
    one.program = program
    for line, text in wrong:
        place = snippet.location if snippet.options.file else snippet.place_of(line)  # a region hides, not the file
        one.problems.append(Finding(kind=FindingKind.SOURCE, location=place, text=text, snippet=snippet.id))
    if one.problems:
        return one
    if around is None:
        one.skipped = missing
        return one
    one.skipped = skip_reason(snippet, around.rustc.toolchain)
    if one.skipped:
        return one
    options = snippet.options
    run = not options.no_run and options.fails is None
    for profile in profiles_of(snippet, config.profiles):
        task = make_task(program, profile, around, run=run, timeout=options.timeout)
        image, probe = _image_work(snippet, task, around), _probe_work(snippet, task, around)
        one.work.append(ProfileWork(task=task, image=image, probe=probe))
    if snippet.memory and run:
        one.snapshots = snapshot.make_snapshot_task(
            program, snippet.memory, around, timeout=options.timeout, max_items=options.max_items
        )
    return one


def _image_work(snippet: Snippet, task: Task, around: Surroundings) -> ImageWork | None:
    """Return the questions about machine code, if the snippet asks any."""
    questions = tuple(one for one in questions_of(snippet, task.profile) if not one.is_for_probe)
    codes = snippet.options.codes
    return make_image_work(task, questions, codes, around) if questions or codes else None


def _probe_work(snippet: Snippet, task: Task, around: Surroundings) -> ProbeWork | None:
    """Return the questions about types, if the snippet asks any."""
    questions = tuple(one for one in questions_of(snippet, task.profile) if one.is_for_probe)
    layouts = tuple(dict.fromkeys([*snippet.options.layouts, *(asked.type for asked in snippet.layouts)]))
    return make_probe_work(task, questions, layouts, around) if questions or layouts else None


def profiles_of(snippet: Snippet, default: Sequence[Profile]) -> tuple[Profile, ...]:
    """Return the profiles to measure; what must not compile is asked once, unless the author names profiles."""
    if snippet.options.profiles is not None:
        return snippet.options.profiles
    return tuple(default[:1] if snippet.options.fails is not None else default)


def skip_reason(snippet: Snippet, toolchain: Toolchain) -> str:
    """Say why a snippet is not for a toolchain, or nothing."""
    wanted, targets = snippet.options.toolchain, snippet.options.targets
    if wanted is not None and not in_range(toolchain.rustc, wanted):
        return f"it is for rustc {wanted}, and this one is {toolchain.rustc}"
    if targets and not any(fnmatch.fnmatchcase(toolchain.host, target) for target in targets):
        return f"it is for {', '.join(targets)}, and this machine is {toolchain.host}"
    return ""


def profile_of(work: AnyWork) -> Profile:
    """Return the profile of a unit of work."""
    return work.profile if isinstance(work, Task) else work.task.profile


def in_range(version: str, wanted: str) -> bool:
    """Whether a rustc version lies in a range; a nightly counts as its release."""
    return not wanted or SpecifierSet(wanted).contains(version.split("-", maxsplit=1)[0], prereleases=True)


def by_document(snippets: Iterable[Snippet]) -> dict[str, list[Snippet]]:
    """Group snippets by their documents."""
    documents: dict[str, list[Snippet]] = {}
    for snippet in snippets:
        documents.setdefault(snippet.document, []).append(snippet)
    return documents
