"""Asking the compiler which variables are moved or not initialised at a place.

A debugger cannot tell: the bytes of a moved variable stay where they were. So a copy of the function with
``{ let _ = &VAR; }`` at the place is checked, one copy for each place, since rustc reports a moved variable once in a
function. E0382 means moved, E0381 not initialised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tree_sitter import Node

from heapledger.model_snapshot import VariableState
from heapledger.source import rust
from heapledger.source.bindings import Binding, function_around, visible

BORROW_ERRORS = frozenset(
    [
        "E0373",
        "E0381",
        "E0382",
        "E0384",
        "E0499",
        "E0502",
        "E0503",
        "E0505",
        "E0506",
        "E0507",
        "E0510",
        "E0515",
        "E0521",
        "E0594",
        "E0596",
        "E0597",
        "E0621",
        "E0700",
        "E0712",
        "E0713",
        "E0716",
    ]
)
"""Errors that come after types are checked: the answer is complete although they are there."""

_MOVED, _UNINITIALISED = "E0382", "E0381"
_TEMPORARY = "__heapledger_value"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a program at which variables are asked for."""

    at: int
    """Byte of the program's text; a statement may stand there, or, with ``tail``, the value of a block ends there."""
    tail: Node | None = None
    """The expression whose value its block has: it is followed by nothing."""


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """One error of the check, as far as it matters here."""

    code: str
    message: str
    start: int
    """Byte of the checked text where its main span begins."""
    moves: tuple[int, ...]
    """Bytes where rustc says that the value was moved."""
    in_loop: bool
    """It was moved in a previous turn of a loop."""


@dataclass(frozen=True, slots=True)
class _Question:
    place: Place
    binding: Binding
    shift: tuple[tuple[int, int], ...]
    """Of the copy: (byte of the original, bytes put in there)."""
    copy: int
    """Byte of the checked text where the copy begins, minus where the function begins in the program."""


@dataclass(frozen=True, slots=True)
class Check:
    """A text to compile, and what its errors answer."""

    text: str
    questions: Mapping[tuple[int, int], _Question]
    """By the span (start, end) of each question in the text."""
    unasked: frozenset[tuple[int, int]]
    """(byte of the place, byte of the declaration) of what cannot be asked."""
    root: Node


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text that takes the place of the program's bytes from ``start`` to ``end``."""

    start: int
    end: int
    text: bytes
    questions: list[tuple[int, int, _Question]]
    """Spans inside the text."""


Key = tuple[int, int]
"""Byte of the place, byte of the variable's declaration."""


def make_check(text: str, places: Iterable[Place], *, wrap: bool = True) -> Check:
    """Write the program with its questions.

    :param wrap: also ask for shadowed variables, inside the ``let`` that shadows them.
    """
    tree = rust.parse(text)
    data = text.encode()
    pieces: list[_Piece] = []
    unasked: set[Key] = set()
    replaced: set[int] = set()
    for number, place in enumerate(dict.fromkeys(places)):
        function = function_around(tree.root_node, place.at)
        name = function.child_by_field_name("name") if function is not None else None
        if function is None or name is None:
            continue
        bindings = visible(function, place.at)
        of_trait = _is_of_trait(function)
        if of_trait and function.start_byte in replaced:
            unasked |= {(place.at, binding.at) for binding in bindings}
            continue
        edits, missing = _edits(place, bindings, wrap=wrap)
        unasked |= missing
        if of_trait:
            replaced.add(function.start_byte)
        else:
            edits.append((name.end_byte, f"__heapledger_{number}".encode(), []))
        pieces.append(_copy(data, function, place, edits, instead=of_trait))
    return _assemble(data, pieces, frozenset(unasked), tree.root_node)


_Asked = list[tuple[int, int, Binding]]
"""(offset in the inserted text, length, variable)"""


