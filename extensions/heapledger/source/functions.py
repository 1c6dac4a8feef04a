"""Which function each line of a program belongs to."""

from __future__ import annotations

from tree_sitter import Node

from heapledger.source import rust

OUTSIDE = -1
"""A line outside every function."""

_LATER = frozenset({"closure_expression", "async_block"})
"""Bodies that run at another time than the lines around them."""


def functions_of_lines(text: str) -> tuple[tuple[int, ...], int]:
    """Number the functions of a program.

    :returns: for each line the number of the innermost function or closure that it belongs to, or :data:`OUTSIDE`; and
        the number of ``main``, or :data:`OUTSIDE` where there is none. The first and the last line of a closure belong
        to the function around it, those of a function to itself.
    """
    owners = [OUTSIDE] * (text.count("\n") + 1)
    main = OUTSIDE
    number = 0
    pending: list[Node] = [rust.parse(text).root_node]
    while pending:
        node = pending.pop()
        if node.type == "function_item" or node.type in _LATER:
            inset = 1 if node.type in _LATER else 0
            for row in range(node.start_point[0] + inset, node.end_point[0] + 1 - inset):
                owners[row] = number
            if main == OUTSIDE and _is_main(node):
                main = number
            number += 1
        pending += reversed(node.children)
    return tuple(owners), main


def _is_main(node: Node) -> bool:
    name = node.child_by_field_name("name")
    at_top = node.parent is not None and node.parent.type == "source_file"
    return at_top and name is not None and name.text == b"main"
