"""Quoting a measured number in prose: ``ID.METRIC`` or ``ID.PROFILE.METRIC``."""

from __future__ import annotations

from collections.abc import Mapping

from heapledger.model import COUNTED_METRICS, Ledger, Profile
from heapledger.outcome import SnippetOutcome
from heapledger.render.facts import bytes_text, count_text
from heapledger.source.problems import MarkupProblem, nearest

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
        raise MarkupProblem(f"'{snippet_id}' is not measured in {profile}")
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
    if rest not in COUNTED_METRICS:
        raise MarkupProblem(f"unknown metric '{rest}'{nearest(rest, COUNTED_METRICS)}")
    return snippet_id, profile, rest


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
