"""Figures of ``speed.py`` as JSON, as a table for the guide and as a chart in the colours of its theme."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

LEFT, WIDTH, ROW = 192, 472, 26
"""In CSS pixels: labels, the whole, a bar. Its text of 13 is still one of 10 on a phone."""
VALUE = 70
"""Room for the longest number behind a bar."""


def write(folder: Path, machine: dict[str, Any], races: list[dict[str, Any]], notes: list[str]) -> None:
    """Write ``figures.json``, ``table.inc`` and ``chart.svg``."""
    folder.mkdir(exist_ok=True)
    figures = {"machine": machine, "races": races, "notes": notes}
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (folder / "table.inc").write_text(table(machine, races, notes), encoding="utf-8")
    shown = next((one for one in races if one["name"] == "100 distinct"), races[-1])
    (folder / "chart.svg").write_text(chart(shown), encoding="utf-8")


def seconds(value: float) -> str:
    """In the unit that people say."""
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.2f} s"


def table(machine: dict[str, Any], races: list[dict[str, Any]], notes: list[str]) -> str:
    """Markdown: seconds, ratios, machine."""
    names = [one["name"] for one in races]
    lines = [f"| time | {' | '.join(names)} |", f"| --- |{' ---: |' * len(races)}"]
    lines += [
        f"| {label} | {' | '.join(seconds(one['seconds'][label]['wall']) for one in races)} |"
        for label in races[0]["seconds"]
    ]
    lines += ["", f"| ratio of | {' | '.join(names)} |", f"| --- |{' ---: |' * len(races)}"]
    for number, ratio in enumerate(races[0]["ratios"]):
        cells = " | ".join(f"{one['ratios'][number]['wall']:.2f}" for one in races)
        lines.append(f"| {ratio['over']} : {ratio['under']} | {cells} |")
    load = machine["load"][0], machine["load after"][0]
    told = f"rustc {machine['rustc']} on {machine['host']}, Python {machine['python']}, {machine['cores']} cores"
    told += f" ({machine['processor']}). Load {load[0]} before and {load[1]} after"
    lines[2:2] = [f"| rounds | {' | '.join(str(one['rounds']) for one in races)} |"]
    told += "; medians of the rounds, in which all took turns."
    return "\n".join([*lines, "", " ".join([told, *notes]), ""])


def chart(race: dict[str, Any]) -> str:
    """A bar for each way; its length is its seconds."""
    rows = {label: taken["wall"] for label, taken in race["seconds"].items()}
    most = max(rows.values())
    height = ROW * len(rows) + 8
    said = "; ".join(f"{label}: {seconds(value)}" for label, value in rows.items())
    parts = [
        f'<svg class="heapledger-speed" role="img" viewBox="0 0 {WIDTH} {height}" width="100%"',
        f'style="max-width:{WIDTH}px" fill="currentColor" font-size="13" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(race['name'])} snippets: {escape(said)}</title>",
    ]
    for number, (label, value) in enumerate(rows.items()):
        top = number * ROW + 6
        length = max(1.0, (WIDTH - LEFT - VALUE) * value / most)
        strength = "0.9" if label.startswith("ours") else "0.4"
        parts += [
            f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="17" rx="2" opacity="{strength}"/>',
            f'<text x="{LEFT + length + 6:.1f}" y="{top + 13}">{seconds(value)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
