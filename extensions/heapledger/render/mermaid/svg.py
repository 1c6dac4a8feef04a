"""From the SVG that the renderer made to one that a page can hold: small, named, with ids and colours of the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from heapledger.render.mermaid.palette import COLOURS, sentinel
from heapledger.render.mermaid.text import from_stand_ins

ID = "HEAPLEDGER-ID"
"""Stands for the id that each place of the picture on a page gets: :func:`with_id`."""

RIM = 4.0
"""CSS pixels around what Mermaid drew."""

_TRANSLATE = re.compile(r"translate\(\s*([-\d.e]+)[ ,]+([-\d.e]+)\s*\)")
_FONT = re.compile(r"font-family:[^;]*;?|font-weight:\s*(?:400|normal)\s*;?")
_NUMERIC = frozenset({"x", "y", "x1", "x2", "y1", "y2", "width", "height", "d", "transform", "points"})
_DIGITS = re.compile(r"(\d\.\d\d)\d+")
_SVG = "http://www.w3.org/2000/svg"
_RENDERER_ID = "my-svg"
_KEYFRAMES = re.compile(r"@keyframes\s+[\w-]+\s*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_UNUSED = re.compile(
    r"data-look|edge-animation|error-|:root|mermaidTooltip|icon-shape|neo-node|actorPopup|actor-man|foreignObject"
)
_SHADOW = re.compile(r"(?:filter|box-shadow):[^;}]*;?")
_HEX = {sentinel(name): name for name in COLOURS}
_RGB = {tuple(int(value[at : at + 2], 16) for at in (1, 3, 5)): name for value, name in _HEX.items()}
_COLOUR = re.compile(r"#[0-9a-f]{6}\b|rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,\s*[\d.]+\s*)?\)", re.IGNORECASE)


EMPTY_BYTES = frozenset({"padding", "unused", "pad"})
"""Labels of boxes in a packet that hold nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that follows the theme of its page."""

    svg: str
    """``<svg>`` with :data:`ID` in its ids."""
    width: float
    """Natural width in CSS pixels."""
    height: float


_EMPTY_BOX = re.compile(r"<rect(?=[\s/>])(?![^>]*\swidth=)[^>]*?/>|<rect(?=[\s/>])(?![^>]*\swidth=)[^>]*></rect>")
_NAME = re.compile(r'(<[a-zA-Z][^<>]*?)\sname="[^"]*"')


def strict(svg: str) -> str:
    """Leave out what SVG's own grammar does not have, as EPUB asks: boxes without a size, the attribute ``name``."""
    return _NAME.sub(r"\1", _EMPTY_BOX.sub("", svg))


def finish(raw: str, title: str, description: str, *, own: bool = True) -> Picture:
    """Make the renderer's SVG fit for pages.

    :param own: whether we wrote the diagram; what another one needs of Mermaid's parts and names is kept.
    :raises ValueError: where it is no SVG with a ``viewBox``.
    """
    ET.register_namespace("", _SVG)
    try:
        root = ET.fromstring(raw)  # noqa: S314 - our own renderer's output
        _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
    except (ET.ParseError, KeyError, ValueError) as error:
        message = f"the renderer did not return an SVG with a viewBox: {error}"
        raise ValueError(message) from error
    if own:
        _mark_empty_bytes(root)
        _prune(root)
        x, y, width, height = _view(root)
        root.set("viewBox", f"{x:g} {y:g} {width:g} {height:g}")
    _drop_ids(root)
    if title or description:
        _name(root, title, description)
    root.set("role", "img")
    root.attrib.pop("style", None)
    root.attrib.pop("aria-roledescription", None)
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    text = ET.tostring(root, encoding="unicode")
    text = from_stand_ins(text.replace(_RENDERER_ID, ID))
    return Picture(svg=_COLOUR.sub(_variable, text), width=width, height=height)


def with_id(svg: str, picture_id: str) -> str:
    """Give one place of a picture ids of its own."""
    return svg.replace(ID, picture_id)


def for_print(svg: str) -> str:
    """Return the picture with fixed light colours, for converters that know no variables."""
    fixed = re.sub(r"var\(--heapledger-pic-[\w-]+,\s*(#[0-9a-f]{6})\)", r"\1", svg)
    return fixed.replace("<svg ", '<svg xml:space="preserve" ', 1).replace(ID, "picture")


def _variable(match: re.Match[str]) -> str:
    name = _HEX.get(match[0].lower())
    if name is None and match[1]:
        name = _RGB.get((int(match[1]), int(match[2]), int(match[3])))
    return match[0] if name is None else f"var(--heapledger-pic-{name}, {COLOURS[name]})"


