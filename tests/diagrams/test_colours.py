"""Colours of pictures: the same in print and on pages, readable in light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import heapledger
from heapledger.render.mermaid.palette import COLOURS

CSS = (Path(heapledger.__file__).parent / "sphinx" / "static" / "heapledger-diagrams.css").read_text(encoding="utf-8")
BLOCKS = re.findall(r"([^{}]+)\{((?:\s*--heapledger-pic-[^;]+;)+)\s*\}", CSS)
LIGHT, DARK, AUTO = (dict(re.findall(r"--heapledger-pic-([\w-]+):\s*(#[0-9a-f]{6})", body)) for _, body in BLOCKS)
PAGES = {"light": ["#ffffff"], "dark": ["#131416", "#121212", "#1a1a1a"]}
"""Backgrounds of pages in furo and pydata-sphinx-theme."""


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_the_light_colours_are_those_of_print() -> None:
    assert LIGHT == COLOURS


def test_dark_is_the_same_by_switch_and_by_system() -> None:
    assert DARK == AUTO
    assert DARK.keys() == LIGHT.keys()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_of_aa(scheme: str) -> None:
    colours = LIGHT if scheme == "light" else DARK
    fills = {name: value for name, value in colours.items() if f"{name}-line" in colours}
    for name, fill in fills.items():
        assert contrast(colours["ink"], fill) >= 4.5, name
    for page in [*PAGES[scheme], colours["frame"]]:
        assert contrast(colours["ink"], page) >= 4.5
        assert contrast(colours["soft"], page) >= 4.5
        assert contrast(colours["edge"], page) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_outlines_that_mean_something_have_the_contrast_of_graphics(scheme: str) -> None:
    colours = LIGHT if scheme == "light" else DARK
    for name in ("owned-line", "freed-line", "leak-line", "stack-line", "spare-line", "static-line", "live"):
        for page in [*PAGES[scheme], colours["frame"]]:
            assert contrast(colours[name], page) >= 3, name
