"""What lies below the heap against what a snippet expects: types, sections, frames, calls, symbols."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from heapledger.model import Finding, FindingKind, Location, Profile
from heapledger.model_below import Answer, Image, Probe
from heapledger.source.expectations import Expectation
from heapledger.source.questions import Question
from heapledger.source.snippet import Snippet


class Below(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Results of one snippet in one profile."""

    image: Image | None = None
    probe: Probe | None = None
    trouble: str = ""
    """Why one of them is missing although something was asked."""

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question."""
        source = self.probe if question.is_for_probe else self.image
        found = source.answers.get(str(question)) if source is not None else None
        return found or Answer(trouble=self.trouble or "it was not measured")


def questions_of(snippet: Snippet, profile: Profile) -> tuple[Question, ...]:
    """Return what a snippet's expectations ask in a profile, each question once."""
    asked = [e.question for named, e in snippet.options.expect if named in {None, profile} and e.question]
    return tuple(dict.fromkeys(asked))


def check_expectation(
    snippet: Snippet, profile: Profile, place: Location, expectation: Expectation, below: Below
) -> list[Finding]:
    """Return what is wrong with one expectation about a type or the machine code."""
    if expectation.question is None:
        return []
    answer = below.answer(expectation.question)
    if answer.value is None:
        measured = "no answer"
    elif expectation.holds(answer.value):
        return []
    else:
        measured = f"{expectation.metric} == {answer.value}"
    return [
        Finding(
            kind=FindingKind.EXPECT,
            location=place,
            text=answer.trouble,
            snippet=snippet.id,
            profile=profile,
            expected=str(expectation),
            measured=measured,
        )
    ]


def check_shown(snippet: Snippet, profile: Profile, below: Below) -> list[Finding]:
    """Return what is wrong with the types and functions that a snippet wants shown.

    A function that was inlined away is shown as such: it is no mistake as long as the program declares it.
    """
    return [
        Finding(kind=FindingKind.EXPECT, location=place, text=text, snippet=snippet.id, profile=profile)
        for place, text in _troubles(snippet, below)
    ]


def _troubles(snippet: Snippet, below: Below) -> Iterator[tuple[Location, str]]:
    shown = snippet.option_place("show")
    places = [shown] * len(snippet.options.layouts) + [snippet.place_of(asked.line) for asked in snippet.layouts]
    wanted = [*snippet.options.layouts, *(asked.type for asked in snippet.layouts)]
    found = {layout.asked: layout for layout in below.probe.layouts} if below.probe is not None else {}
    for place, name in zip(places, wanted, strict=True):
        trouble = found[name].trouble if name in found else below.trouble
        if trouble:
            yield place, f"layout={name}: {trouble}"
    codes = {code.function: code for code in below.image.codes} if below.image is not None else {}
    for name in snippet.options.codes:
        if name not in codes and below.trouble:
            yield shown, f"asm={name}: {below.trouble}"
        elif name in codes and codes[name].trouble and not codes[name].is_gone:
            yield shown, f"asm={name}: {codes[name].trouble}"
