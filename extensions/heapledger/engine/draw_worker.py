"""Draws diagrams: a process of its own, started by ``draw.py`` with this file as its script.

It imports nothing of heapledger. One request is a line of JSON on stdin, its answer a line of JSON on the first file
that was stdout:

``{"do": "draw", "source": Mermaid text, "config": …, "backend": "quickjs" or "v8"}`` -> ``{"svg": text}``
``{"do": "print", "svg": text, "way": "typst", "rsvg-convert" or "png", "width": pixels}`` -> ``{"data": base64}``

Anything that goes wrong is ``{"error": text}``: the worker lives on.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PNG_SCALE = 3
"""Pixels of a raster picture for print per CSS pixel: 288 dots per inch."""
CONVERT_SECONDS = 60


def draw(request: dict[str, Any]) -> dict[str, str]:
    """Draw Mermaid text.

    V8 gives up after eight seconds, which a loaded machine may need, so what fails there is tried in QuickJS: its
    message is about the diagram.
    """
    import mermaidx  # noqa: PLC0415 - only here: its engine has a thread that no fork survives

    backends = list(dict.fromkeys((request["backend"], "quickjs")))
    for backend in backends:
        try:
            return {"svg": mermaidx.render(request["source"], backend=backend, config=request["config"]).svg()}
        except Exception:
            if backend == backends[-1]:
                raise
    raise AssertionError("there is at least one backend")


def convert(request: dict[str, Any]) -> dict[str, str]:
    """Turn a finished SVG into what LaTeX can include."""
    data = {"typst": _typst, "rsvg-convert": _rsvg, "png": _png}[request["way"]](request["svg"], request["width"])
    return {"data": base64.b64encode(data).decode()}


def _typst(svg: str, width: float) -> bytes:
    import typst  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="heapledger-draw-") as folder:
        Path(folder, "picture.svg").write_text(svg, encoding="utf-8")
        page = (
            f'#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.svg", width: {width * 0.75:.2f}pt)\n'
        )
        Path(folder, "page.typ").write_text(page, encoding="utf-8")
        return typst.compile(
            str(Path(folder, "page.typ")), format="pdf", font_paths=[_fonts()], ignore_system_fonts=True
        )


def _rsvg(svg: str, width: float) -> bytes:  # noqa: ARG001 - the SVG has its size
    done = subprocess.run(
        ["rsvg-convert", "-f", "pdf"],  # noqa: S607 - found on PATH by the caller
        input=svg.encode(),
        capture_output=True,
        timeout=CONVERT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"rsvg-convert: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _png(svg: str, width: float) -> bytes:
    import mermaidx  # noqa: PLC0415

    return mermaidx.svg_to_png(svg, width=int(width * PNG_SCALE), background="#ffffff")


def _fonts() -> str:
    import mermaidx  # noqa: PLC0415

    return str(Path(mermaidx.__file__).parent / "assets" / "fonts")


def main() -> None:
    """Answer requests until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the renderer prints must not mix with answers
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"draw": draw, "print": convert}[request["do"]](request)
        except Exception as error:  # noqa: BLE001 - any failure is the answer to this one request
            answer = {"error": str(error) or type(error).__name__}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
