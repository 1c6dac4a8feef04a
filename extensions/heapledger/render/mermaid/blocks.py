"""The blocks of the heap after the run, or when most bytes are live, each with the line that made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heapledger.model import Ledger
from heapledger.render.facts import bytes_text, count_text
from heapledger.render.mermaid.diagram import Diagram, Table
from heapledger.render.mermaid.history import (
    CODE_CHARACTERS,
    TABLE_CHARACTERS,
    BlockLife,
    Origin,
    lives,
    origin,
    peak_index,
)
from heapledger.render.mermaid.text import label
from heapledger.source.snippet import Snippet

DEFAULT_ITEMS = 8
MAX_ROWS = 200
"""Most rows of the table under the picture."""
MAX_NAMED = 3
"""Most blocks that the sentence names."""
MIN_GROUP = 4
"""Fewest equal neighbours that are drawn as one box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """One block as the picture and the table show it."""

    life: BlockLife
    birth: Origin
    state: str
    """``freed at the end of main``, ``never freed``, ``live``."""
    css: str

    @property
    def likeness(self) -> tuple[object, ...]:
        """What blocks drawn as one have in common."""
        return self.life.sizes, self.life.align, self.birth, self.state


def blocks_diagram(snippet: Snippet, ledger: Ledger, *, at_peak: bool, limit: int) -> Diagram:
    """Draw the blocks of a ledger with at least one event.

    :param limit: most blocks in the picture; the table has more.
    """
    events = ledger.events
    if at_peak:
        index = peak_index(events)
        found = [life for life in lives(events[: index + 1]) if life.freed is None]
    else:
        found = list(lives(events))
    shown = [_shown(snippet, ledger, life, at_peak=at_peak) for life in found]
    drawn = _chosen(_group(shown), limit)
    title = "Heap blocks when most bytes are live" if at_peak else "Heap blocks after the run"
    description = _describe(shown, at_peak=at_peak)
    return Diagram(
        kind="blocks",
        title=title,
        description=description,
        source=_source(drawn, shown, title, at_peak=at_peak),
        table=_table(shown),
        left_out=_left_out(drawn, shown, at_peak=at_peak),
    )


def _shown(snippet: Snippet, ledger: Ledger, life: BlockLife, *, at_peak: bool) -> _Shown:
    if life.freed is not None:
        state, css = f"freed {origin(snippet, ledger, life.freed).at}", "freed"
    else:
        state, css = ("live", "owned") if at_peak else ("never freed", "leak")
    return _Shown(life=life, birth=origin(snippet, ledger, life.born), state=state, css=css)


def _group(shown: Sequence[_Shown]) -> list[list[_Shown]]:
    """Put neighbours that are alike in all but their number into one group, where there are several."""
    runs: list[list[_Shown]] = []
    for one in shown:
        if runs and runs[-1][0].likeness == one.likeness:
            runs[-1].append(one)
        else:
            runs.append([one])
    return [part for run in runs for part in ([run] if len(run) >= MIN_GROUP else [[one] for one in run])]


def _chosen(groups: Sequence[list[_Shown]], limit: int) -> list[list[_Shown]]:
    """Choose what is drawn: live blocks first, then the largest; in order of birth."""

    def rank(run: list[_Shown]) -> tuple[bool, int, int]:
        return run[0].css == "freed", -sum(one.life.size for one in run), run[0].life.number

    ranked = sorted(groups, key=rank)
    return sorted(ranked[:limit], key=lambda run: run[0].life.number)


def _left_out(drawn: Sequence[list[_Shown]], shown: Sequence[_Shown], *, at_peak: bool) -> str:
    count = sum(len(run) for run in drawn)
    if count == len(shown):
        return ""
    first = "the largest" if at_peak else "those never freed first, then the largest"
    rest = count_text(len(shown) - count, "block")
    return f"{count:,} of {count_text(len(shown), 'block')} are drawn, {first}; {rest} left out."


