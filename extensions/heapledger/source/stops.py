"""Where ``//@ memory`` markers stop a program, and the program that is only used for snapshots.

The marker's place in the text is the point in time: after the statement that ends there, before the next one starts. A
call that does nothing is put there; the debugger stops in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tree_sitter import Node

from heapledger.source import rust
from heapledger.source.moves import Place
from heapledger.source.program import Program
from heapledger.source.snippet import MemoryMarker, Snippet

MODULE = "__heapledger_snapshot"
"""Module that the calls go to; it stands after the end of the program's text."""

_STATEMENTS = frozenset({*rust.DECLARATIONS, "let_declaration", "expression_statement", "label"})
_BLOCK_LIKE = frozenset(
    {
        "async_block",
        "block",
        "const_block",
        "for_expression",
        "if_expression",
        "loop_expression",
        "match_expression",
        "unsafe_block",
        "while_expression",
    }
)


_LEAVES = re.compile(rb"(?:return\b|(?:(?:::)?(?:std::)?process::)?(?:exit|abort)\(|(?:panic|unreachable|todo)!)")
"""Start of a statement that does not come to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One marker at its place in the program."""

    marker: MemoryMarker
    at: int
    """Byte of the program's text where the call goes."""
    ends_value: bool
    """The expression before it has no semicolon: it is the value of its block, which must then be ``()``."""
    block: Node
    """The block that the call stands in."""


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A marker that cannot stop the program."""

    marker: MemoryMarker
    reason: str


def find_stops(program: Program, markers: tuple[MemoryMarker, ...]) -> tuple[tuple[Stop, ...], tuple[Misplaced, ...]]:
    """Place every marker, in the order of the text."""
    tree = rust.parse(program.text)
    lines = program.text.encode().split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found: list[Stop] = []
    wrong: list[Misplaced] = []
    for marker in markers:
        row = program.program_line(marker.line) - 1
        at = starts[row] + (len(lines[row].rstrip()) if marker.column is None else marker.column)
        block = _innermost_block(tree.root_node, at)
        if block is None:
            wrong.append(Misplaced(marker, "it stands in no function; put it behind a statement"))
        else:
            found.append(_stop(marker, block, at))
    return tuple(found), tuple(wrong)


def _innermost_block(root: Node, at: int) -> Node | None:
    found = None
    node: Node | None = root
    while node is not None:
        if node.type == "block" and not _is_constant(node):
            found = node
        node = next((child for child in node.children if child.start_byte < at < child.end_byte), None)
    return found


def _is_constant(block: Node) -> bool:
    return block.parent is not None and block.parent.type in {"const_block", "const_item", "static_item"}


def _stop(marker: MemoryMarker, block: Node, at: int) -> Stop:
    """Find the end of the statement that holds ``at``, or the last one that ends before it."""
    before = None
    for child in block.named_children:
        if child.type in {"line_comment", "block_comment"} or child.start_byte >= at:
            continue
        before = child
    if before is None:
        return Stop(marker=marker, at=at, ends_value=False, block=block)
    at = max(at, before.end_byte)
    return Stop(marker=marker, at=at, ends_value=_is_value(before, block), block=block)


def _is_value(node: Node, block: Node) -> bool:
    """Whether an expression is the value of its block: nothing but comments follows, and no semicolon."""
    is_last = all("comment" in child.type for child in block.named_children if child.start_byte > node.start_byte)
    return is_last and node.type not in _STATEMENTS and node.type not in _BLOCK_LIKE


def with_marker(snippet: Snippet) -> Snippet:
    """Return a snippet that has no marker with one at the end of main."""
    text = "\n".join(snippet.code)
    root = rust.parse(text).root_node
    main = next(
        (
            node
            for node in root.children
            if node.type == "function_item" and (name := node.child_by_field_name("name")) and name.text == b"main"
        ),
        None,
    )
    block = main.child_by_field_name("body") if main is not None else root
    if snippet.memory or block is None:
        return snippet
    last = None
    for child in block.named_children:
        if "comment" in child.type or _is_value(child, block):
            continue
        if _LEAVES.match(child.text or b""):
            break
        last = child
    row, column = last.end_point if last is not None else block.start_point
    behind_brace = int(last is None and block is not root)
    return replace(snippet, memory=(MemoryMarker(row + 1, "at the end of main", column=column + behind_brace),))


def place_of_call(text: str, line: int) -> Place | None:
    """Return the place right after a call on a line of the program, as close to it as a statement can stand."""
    rows = text.encode().split(b"\n")
    if not 1 <= line <= len(rows):
        return None
    row = rows[line - 1]
    start = sum(len(one) + 1 for one in rows[: line - 1]) + len(row) - len(row.lstrip())
    block = _innermost_block(rust.parse(text).root_node, start + 1)
    if block is None:
        return None
    statement = next((child for child in block.named_children if child.start_byte <= start < child.end_byte), None)
    if statement is None:
        return None
    return _after_head(statement, block)


def _after_head(statement: Node, block: Node) -> Place:
    inner = statement.named_children[0] if statement.type == "expression_statement" else statement
    body = inner.child_by_field_name("consequence") or inner.child_by_field_name("body")
    if inner.type in {"if_expression", "while_expression", "for_expression"} and body is not None:
        return Place(body.start_byte + 1)
    if inner.type == "match_expression" and (value := inner.child_by_field_name("value")) is not None:
        return Place(value.end_byte, tail=value)
    if _is_value(statement, block):
        return Place(statement.end_byte, tail=statement)
    return Place(statement.end_byte)


def stopping_text(program: Program, stops: tuple[Stop, ...]) -> str:
    """Return the program with its calls and the module that they go to; no line moves."""
    data = program.text.encode()
    for number, stop in reversed(list(enumerate(stops))):
        semicolon = ";" if stop.ends_value else ""
        call = f"{semicolon} crate::{MODULE}::at({number});".encode()
        data = data[: stop.at] + call + data[stop.at :]
    return data.decode() + _module("core" if program.no_std else "std", len(stops)) + "\n"


def _module(library: str, count: int) -> str:
    """The program itself counts how often it passes a marker: a loop of a million passes costs no million stops."""
    atomics = f"::{library}::sync::atomic"
    return (
        f"#[doc(hidden)] #[allow(warnings)] mod {MODULE} {{ "
        f"use {atomics}::AtomicU64; use {atomics}::Ordering::SeqCst; const ZERO: AtomicU64 = AtomicU64::new(0); "
        f"pub static HITS: [AtomicU64; {count}] = [ZERO; {count}]; "
        f"pub static WANTED: [AtomicU64; {count}] = [ZERO; {count}]; "
        "#[inline(never)] pub fn at(n: usize) { "
        "if HITS[n].fetch_add(1, SeqCst) + 1 == WANTED[n].load(SeqCst) { stopped(n) } } "
        "#[inline(never)] pub fn stopped(n: usize) { } }"
    )
