"""Which variables a program declares, and which of them a place in it can name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from heapledger.source import rust

_NOT_BINDINGS = frozenset({"type", "path", "condition", "name", "value", "default_type"})
"""Fields of pattern nodes that hold no binding."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One variable at its declaration."""

    name: str
    line: int
    """Line of the program, from 1."""
    at: int
    """Byte of its name in the program."""
    node: Node
    """What declares it: a ``let``, a parameter, a pattern of ``for``, ``match`` or ``if let``."""


def declared(text: str) -> frozenset[tuple[str, int]]:
    """Return every variable of a program as (name, line)."""
    return frozenset((binding.name, binding.line) for binding in _all(rust.parse(text).root_node))


def _all(root: Node) -> Iterator[Binding]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield from _declares(node)
        pending.extend(node.children)


def _declares(node: Node) -> Iterator[Binding]:
    """Variables that a node itself declares."""
    if node.type in {"let_declaration", "let_condition", "for_expression", "match_arm", "parameter"}:
        pattern = node.child_by_field_name("pattern")
        if pattern is not None:
            yield from _in_pattern(pattern, node)
    elif node.type == "closure_parameters":
        for child in node.named_children:
            if child.type != "parameter":
                yield from _in_pattern(child, node)
    elif node.type == "self_parameter":
        name = next((child for child in node.children if child.type == "self"), None)
        if name is not None:
            yield Binding("self", name.start_point[0] + 1, name.start_byte, node)


def _in_pattern(pattern: Node, owner: Node) -> Iterator[Binding]:
    if pattern.type in {"identifier", "shorthand_field_identifier"}:
        name = (pattern.text or b"").decode()
        if name[:1].islower() or name[:1] == "_":
            yield Binding(name.removeprefix("r#"), pattern.start_point[0] + 1, pattern.start_byte, owner)
        return
    if pattern.type in {"scoped_identifier", "field_identifier", "type_identifier", "macro_invocation", "block"}:
        return
    for index, child in enumerate(pattern.children):
        if not child.is_named:
            continue
        field = pattern.field_name_for_child(index)
        if field in _NOT_BINDINGS and not (field == "name" and child.type == "shorthand_field_identifier"):
            continue
        yield from _in_pattern(child, owner)


_BODIES = ("body", "consequence", "value")
"""Fields of nodes that hold what their variables are for."""


def visible(function: Node, at: int) -> list[Binding]:
    """Return the variables that a statement at a byte of a function can name, in order of declaration.

    Earlier ones of the same name are among them; the last of a name is the one that the name means.
    """
    found: list[Binding] = []
    node: Node | None = function
    while node is not None:
        found += _opened(node, at)
        node = next((child for child in node.children if child.start_byte < at <= child.end_byte), None)
    return found


def _opened(node: Node, at: int) -> Iterator[Binding]:
    """Variables that a node opens for what stands at ``at`` inside it."""
    body = next((found for name in _BODIES if (found := node.child_by_field_name(name)) is not None), None)
    inside = body is not None and body.start_byte <= at <= body.end_byte
    if node.type == "block":
        for child in node.named_children:
            if child.type == "let_declaration" and child.end_byte <= at:
                yield from _declares(child)
    elif not inside:
        return
    elif node.type in {"function_item", "closure_expression"}:
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            yield from _all(parameters)
    elif node.type in {"for_expression", "match_arm"}:
        yield from _declares(node)
    elif node.type in {"if_expression", "while_expression"}:
        condition = node.child_by_field_name("condition")
        for one in _conditions(condition) if condition is not None else ():
            yield from _declares(one)


def _conditions(node: Node) -> Iterator[Node]:
    if node.type == "let_condition":
        yield node
        return
    if node.type != "block":
        for child in node.children:
            yield from _conditions(child)


def function_around(root: Node, at: int) -> Node | None:
    """Return the innermost function that holds a byte."""
    found = None
    node: Node | None = root
    while node is not None:
        if node.type == "function_item":
            found = node
        node = next((child for child in node.children if child.start_byte < at <= child.end_byte), None)
    return found