def _edits(place: Place, bindings: list[Binding], *, wrap: bool) -> tuple[list[tuple[int, bytes, _Asked]], set[Key]]:
    """What is put in where, for one place."""
    last = {binding.name: binding for binding in bindings}
    text, asked = _questions(list(last.values()))
    edits: list[tuple[int, bytes, _Asked]] = []
    if place.tail is None:
        edits.append((place.at, text, asked))
    else:
        opening = f"{{ let {_TEMPORARY} = ".encode()
        edits.append((place.tail.start_byte, opening, []))
        edits.append((place.tail.end_byte, b"; " + text + f" {_TEMPORARY} }}".encode(), _shifted(asked, 2)))
    missing: set[Key] = set()
    for index, binding in enumerate(bindings):
        hider = next((later for later in bindings[index + 1 :] if later.name == binding.name), None)
        if hider is None:
            continue
        value = hider.node.child_by_field_name("value") if hider.node.type == "let_declaration" else None
        pattern = hider.node.child_by_field_name("pattern")
        if not wrap or value is None or pattern is None or pattern.type != "identifier":
            missing.add((place.at, binding.at))
            continue
        text, asked = _questions([binding])
        edits.append((value.start_byte, f"{{ let {_TEMPORARY} = ".encode(), []))
        edits.append((value.end_byte, b"; " + text + f" {_TEMPORARY} }}".encode(), _shifted(asked, 2)))
    return edits, missing


def _questions(bindings: list[Binding]) -> tuple[bytes, _Asked]:
    text = b""
    asked: _Asked = []
    for binding in bindings:
        before = len(text)
        text += f" {{ let _ = &{binding.name}; }}".encode()
        asked.append((before, len(text) - before, binding))
    return text, asked


def _shifted(asked: _Asked, by: int) -> _Asked:
    return [(offset + by, length, binding) for offset, length, binding in asked]


def _copy(
    data: bytes, function: Node, place: Place, edits: list[tuple[int, bytes, _Asked]], *, instead: bool
) -> _Piece:
    """Write the copy of a function with its questions.

    :param instead: it takes the place of the function; a trait's ``impl`` can have no other.
    """
    edits.sort(key=lambda edit: edit[0])
    shift = tuple((at, len(text)) for at, text, _ in edits)
    text, done = b"" if instead else b"\n", function.start_byte
    lead = len(text) - function.start_byte
    questions = []
    for at, inserted, asked in edits:
        text += data[done:at]
        for offset, length, binding in asked:
            start = len(text) + offset
            questions.append((start, start + length, _Question(place, binding, shift, lead)))
        text += inserted
        done = at
    text += data[done : function.end_byte]
    return _Piece(function.start_byte if instead else function.end_byte, function.end_byte, text, questions)


def _assemble(
    data: bytes,
    pieces: list[_Piece],
    unasked: frozenset[Key],
    root: Node,
) -> Check:
    pieces.sort(key=lambda piece: piece.start)
    text, done = b"", 0
    spans: dict[tuple[int, int], _Question] = {}
    for piece in pieces:
        text += data[done : piece.start]
        begin = len(text)
        for start, end, question in piece.questions:
            moved = _Question(question.place, question.binding, question.shift, question.copy + begin)
            spans[begin + start, begin + end] = moved
        text += piece.text
        done = piece.end
    text += data[done:]
    return Check(text.decode(), spans, unasked, root)


def _is_of_trait(function: Node) -> bool:
    """A copy in the ``impl`` of a trait would be a method that the trait does not have."""
    holder = function.parent.parent if function.parent is not None else None
    if holder is None or holder.type not in {"impl_item", "trait_item"}:
        return False
    return holder.type == "trait_item" or holder.child_by_field_name("trait") is not None


