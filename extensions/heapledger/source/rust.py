"""Rust syntax, as tree-sitter reads it: comments, items, statements. No regular expression ever reads Rust."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import tree_sitter_rust
from tree_sitter import Language, Node, Parser, Tree

DECLARATIONS = frozenset(
    {
        "attribute_item",
        "block_comment",
        "const_item",
        "empty_statement",
        "enum_item",
        "extern_crate_declaration",
        "foreign_mod_item",
        "function_item",
        "impl_item",
        "inner_attribute_item",
        "line_comment",
        "macro_definition",
        "mod_item",
        "static_item",
        "struct_item",
        "trait_item",
        "type_item",
        "union_item",
        "use_declaration",
    }
)
"""Node types that only declare: what a hidden line may hold."""


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_rust.language()))


@lru_cache(maxsize=8)
def parse(text: str) -> Tree:
    """Parse a whole file; a broken one gives a tree with error nodes, never an exception.

    The last trees are kept: one program is asked ten questions in a row.
    """
    return _parser().parse(text.encode())


def line_comments(text: str) -> list[tuple[int, int, str]]:
    """Return every plain ``//`` comment as (line from 0, column in characters from 0, text without the newline)."""
    if "//" not in text:
        return []
    lines = text.split("\n")
    found = []
    for node in _walk(parse(text).root_node):
        if node.type == "line_comment":
            row, column = node.start_point
            start = len(lines[row].encode()[:column].decode())
            comment = lines[row][start:]
            if not (comment.startswith("//!") or (comment.startswith("///") and not comment.startswith("////"))):
                found.append((row, start, comment))
    return found


def has_main(text: str) -> bool:
    """Whether a function ``main`` stands at the top level."""
    return any(
        node.type == "function_item" and _field_text(node, "name") == "main" for node in parse(text).root_node.children
    )


@dataclass(frozen=True, slots=True)
class Words:
    """The identifiers of a text."""

    names: frozenset[str]
    """Every identifier."""
    macros: frozenset[str]
    """Last segments of the names of called macros; those inside token trees of other macros too."""


def identifiers(text: str) -> Words:
    """Collect every identifier and every called macro; a name before ``!`` in a token tree counts as a macro."""
    names: set[str] = set()
    macros: set[str] = set()
    for node in _walk(parse(text).root_node):
        if node.type not in {"identifier", "type_identifier", "field_identifier"}:
            continue
        name = _text(node)
        names.add(name)
        following = node.next_sibling
        if following is not None and following.type == "!":
            macros.add(name)
        elif node.parent is not None and node.parent.type == "scoped_identifier":
            outer = node.parent.next_sibling
            if outer is not None and outer.type == "!":
                macros.add(name)
    return Words(frozenset(names), frozenset(macros))


def main_return_type(text: str) -> str | None:
    """Return the type that a plain ``fn main`` gives back, ``()`` where none is written; None for any other main."""
    for node in parse(text).root_node.children:
        if node.type != "function_item" or _field_text(node, "name") != "main":
            continue
        before = [child.type for child in node.children if child.type in {"function_modifiers", "visibility_modifier"}]
        wanted = node.child_by_field_name("return_type")
        if before or node.child_by_field_name("type_parameters") or (wanted and wanted.type == "abstract_type"):
            return None
        return "()" if wanted is None else _text(wanted)
    return None


def is_one_expression(text: str) -> bool:
    """Whether the text can stand behind ``let value =`` and is nothing more than that."""
    tree = parse("fn main() { let value = " + text + "; }")
    block = _body_of_root(tree.root_node)
    if block is None or tree.root_node.has_error:
        return False
    statements = [node for node in block.named_children if "comment" not in node.type]
    return len(statements) == 1 and statements[0].type == "let_declaration"


def leading_inner_attributes(text: str) -> int:
    """Number of lines at the start that must stay above a wrapped ``fn main`` because they hold ``#![…]``."""
    last = 0
    for node in parse(text).root_node.children:
        if node.type == "inner_attribute_item":
            last = node.end_point[0] + 1
        elif node.type not in {"line_comment", "block_comment", "shebang"}:
            break
    return last


def inner_attribute_words(text: str) -> frozenset[str]:
    """Names of the inner attributes ``#![name…]`` at the start of the text."""
    words = set()
    for node in parse(text).root_node.children:
        if node.type == "inner_attribute_item":
            words.add(_text(node).removeprefix("#![").rstrip("]").partition("(")[0].strip())
    return frozenset(words)


def attribute_words(text: str) -> frozenset[str]:
    """Names of all outer attributes ``#[name…]``, anywhere in the text."""
    return frozenset(
        _text(node).removeprefix("#[").rstrip("]").partition("(")[0].strip()
        for node in _walk(parse(text).root_node)
        if node.type == "attribute_item"
    )