def _describe(shown: Sequence[_Shown], *, at_peak: bool) -> str:
    size = sum(one.life.size for one in shown)
    if at_peak:
        if not shown:
            return "No block is ever live with a size above zero."
        verb = "is" if len(shown) == 1 else "are"
        blocks = f"{count_text(len(shown), 'block')} with {bytes_text(size)} {verb} on the heap"
        return f"When most bytes are live, {blocks}: {_list(shown)}."
    left = [one for one in shown if one.css == "leak"]
    if not shown:
        return "The program makes no block."
    made = f"The program makes {count_text(len(shown), 'block')}"
    if not left:
        every = "and frees it" if len(shown) == 1 else "and frees every one"
        return f"{made} {every}: {_list(shown)}."
    kept = sum(one.life.size for one in left)
    verb = "is" if len(left) == 1 else "are"
    return f"{made}; {len(left):,} with {bytes_text(kept)} {verb} never freed: {_list(shown)}."


def _list(shown: Sequence[_Shown]) -> str:
    named = [
        f"block {one.life.number}, {bytes_text(one.life.size)}, made {one.birth.at}, {one.state}"
        for one in shown[:MAX_NAMED]
    ]
    more = [f"and {len(shown) - MAX_NAMED:,} more"] if len(shown) > MAX_NAMED else []
    return "; ".join([*named, *more])


def _source(drawn: Sequence[list[_Shown]], shown: Sequence[_Shown], title: str, *, at_peak: bool) -> str:
    total = sum(one.life.size for one in shown if at_peak or one.css == "leak")
    heap = f"heap {'at its fullest' if at_peak else 'after the run'}: {total:,} B"
    left, right, edges = [], [], []
    classes: dict[str, list[str]] = {"group": ["program", "heap"], "title": ["programtitle", "heaptitle"], "stack": []}
    for run in drawn:
        one = run[0]
        line, name = f"line{one.life.number}", f"block{one.life.number}"
        left.append(f'    {line}["{_rows(*one.birth.rows(CODE_CHARACTERS))}"]')
        right.append(f'    {name}["{_rows(_named(run), one.state)}"]')
        edges.append(f"  {line} --> {name}")
        classes["stack"].append(line)
        classes.setdefault(one.css, []).append(name)
    parts = [
        "block",
        f"  %% {title}",
        "  columns 9",
        *("  block:program:4", "    columns 1", '    programtitle["program"]', *left, "  end"),
        "  space:1",
        *("  block:heap:4", "    columns 1", f'    heaptitle["{label(heap)}"]', *right, "  end"),
        *edges,
        *(f"  class {','.join(names)} {css}" for css, names in classes.items() if names),
    ]
    return "\n".join(parts) + "\n"


def _rows(*parts: str) -> str:
    return "<br/>".join(label(part) for part in parts if part)


def _named(run: Sequence[_Shown]) -> str:
    life = run[0].life
    sizes = f"{life.size:,} B"
    if len(life.sizes) > 1:
        sizes = f"{life.sizes[0]:,} → {'… → ' if len(life.sizes) > 2 else ''}{sizes}"
    if len(run) == 1:
        return f"block {life.number} · {sizes}"
    return f"blocks {life.number} to {run[-1].life.number} · {len(run):,} × {sizes}"


def _table(shown: Sequence[_Shown]) -> Table:
    rows = []
    for one in shown[:MAX_ROWS]:
        sizes = " → ".join(f"{size:,}" for size in one.life.sizes[:12]) + (" → …" if len(one.life.sizes) > 12 else "")
        made = one.birth.text(TABLE_CHARACTERS)
        rows.append((str(one.life.number), sizes, str(one.life.align), made, one.state))
    if len(shown) > MAX_ROWS:
        rows.append(("…", "", "", f"{len(shown) - MAX_ROWS:,} more", ""))
    return Table(header=("block", "bytes", "align", "made at", "state"), rows=tuple(rows), widths=(8, 22, 8, 40, 22))