def answers(check: Check, errors: Iterable[Diagnosed]) -> dict[Key, VariableState]:
    """Turn errors into states; what is not in the result is live."""
    found: dict[Key, VariableState] = {}
    for error in errors:
        question = next((one for (start, end), one in check.questions.items() if start <= error.start < end), None)
        if question is None:
            continue
        key = (question.place.at, question.binding.at)
        if error.code == _UNINITIALISED:
            maybe = "possibly" in error.message and _may_be_assigned(check.root, question)
            found[key] = VariableState.MAYBE_MOVED if maybe else VariableState.UNINITIALISED
        elif error.code == _MOVED:
            found[key] = _moved_state(check.root, question, error)
    return found


def partly_moved(check: Check, errors: Iterable[Diagnosed]) -> frozenset[Key]:
    """Return the variables of which a part was moved and the rest was not."""
    found = set()
    for error in errors:
        question = next((one for (start, end), one in check.questions.items() if start <= error.start < end), None)
        if question is not None and error.code == _MOVED and "partially" in error.message:
            found.add((question.place.at, question.binding.at))
    return frozenset(found)


def _may_be_assigned(root: Node, question: _Question) -> bool:
    """Whether an assignment may have come before the place: rustc says "possibly" for a later one too."""
    at, name = question.place.at, question.binding.name.encode()
    loops = [node for node in _path(root, at) if node.type in {"loop_expression", "while_expression", "for_expression"}]
    begin = loops[0].end_byte if loops else at
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type == "assignment_expression" and question.binding.at < node.start_byte < begin:
            left = node.child_by_field_name("left")
            if left is not None and left.text == name:
                return True
        pending.extend(node.children)
    return False


def _moved_state(root: Node, question: _Question, error: Diagnosed) -> VariableState:
    if "partially" in error.message or error.in_loop:
        return VariableState.MAYBE_MOVED
    moves = [_original(position, question) for position in error.moves]
    surely = any(not _branches(root, move, question.place.at) for move in moves) or _on_every_branch(
        root, moves, question.place.at
    )
    return VariableState.MOVED if surely else VariableState.MAYBE_MOVED


def _original(position: int, question: _Question) -> int:
    """Byte of the program for a byte of the checked text."""
    inside = position - question.copy
    for at, length in question.shift:
        if at + length <= inside:
            inside -= length
        elif at < inside:
            return at
    return inside


def _branches(root: Node, move: int, at: int) -> list[Node]:
    """Nodes that run only sometimes, between a move and the smallest node that also holds the place."""
    found = []
    path = _path(root, move)
    for parent, child in pairwise(path):
        if parent.start_byte <= at <= parent.end_byte and child.start_byte < at <= child.end_byte:
            continue
        if _runs_sometimes(parent, child):
            found.append(child)
    return found


def _runs_sometimes(parent: Node, child: Node) -> bool:
    if parent.type == "if_expression":
        return child != parent.child_by_field_name("condition")
    if parent.type in {"match_block", "for_expression", "while_expression"}:
        return child.type in {"match_arm", "block"}
    if parent.type == "binary_expression":
        operator = parent.child_by_field_name("operator")
        return operator is not None and operator.type in {"&&", "||"} and child == parent.child_by_field_name("right")
    return False


def _on_every_branch(root: Node, moves: list[int], at: int) -> bool:
    """Whether an ``if`` with ``else`` or a ``match`` before the place moves the value on each of its ways."""
    for move in moves:
        path = _path(root, move)
        for parent in path:
            if parent.start_byte < at <= parent.end_byte:
                continue
            ways: list[Node] = []
            if parent.type == "if_expression" and parent.child_by_field_name("alternative") is not None:
                ways = [node for name in ("consequence", "alternative") if (node := parent.child_by_field_name(name))]
            elif parent.type == "match_block":
                ways = [node for node in parent.named_children if node.type == "match_arm"]
            if ways and all(any(way.start_byte <= one < way.end_byte for one in moves) for way in ways):
                return True
    return False


def _path(root: Node, at: int) -> list[Node]:
    path = [root]
    while True:
        child = next((node for node in path[-1].children if node.start_byte <= at < node.end_byte), None)
        if child is None:
            return path
        path.append(child)
