"""What a reader of a drawn picture sees: labels of boxes, arrows between them, text, bars."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def rows_of(element: ET.Element) -> list[str]:
    """Rows of text inside an element, in order."""
    rows = []
    for text in element.iter(f"{SVG}text"):
        outer = [part for part in text.iter(f"{SVG}tspan") if "text-outer-tspan" in part.get("class", "")]
        rows += ["".join(part.itertext()) for part in outer] or ["".join(text.itertext())]
    return [row for row in rows if row.strip()]


def boxes(svg: str) -> dict[str, list[str]]:
    """Rows of text of each box of a ``block`` diagram, by the box's name in the source."""
    found = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        if "node" in group.get("class", "").split():
            found[group.get("id", "").removeprefix("HEAPLEDGER-ID-")] = rows_of(group)
    return found


def classes(svg: str) -> dict[str, set[str]]:
    """Classes of each box."""
    return {
        group.get("id", "").removeprefix("HEAPLEDGER-ID-"): set(group.get("class", "").split())
        for group in ET.fromstring(svg).iter(f"{SVG}g")
        if "node" in group.get("class", "").split()
    }


def frames(svg: str) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box."""
    found = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        if "node" not in group.get("class", "").split():
            continue
        x, y = (float(part) for part in re.findall(r"-?[\d.]+", group.get("transform", "")))
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        left, top = x + float(rect.get("x", 0)), y + float(rect.get("y", 0))
        name = group.get("id", "").removeprefix("HEAPLEDGER-ID-")
        found[name] = (left, top, left + float(rect.get("width", 0)), top + float(rect.get("height", 0)))
    return found


def joined(svg: str) -> list[tuple[str, str]]:
    """Which boxes each arrow really joins: those whose outline its ends touch."""
    places = {name: frame for name, frame in frames(svg).items() if name not in {"program", "heap"}}
    found = []
    for path in ET.fromstring(svg).iter(f"{SVG}path"):
        if "flowchart-link" in path.get("class", ""):
            numbers = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", path.get("d", ""))]
            found.append((_touching(places, *numbers[:2]), _touching(places, *numbers[-2:])))
    return found


def _touching(places: dict[str, tuple[float, float, float, float]], x: float, y: float) -> str:
    near = [
        name
        for name, (left, top, right, bottom) in places.items()
        if left - 8 <= x <= right + 8 and top - 2 <= y <= bottom + 2
    ]
    assert len(near) == 1, f"an arrow ends at {x}, {y}, which touches {near or 'no box'}"
    return near[0]


def messages(svg: str) -> list[tuple[str, str, str]]:
    """Arrows of a sequence diagram: from, to, text; the text is the one nearest above the arrow."""
    root = ET.fromstring(svg)
    texts = [
        (float(text.get("y", 0)), "".join(text.itertext()))
        for text in root.iter(f"{SVG}text")
        if text.get("class") == "messageText"
    ]
    found = []
    for line in root.iter(f"{SVG}line"):
        if line.get("data-et") == "message":
            y = float(line.get("y1", 0))
            above = max((place, text) for place, text in texts if place <= y)
            found.append((line.get("data-from", ""), line.get("data-to", ""), above[1]))
    return found


def bars(svg: str) -> list[float]:
    """Heights of the bars of a chart."""
    return [
        float(rect.get("height", 0))
        for group in ET.fromstring(svg).iter(f"{SVG}g")
        if group.get("class", "").startswith("bar-plot")
        for rect in group.iter(f"{SVG}rect")
    ]


def all_text(svg: str) -> list[str]:
    """Every text of a picture."""
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]