def _prune(root: ET.Element) -> None:
    """Drop what no diagram of ours shows: symbols, unused markers, rules for other looks, ids that nothing names."""
    text = ET.tostring(root, encoding="unicode")
    used = set(re.findall(r"(?:url\(#|href=\"#)([\w.-]+)", text))
    for parent in list(root.iter()):
        for child in list(parent):
            tag = child.tag.rpartition("}")[2]
            unused = tag in {"symbol", "marker", "filter", "linearGradient"} and child.get("id") not in used
            hollow = tag in {"g", "defs"} and not len(child) and not (child.text or "").strip()
            if unused or hollow:
                parent.remove(child)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{_SVG}}}defs" and not len(child):
                parent.remove(child)
    for element in root.iter():
        _thin(element)


def _mark_empty_bytes(root: ET.Element) -> None:
    """Give boxes of a packet that hold nothing a class of their own: Mermaid has one look for all."""
    for group in root.iter(f"{{{_SVG}}}g"):
        box: ET.Element | None = None
        for child in group:
            if child.get("class") == "packetBlock":
                box = child
            elif box is not None and child.get("class") == "packetLabel" and (child.text or "") in EMPTY_BYTES:
                box.set("class", "packetBlock packetEmpty")


def _thin(element: ET.Element) -> None:
    """Drop what is said again and again: the font, defaults, digits that no screen shows."""
    if element.tag == f"{{{_SVG}}}style":
        element.text = _lean(element.text or "")
    for name in ("font-style", "font-weight"):
        if element.get(name) == "normal":
            del element.attrib[name]
    if element.get("class") == "text-inner-tspan":
        del element.attrib["class"]
    style = _FONT.sub("", element.get("style", "")).strip(" ;")
    if style:
        element.set("style", style)
    else:
        element.attrib.pop("style", None)
    for name in _NUMERIC & element.attrib.keys():
        element.set(name, _DIGITS.sub(r"\1", element.attrib[name]))


def _view(root: ET.Element) -> tuple[float, float, float, float]:
    """Return the part of the drawing to show: x, y, width, height.

    Mermaid's own box of a ``block`` diagram whose columns span several reaches down to the origin, far below the
    blocks; and no diagram leaves room for the outlines and arrow heads at its rim.
    """
    x, y, width, height = (float(part) for part in root.attrib["viewBox"].split())
    rects = []
    for group in root.iter(f"{{{_SVG}}}g"):
        place = _TRANSLATE.match(group.get("transform", ""))
        rect = group.find(f"{{{_SVG}}}rect")
        if "node" in group.get("class", "").split() and place and rect is not None and rect.get("x"):
            left, top = float(place[1]) + float(rect.get("x", "0")), float(place[2]) + float(rect.get("y", "0"))
            rects.append((left, top, left + float(rect.get("width", "0")), top + float(rect.get("height", "0"))))
    if rects and root.get("aria-roledescription") == "block":
        x, y = min(rect[0] for rect in rects), min(rect[1] for rect in rects)
        width, height = max(rect[2] for rect in rects) - x, max(rect[3] for rect in rects) - y
    return x - RIM, y - RIM, width + 2 * RIM, height + 2 * RIM


def _drop_ids(root: ET.Element) -> None:
    """Drop ids that would stand twice on a page with two pictures: those that do not begin with the picture's."""
    used = set(re.findall(r"(?:url\(#|href=\"#)([\w.-]+)", ET.tostring(root, encoding="unicode")))
    for element in root.iter():
        found = element.get("id", "")
        if not found.startswith(_RENDERER_ID) and found not in used:
            element.attrib.pop("id", None)


def _lean(css: str) -> str:
    rules = []
    for selector, body in _RULE.findall(_KEYFRAMES.sub("", css)):
        body = _SHADOW.sub("", body).strip()  # noqa: PLW2901
        if body and not _UNUSED.search(selector):
            rules.append(f"{selector.strip()}{{{body}}}")
    return "".join(rules)


def _name(root: ET.Element, title: str, description: str) -> None:
    """Name the picture for screen readers; its own text is not read out piece by piece."""
    for child in [child for child in root if child.tag in {f"{{{_SVG}}}title", f"{{{_SVG}}}desc"}]:
        root.remove(child)
    for name in ("aria-labelledby", "aria-describedby"):
        root.attrib.pop(name, None)
    for index, (tag, text) in enumerate((("title", title), ("desc", description))):
        if not text:
            continue
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{_RENDERER_ID}-{tag}"})
        element.text = text
        root.insert(index, element)
        root.set("aria-labelledby" if tag == "title" else "aria-describedby", f"{_RENDERER_ID}-{tag}")
