"""``:file:`` and ``:region:``: larger programs under ``rust_snippets/``, shown in part."""

from __future__ import annotations

import re
from pathlib import Path

from heapledger.model import Location
from heapledger.source.problems import MarkupProblem, nearest
from heapledger.source.snippet import IncludedSource, Place

_BOUNDARY = re.compile(r"\s*// (?P<end>end)?region: (?P<name>\S+)\s*")


class RegionProblem(MarkupProblem):
    """The file is there, its region is not."""


def read_file(root: Path, name: str, region: str | None, shown_root: Path | None = None) -> IncludedSource:
    """Read a file, blank its region marks and mark what lies outside the region as hidden.

    :param root: the folder that ``name`` starts from.
    :param shown_root: the folder that paths in messages are relative to.
    :raises MarkupProblem: where the file or the region is missing, or the file lies outside the folder.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise MarkupProblem(f"the file '{name}' lies outside {root.name}/")
    try:
        text = path.read_bytes().decode("utf-8")  # not as text: a lone carriage return must stay, and be refused
    except FileNotFoundError:
        others = sorted(str(other.relative_to(root)) for other in root.rglob("*.rs")) if root.is_dir() else []
        hint = nearest(name, others) if others else f"; there is no Rust file under {root.name}/"
        raise MarkupProblem(f"there is no file '{name}' in {root.name}/{hint}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MarkupProblem(f"the file '{name}' cannot be read: {error}") from None
    shown = str(path)
    if shown_root is not None and path.is_relative_to(shown_root.resolve()):
        shown = str(path.relative_to(shown_root.resolve()))
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip("\n").split("\n")
    bounds = _bounds(lines)
    outside: frozenset[int] = frozenset()
    if region is not None:
        if region not in bounds:
            hint = nearest(region, bounds) if bounds else "; the file has no '// region: NAME'"
            raise RegionProblem(f"there is no region '{region}' in '{name}'{hint}")
        first, last = bounds[region]
        if last is None:
            raise RegionProblem(f"the region '{region}' in '{name}' is not closed by '// endregion: {region}'")
        outside = frozenset(number for number in range(1, len(lines) + 1) if not first < number < last)
    marks = frozenset(number for number, line in enumerate(lines, start=1) if _BOUNDARY.fullmatch(line))
    return IncludedSource(
        lines=tuple(lines),
        places=tuple(Place(Location(shown, number), 0) for number in range(1, len(lines) + 1)),
        outside=outside | marks,
    )


def _bounds(lines: list[str]) -> dict[str, tuple[int, int | None]]:
    bounds: dict[str, tuple[int, int | None]] = {}
    for number, line in enumerate(lines, start=1):
        match = _BOUNDARY.fullmatch(line)
        if match is None:
            continue
        name = match["name"]
        if match["end"] is None:
            bounds[name] = (number, None)
        elif name in bounds:
            bounds[name] = (bounds[name][0], number)
    return bounds
