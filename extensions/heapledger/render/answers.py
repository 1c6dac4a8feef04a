"""What the questions of a snippet about types and machine code came to, in words."""

from __future__ import annotations

from heapledger.model import Profile
from heapledger.outcome import SnippetOutcome
from heapledger.render.facts import bytes_text, count_text
from heapledger.source.questions import Question
from heapledger.verify.below import questions_of


def answer_texts(outcome: SnippetOutcome) -> list[tuple[str, str]]:
    """Return (question, answer) of every question that has one; profiles together where they agree."""
    asked = dict.fromkeys(q for one in outcome.profiles for q in questions_of(outcome.snippet, one.profile))
    found = []
    for question in asked:
        answers = {}
        for profile in outcome.profiles:
            value = profile.below.answer(question).value
            if value is not None:
                answers[profile.profile.value] = _words(question, value)
        if not answers:
            continue
        same = len(set(answers.values())) == 1 and len(answers) == len(outcome.profiles)
        words = (
            next(iter(answers.values())) if same else ", ".join(f"{text} ({name})" for name, text in answers.items())
        )
        found.append((str(question), words))
    return found


def _words(question: Question, value: int | str) -> str:
    if isinstance(value, str):
        return "no trace" if value == "none" else value
    return count_text(value, "call site") if question.metric == "calls" else bytes_text(value)


def differ(outcome: SnippetOutcome) -> bool:
    """Whether debug and release differ in an answer or in the machine code that is shown."""
    images = [one.below.image for one in outcome.profiles if one.below.image is not None]
    codes = {tuple(tuple(line.text for line in code.lines) for code in image.codes) for image in images}
    if len(codes) > 1:
        return True
    asked = {question for one in outcome.profiles for question in questions_of(outcome.snippet, one.profile)}
    return any(len({one.below.answer(question).value for one in outcome.profiles} - {None}) > 1 for question in asked)


def opened(outcome: SnippetOutcome, function: str) -> str | None:
    """Return the profile whose machine code a reader is to see first.

    The only one that expectations about the function name; else release, which is what ships, where it was measured.
    """
    about = {
        profile.value
        for profile, expectation in outcome.snippet.options.expect
        if profile and expectation.question and function in expectation.question.arguments
    }
    if len(about) == 1:
        return about.pop()
    measured = {one.profile for one in outcome.profiles if one.below.image is not None}
    return Profile.RELEASE.value if Profile.RELEASE in measured else None
