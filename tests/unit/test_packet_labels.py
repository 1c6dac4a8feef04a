"""Labels in a picture of bytes: Mermaid repeats one in each row that a field fills, so the shortest piece decides."""

from __future__ import annotations

import re

import pytest

from heapledger.model_below import Field, Layout
from heapledger.render.mermaid.packet import layout_diagrams

CASES = {
    "a row of its own": ((("slots", "[u32; 2]", 8),), ["slots: [u32; 2]"]),
    "a whole number of rows": ((("slots", "[(u32, u32); 3]", 24),), ["slots: [(u32, u32); 3]"]),
    "four bytes in the first row": (
        (("size", "u32", 4), ("list", "[[u16; 3]; 2]", 12)),
        ["size: u32", "list: [[u16; 3]; 2]"],
    ),
    "one byte in the first row": ((("seven", "[u8; 7]", 7), ("group", "[u8; 9]", 9)), ["seven: [u8; 7]", "group"]),
    "one byte in the last row": ((("group", "[u8; 9]", 9), ("seven", "[u8; 7]", 7)), ["group", "seven: [u8; 7]"]),
    "a long name": ((("seven", "[u8; 7]", 7), ("waiters", "[u8; 9]", 9)), ["seven: [u8; 7]", "wait…"]),
    "rows of thirteen bytes": (
        (("slots", "[(u32, u32); 4]", 32), ("bytes", "[u8; 4]", 4), ("group", "[u8; 16]", 16)),
        ["slots", "bytes", "group"],
    ),
}
"""Fields as (name, type, bytes), and their labels."""


@pytest.mark.parametrize("name", CASES)
def test_labels_keep_within_the_shortest_piece(name: str) -> None:
    shapes, labels = CASES[name]
    fields = []
    size = 0
    for field, type_, length in shapes:
        fields.append(Field(name=field, type=type_, offset=size, size=length))
        size += length
    (diagram,) = layout_diagrams(Layout(asked="T", type="T", size=size, align=1, fields=tuple(fields)))
    shown = re.findall(r'^  [\d-]+: "(.*)"$', diagram.source, re.MULTILINE)
    assert [re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), text) for text in shown] == labels
