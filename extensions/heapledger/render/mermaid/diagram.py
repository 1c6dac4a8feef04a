"""What a diagram is, before it is drawn: Mermaid text and everything that says the same without a picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The same facts as the picture, as text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    """Relative widths of the columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """One picture to be drawn."""

    kind: str
    """``blocks``, ``timeline``, ``live``, ``memory``: names the CSS class and the renderer's settings."""
    title: str
    """Shown above the picture, and its name for screen readers."""
    description: str
    """Says in a sentence or two what the picture shows."""
    source: str
    """Mermaid text, without colours."""
    table: Table | None = None
    """None where another diagram's table has it all."""
    width: int = 0
    """Width of a chart in CSS pixels; 0 for kinds that take the room that they need."""
    left_out: str = ""
    """What the picture does not show, in a sentence; shown on the page."""

    @property
    def key(self) -> str:
        """Identify the picture by what decides how it looks."""
        return picture_key(f"{self.kind} {self.width}", self.source, self.title, self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What ``:show:`` asks for, as far as the ledger has it."""

    diagrams: tuple[Diagram, ...] = ()
    notes: tuple[str, ...] = ()
    """Why a picture that was asked for is not there; shown in its place."""


def picture_key(kind: str, source: str, title: str = "", description: str = "") -> str:
    """Return the SHA-256 by which a drawn picture is found again."""
    digest = hashlib.sha256()
    for part in (kind, source, title, description):
        digest.update(f"{len(part)}:{part}\0".encode())
    return digest.hexdigest()
