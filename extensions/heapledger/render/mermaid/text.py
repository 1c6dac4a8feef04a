"""Any text inside a Mermaid diagram, whatever its characters mean to Mermaid.

Mermaid's own escape is an entity such as ``#lt;`` or ``#35;``, which works wherever the page's reader pastes the
source. Without HTML labels, Mermaid forgets to decode some of them again and measures them at their written length.
So the renderer gets a stand-in character for each entity (:func:`to_stand_ins`), and the picture the real one
(:func:`from_stand_ins`).
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_NAMED = {"<": "lt", ">": "gt", "&": "amp", '"': "quot"}
_BY_NAME = {name: character for character, name in _NAMED.items()}
_ESCAPED = re.compile(r'[#;<>&"\\`*_~%{}$]|^[-+]|(?<=^\d)\.')
_ENTITY = re.compile(r"#(\d{1,6}|lt|gt|amp|quot);")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_STAND_IN_BASE = 0xE000
"""Start of Unicode's private use area; text of programs that lies there is shown as U+FFFD."""
_SPACE = "\u2024"
"""Stands for a space in labels: a dot that is as wide, and at which Mermaid does not break words. It measures each word
of a label apart, several times over, which was more than half of the time that a ``block`` diagram takes to draw."""
_STAND_INS = re.compile("[\ue000-\ue0ff]")
_LABEL = re.compile(r'"[^"\n]*"')


def label(text: str, limit: int = 0) -> str:
    """Return text for use inside quotes of a label, in a message or a note: one line, escaped.

    :param limit: most characters, ``…`` included; 0 for no limit.
    """
    clean = _STAND_INS.sub("\ufffd", _CONTROL.sub(_visible, text)).replace(_SPACE, ".")
    return _ESCAPED.sub(_entity, shorten(clean, limit))


def shorten(text: str, limit: int) -> str:
    """Fold white space and cut at a length."""
    folded = " ".join(text.split())
    return folded if not limit or len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def to_stand_ins(source: str, *, own: bool = True) -> str:
    """Replace entities in Mermaid text by one private character each.

    :param own: whether we wrote it; then the labels of a ``block`` diagram are one word each, and never wrapped.
    """
    if own and source.startswith("block"):
        source = _LABEL.sub(lambda match: match[0].replace(" ", _SPACE), source)

    def stand_in(match: re.Match[str]) -> str:
        code = ord(_BY_NAME[match[1]]) if match[1] in _BY_NAME else int(match[1])
        return chr(_STAND_IN_BASE + code) if code < 0x100 else match[0]

    return _ENTITY.sub(stand_in, source)


def from_stand_ins(svg: str) -> str:
    """Put the meant characters into a drawn picture, escaped for XML."""
    shown = _STAND_INS.sub(lambda match: escape(chr(ord(match[0]) - _STAND_IN_BASE), {'"': "&quot;"}), svg)
    return shown.replace(_SPACE, " ")


def plain(text: str) -> str:
    """Read a label back: what a reader sees."""
    return _STAND_INS.sub(lambda match: chr(ord(match[0]) - _STAND_IN_BASE), to_stand_ins(text, own=False))


def _entity(match: re.Match[str]) -> str:
    found = match[0]
    return f"#{_NAMED[found]};" if found in _NAMED else f"#{ord(found)};"


def _visible(match: re.Match[str]) -> str:
    """Show a control character by its picture; white space folds away."""
    character = match[0]
    if character.isspace():
        return " "
    return chr(0x2400 + ord(character)) if ord(character) < 0x20 else "\ufffd"
