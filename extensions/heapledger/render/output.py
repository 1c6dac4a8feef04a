"""What a program printed, as literal text that fits on a page."""

from __future__ import annotations

import unicodedata

MAX_LINES = 60
MAX_CHARACTERS = 8_000


def shown_output(text: str) -> str:
    """Return the output with control characters spelled out, cut where it is too long for a page."""
    kept = text[:MAX_CHARACTERS].split("\n")[:MAX_LINES]
    shown = "\n".join(kept)
    left = len(text) - len(shown)
    more = f"\n… and {left:,} more characters" if left > 1 else ""
    return visible(shown.rstrip("\n")) + more


def visible(text: str) -> str:
    """Spell out control characters: escape sequences move the cursor and hide text, in terminals and in files."""
    return "".join(
        character
        if character in "\t\n" or not unicodedata.category(character).startswith("C")
        else f"\\u{{{ord(character):x}}}"
        for character in text
    )
