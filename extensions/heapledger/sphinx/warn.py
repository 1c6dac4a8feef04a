"""Findings as Sphinx's warnings: one each, of type ``heapledger`` and a subtype, at the author's file and line."""

from __future__ import annotations

from pathlib import Path

from sphinx.util import logging

from heapledger.model import Finding, Location
from heapledger.source.snippet import Snippet
from heapledger.verify.report import describe

LOGGER = logging.getLogger(__name__)


def warn(finding: Finding, snippet: Snippet | None = None) -> None:
    """Report one finding."""
    place = shown_path(finding.location)
    LOGGER.warning(
        "%s", describe(finding, snippet), type="heapledger", subtype=finding.kind.value, location=place or None
    )


def shown_path(location: Location) -> str:
    """Write a place relative to the working directory where it lies below it."""
    if not location.file:
        return ""
    path = Path(location.file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{location.line}" if location.line is not None else f"{path}:"