def result_type_of_last_expression(body: str) -> str | None:
    """Return ``Result<(), E>`` where the last expression of a function body is ``Ok::<(), E>(…)``."""
    block = _body_of("fn main() {\n" + body + "\n}")
    if block is None:
        return None
    last = next((node for node in reversed(block.named_children) if "comment" not in node.type), None)
    if last is None or last.type != "call_expression":
        return None
    function = last.child_by_field_name("function")
    if function is None or function.type != "generic_function" or _field_text(function, "function") != "Ok":
        return None
    arguments = function.child_by_field_name("type_arguments")
    return None if arguments is None else "Result" + _text(arguments)


def paths_from_the_crate(text: str) -> tuple[str, ...]:
    """Return which of ``crate::``, ``super::`` and ``mod`` the text uses: inside a function they mean another thing."""
    found = set()
    for node in _walk(parse(text).root_node):
        if node.type in {"crate", "super"}:
            found.add(f"{node.type}::")
        elif node.type == "mod_item":
            found.add("mod")
    return tuple(sorted(found))


def non_declarations(program: str, hidden: frozenset[int]) -> list[int]:
    """Return the hidden lines (from 0) of a program that hold more than declarations."""
    wrong: set[int] = set()
    pending = [parse(program).root_node]
    while pending:
        for child in pending.pop().children:
            rows = range(child.start_point[0], _last_row(child) + 1)
            touched = [row for row in rows if row in hidden]
            if not touched:
                continue
            if len(touched) == len(rows) and _declares(child):
                continue
            if child.child_count and not (len(touched) == len(rows) and child.is_named and "statement" in child.type):
                pending.append(child)
            else:
                wrong.update(touched)
    return sorted(wrong)


def _declares(node: Node) -> bool:
    if node.type in DECLARATIONS:
        return True
    macro = node
    if node.type == "expression_statement" and node.named_children:
        macro = node.named_children[0]
    return macro.type == "macro_invocation" and _field_text(macro, "macro").endswith("thread_local")


def _last_row(node: Node) -> int:
    row, column = node.end_point
    return row - 1 if column == 0 and row > node.start_point[0] else row


def _body_of(program: str) -> Node | None:
    return _body_of_root(parse(program).root_node)


def _body_of_root(root: Node) -> Node | None:
    for node in root.children:
        if node.type == "function_item":
            return node.child_by_field_name("body")
    return None


def _field_text(node: Node, name: str) -> str:
    field = node.child_by_field_name(name)
    return "" if field is None else _text(field)


def _text(node: Node) -> str:
    return "" if node.text is None else node.text.decode().strip()


def _walk(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))


def is_type(text: str) -> bool:
    """Whether the text is one type, by its form."""
    return _is_whole(f"type X = {text};", "type_item")


def is_expression(text: str) -> bool:
    """Whether the text is one expression, by its form."""
    return _is_whole(f"const X: () = {text};", "const_item")


def _is_whole(item: str, kind: str) -> bool:
    root = parse(item).root_node
    return not root.has_error and len(root.children) == 1 and root.children[0].type == kind


def declared_names(text: str) -> dict[str, frozenset[str]]:
    """Return the names that a program declares, anywhere: ``function_item``, ``static_item``, ``const_item``.

    The variables inside ``thread_local!`` and its like count as statics: a macro's tokens are ``static NAME``.
    """
    found: dict[str, set[str]] = {"function_item": set(), "static_item": set(), "const_item": set()}
    for node in _walk(parse(text).root_node):
        if node.type in found:
            found[node.type].add(_field_text(node, "name"))
        elif node.type == "token_tree":
            words = [_text(child) for child in node.children]
            for before, word in itertools.pairwise(words):
                if before in {"static", "mut"} and word.isidentifier():
                    found["static_item"].add(word)
                elif before == "fn" and word.isidentifier():
                    found["function_item"].add(word)
    return {kind: frozenset(names) for kind, names in found.items()}


def variables(text: str) -> dict[str, tuple[int, int]]:
    """Return the variables of ``let NAME = …;``, with the place (line from 0, byte) behind the first of each name."""
    found: dict[str, tuple[int, int]] = {}
    for node in _walk(parse(text).root_node):
        if node.type == "let_declaration" and node.child_by_field_name("value") is not None:
            pattern = node.child_by_field_name("pattern")
            if pattern is not None and pattern.type == "identifier":
                row, column = node.end_point
                found.setdefault(_text(pattern), (row, column))
    return found


def declaration_length(lines: Sequence[str]) -> int:
    """Number of lines that the declaration (or ``let``) at the start of some lines takes; 0 where none stands there."""
    for count in range(1, len(lines) + 1):
        root = parse("\n".join(lines[:count])).root_node
        nodes = [node for node in root.children if "comment" not in node.type]
        if root.has_error or not nodes or nodes[-1].type in {"attribute_item", "inner_attribute_item"}:
            continue
        declares = all(node.type in DECLARATIONS or node.type == "let_declaration" for node in nodes)
        return count if declares else 0
    return 0


def type_defined(text: str) -> str:
    """Name of the struct, enum or union without parameters that a text defines, or nothing."""
    for node in parse(text).root_node.children:
        if node.type in {"struct_item", "enum_item", "union_item"} and not _field_text(node, "type_parameters"):
            return _field_text(node, "name")
    return ""
