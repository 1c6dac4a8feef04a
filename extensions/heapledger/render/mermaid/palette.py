"""Colours with a meaning, and Mermaid's settings for each kind of diagram.

The renderer gets a colour of its own for each name (a sentinel that stands for nothing else); in the drawn picture it
is replaced by ``var(--heapledger-pic-NAME, FALLBACK)``, so that one picture follows every theme. The fallback is the
light colour, which print uses too. ``sphinx/static/heapledger-diagrams.css`` has both.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template
from typing import Any

COLOURS: dict[str, str] = {
    "paper": "#ffffff",
    "ink": "#1f2328",
    "soft": "#59636e",
    "edge": "#424a53",
    "frame": "#f6f8fa",
    "frame-line": "#d0d7de",
    "note": "#f6f8fa",
    "note-line": "#d0d7de",
    "stack": "#e7f0fe",
    "stack-line": "#2f6feb",
    "owned": "#fff1e8",
    "owned-line": "#bc4c00",
    "freed": "#f1f3f5",
    "freed-line": "#6e7781",
    "leak": "#ffebe9",
    "leak-line": "#b42318",
    "spare": "#ffffff",
    "spare-line": "#bc4c00",
    "static": "#f3ebff",
    "static-line": "#7c4dcc",
    "live": "#bc4c00",
}
"""Name -> colour in a light theme and in print. ``-line`` is the outline; text on all of them is ``ink``."""

FONT = "DejaVu Sans, Verdana, sans-serif"
"""The renderer measures with DejaVu Sans, and what stands behind it is no wider, so text fits its boxes everywhere."""

_FIRST = 0xA1B000
_HERE = Path(__file__).parent


def sentinel(name: str) -> str:
    """Return the colour that stands for a name while drawing."""
    return f"#{_FIRST + 0x11 * (list(COLOURS).index(name) + 1):06x}"


def config(kind: str, width: int = 0) -> dict[str, Any]:
    """Return Mermaid's configuration for a kind of diagram, with sentinel colours.

    :param width: CSS pixels of a chart; other kinds take the room that they need.
    """
    bars = kind in {"live", "live-bars"}
    settings: dict[str, Any] = {
        "theme": "base",
        "htmlLabels": False,
        "flowchart": {"htmlLabels": False},
        "fontFamily": FONT,
        "fontSize": 14,
        "themeVariables": _theme_variables(),
        "themeCSS": _theme_css(),
        "block": {"padding": 8},
        "packet": {"showBits": True, "rowHeight": 34, "paddingX": 4, "paddingY": 8},
        "sequence": {
            "mirrorActors": False,
            "width": 110,
            "actorMargin": 70,
            "height": 34,
            "messageMargin": 24,
            "diagramMarginX": 8,
            "diagramMarginY": 6,
            "bottomMarginAdj": 12,
            "boxMargin": 8,
            "noteMargin": 5,
            "actorFontFamily": FONT,
            "messageFontFamily": FONT,
            "noteFontFamily": FONT,
            "actorFontSize": 14,
            "messageFontSize": 14,
            "noteFontSize": 14,
            "actorFontWeight": 600,
        },
        "xyChart": {
            "width": width or 600,
            "height": 230,
            "showTitle": False,
            "showDataLabel": kind == "live",
            "showDataLabelOutsideBar": kind == "live",
            "xAxis": {"labelFontSize": 13, "titleFontSize": 13, "axisLineWidth": 1, "tickWidth": 1},
            # Bars with their number need no scale, and Mermaid's scale would put zero above the ground line.
            "yAxis": {
                "showLabel": not bars,
                "showTick": not bars,
                "showAxisLine": not bars,
                "labelFontSize": 13,
                "titleFontSize": 13,
                "titlePadding": 12 if bars else 5,  # the first number is wider than its bar
                "axisLineWidth": 1,
                "tickWidth": 1,
            },
        },
    }
    return settings


def foreign_config() -> dict[str, Any]:
    """Return the configuration for a diagram that somebody wrote by hand: our colours, nothing else of ours."""
    kept = ("theme", "htmlLabels", "flowchart", "fontFamily", "themeVariables")
    settings = {name: value for name, value in config("").items() if name in kept}
    return {**settings, "handDrawnSeed": 1}  # else rounded boxes have outlines that no two drawings share


@cache
def _theme_css() -> str:
    text = (_HERE / "picture.css").read_text(encoding="utf-8")
    named = {name.replace("-", "_"): sentinel(name) for name in COLOURS}
    return " ".join(Template(text.partition("*/")[2]).substitute(named).split())


def _theme_variables() -> dict[str, Any]:
    c = {name: sentinel(name) for name in COLOURS}
    return {
        "darkMode": False,
        "background": c["paper"],
        "fontFamily": FONT,
        "fontSize": "14px",
        "primaryColor": c["owned"],
        "primaryBorderColor": c["owned-line"],
        "primaryTextColor": c["ink"],
        "secondaryColor": c["stack"],
        "secondaryBorderColor": c["stack-line"],
        "secondaryTextColor": c["ink"],
        "tertiaryColor": c["frame"],
        "tertiaryBorderColor": c["frame-line"],
        "tertiaryTextColor": c["ink"],
        "textColor": c["ink"],
        "titleColor": c["ink"],
        "lineColor": c["edge"],
        "mainBkg": c["frame"],
        "nodeBkg": c["frame"],
        "nodeBorder": c["frame-line"],
        "nodeTextColor": c["ink"],
        "clusterBkg": c["frame"],
        "clusterBorder": c["frame-line"],
        "defaultLinkColor": c["edge"],
        "arrowheadColor": c["edge"],
        "edgeLabelBackground": c["paper"],
        "actorBkg": c["stack"],
        "actorBorder": c["stack-line"],
        "actorTextColor": c["ink"],
        "actorLineColor": c["frame-line"],
        "signalColor": c["edge"],
        "signalTextColor": c["ink"],
        "labelBoxBkgColor": c["frame"],
        "labelBoxBorderColor": c["soft"],
        "labelTextColor": c["ink"],
        "loopTextColor": c["ink"],
        "noteBkgColor": c["note"],
        "noteBorderColor": c["note-line"],
        "noteTextColor": c["ink"],
        "activationBkgColor": c["frame"],
        "activationBorderColor": c["soft"],
        "sequenceNumberColor": c["paper"],
        "packet": {
            "startByteColor": c["soft"],
            "endByteColor": c["soft"],
            "labelColor": c["ink"],
            "titleColor": c["ink"],
            "blockStrokeColor": c["stack-line"],
            "blockFillColor": c["stack"],
            "byteFontSize": "11px",
            "labelFontSize": "13px",
        },
        "xyChart": {
            "backgroundColor": "transparent",
            "titleColor": c["ink"],
            "dataLabelColor": c["ink"],
            "xAxisLabelColor": c["ink"],
            "xAxisTitleColor": c["soft"],
            "xAxisTickColor": c["soft"],
            "xAxisLineColor": c["soft"],
            "yAxisLabelColor": c["ink"],
            "yAxisTitleColor": c["soft"],
            "yAxisTickColor": c["soft"],
            "yAxisLineColor": c["soft"],
            "plotColorPalette": c["live"],
        },
    }
