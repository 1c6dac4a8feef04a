"""Quoting a measured number in prose: ``ID.METRIC`` or ``ID.PROFILE.METRIC``.

A metric is a count such as ``allocs``, or a question that the snippet's expectations ask, such as ``size(TYPE)``.
"""

from __future__ import annotations

from collections.abc import Mapping

from heapledger.model import COUNTED_METRICS, Ledger, Profile
from heapledger.outcome import ProfileOutcome, SnippetOutcome
from heapledger.render.facts import bytes_text, count_text
from heapledger.source.problems import MarkupProblem, nearest
from heapledger.source.questions import QUESTION_METRICS, Question, parse_question
from heapledger.verify.below import questions_of

UNITS = {"allocs": "allocation", "reallocs": "reallocation", "frees": "free"}


def quote(path: str, outcomes: Mapping[str, SnippetOutcome]) -> str | None:
    """Return the number with its unit, or None where the snippet was not measured on this machine.

    :raises MarkupProblem: with what is wrong with the path.
    """
    snippet_id, profile, metric = split_path(path)
    outcome = outcomes.get(snippet_id)
    if outcome is None:
        raise MarkupProblem(f"there is no snippet '{snippet_id}'{nearest(snippet_id, outcomes)}")
    measured = [one for one in outcome.profiles if profile in {None, one.profile}]
    if not measured:
        raise MarkupProblem(f"'{snippet_id}' is not measured{f' in {profile}' if profile else ''}")
    question = _question(metric)
    if question is not None:
        asking = [one for one in measured if question in questions_of(outcome.snippet, one.profile)]
        if not asking:
            raise MarkupProblem(f"'{snippet_id}' does not ask for {question}: put it into one of its expectations")
        texts = {one.profile: _answer(one, question, path) for one in asking if one.ledger is not None}
    else:
        texts = {one.profile: _number(one.ledger, metric, path) for one in measured if one.ledger is not None}
    if not texts:
        return None
    if len(set(texts.values())) > 1:
        shown = ", ".join(f"{name.value}: {text}" for name, text in texts.items())
        raise MarkupProblem(f"the profiles differ ({shown}); name one, as in '{snippet_id}.release.{metric}'")
    return next(iter(texts.values()))


def split_path(path: str) -> tuple[str, Profile | None, str]:
    """Split a path into snippet, profile and metric.

    :raises MarkupProblem: where it has another form.
    """
    snippet_id, _, rest = path.partition(".")
    profile = None
    for known in Profile:
        if rest.startswith(f"{known.value}."):
            profile, rest = known, rest.removeprefix(f"{known.value}.")
    if not snippet_id or not rest:
        raise MarkupProblem(f"'{path}' is not of the form SNIPPET.METRIC or SNIPPET.PROFILE.METRIC")
    if rest not in COUNTED_METRICS and _question(rest) is None:
        metrics = (*COUNTED_METRICS, *QUESTION_METRICS)
        raise MarkupProblem(f"unknown metric '{rest}'{nearest(rest.partition('(')[0], metrics)}")
    return snippet_id, profile, rest


def _question(metric: str) -> Question | None:
    """Return the question that a metric such as ``size(TYPE)`` is, or None for a count.

    :raises MarkupProblem: where its arguments have another form.
    """
    name, opening, inside = metric.partition("(")
    if name not in QUESTION_METRICS or not opening or not metric.endswith(")"):
        return None
    return parse_question(name, inside.removesuffix(")"))


def _answer(outcome: ProfileOutcome, question: Question, path: str) -> str:
    answer = outcome.below.answer(question)
    if answer.value is None:
        raise MarkupProblem(f"'{path}' has no answer: {answer.trouble}")
    if isinstance(answer.value, str):
        return answer.value
    return count_text(answer.value, "call") if question.metric == "calls" else bytes_text(answer.value)


def _number(ledger: Ledger, metric: str, path: str) -> str:
    if ledger.totals is None:
        raise MarkupProblem(f"'{path}': nothing was counted, the program ran untraced or not at all")
    if metric in ledger.unstable:
        least, most = ledger.unstable[metric]
        raise MarkupProblem(f"'{path}' is not stable: repeated runs gave {least} to {most}")
    return quantity(metric, int(getattr(ledger.totals, metric)))


def quantity(metric: str, value: int) -> str:
    """Write a number of a metric with its unit."""
    return count_text(value, UNITS[metric]) if metric in UNITS else bytes_text(value)
