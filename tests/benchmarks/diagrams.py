"""How long 20 diagrams take, cold and from the cache, and whether a faster backend draws the same.

    uv run python tests/benchmarks/diagrams.py [--merman]

Prints seconds of the wall clock and of processor time (a loaded machine shows in the difference), and ratios.
``--merman`` also asks mermaidx's Rust backend (``pip install mmdr``) for the same diagrams and compares boxes, arrows
and texts.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.engine.draw import Drawn, PictureJob, Renderer, draw_all, find_renderer
from heapledger.model import Location, Profile
from heapledger.render.mermaid.choose import pictures
from heapledger.render.mermaid.palette import config
from heapledger.session import evaluate
from heapledger.source.snippet import Place, read_body

SVG = "{http://www.w3.org/2000/svg}"
PROGRAMS = 7


def diagrams(cache: Cache) -> list[PictureJob]:
    """Return 20 different diagrams of real ledgers."""
    snippets = []
    for number in range(1, PROGRAMS + 1):
        code = [
            ":show: blocks, timeline",
            "let mut v: Vec<u8> = Vec::new();",
            f"for i in 0..{20 * number} {{",
            "    v.push(i);",
            "}",
            f'let s = vec![String::from("a"); {number}];',
            "std::hint::black_box((&v, &s));",
        ]
        places = [Place(Location("page.md", line), 0) for line in range(2, len(code) + 2)]
        body = read_body(
            body=code, places=places, snippet_id=f"p{number}", document="", location=Location("page.md", 1)
        )
        snippets.append(body)
    session = evaluate(snippets, Config(profiles=(Profile.DEBUG,)), cache=cache)
    found = {}
    for outcome in session.outcomes:
        for diagram in pictures(outcome.snippet, outcome.profiles[0].ledger).diagrams:
            settings = config(diagram.kind, diagram.width)
            found[diagram.key] = PictureJob(
                key=diagram.key,
                source=diagram.source,
                config=settings,
                title=diagram.title,
                description=diagram.description,
            )
    return list(found.values())[:20]


def timed(jobs: list[PictureJob], renderer: Renderer, *, for_printing: bool, cache: Cache) -> dict[str, Drawn]:
    """Draw and print how long it took."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    drawn, fresh = draw_all(jobs, cache, renderer, for_printing=for_printing)
    wall, after = time.monotonic() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"  {fresh:2d} of {len(drawn)} drawn: {wall:6.2f} s wall, {cpu:6.2f} s of processor time", flush=True)
    wrong = [one.error for one in drawn.values() if one.error]
    assert not wrong, wrong
    return drawn


def shape(svg: str) -> tuple[Counter[str], Counter[str]]:
    """Return the texts of a picture, and its arrows by what they join."""
    root = ET.fromstring(svg)
    texts = Counter(" ".join("".join(text.itertext()).split()) for text in root.iter(f"{SVG}text"))
    edges: Counter[str] = Counter()
    for path in root.iter(f"{SVG}path"):
        if path.get("marker-end"):
            edges[re.sub(r"^.*?-\d+-|^.*?(?=line)", "", path.get("id", "?"))] += 1
    for line in root.iter(f"{SVG}line"):
        if line.get("marker-end"):
            edges[f"message {line.get('data-from', '?')} {line.get('data-to', '?')}"] += 1
    del texts[""]
    return texts, edges


def compare_merman(jobs: list[PictureJob], backend: str) -> None:
    """Draw with the Rust backend, in this process (nothing forks here), and compare."""
    import mermaidx

    started = time.monotonic()
    fast = {}
    for job in jobs:
        try:
            fast[job.key] = mermaidx.render(job.source, backend="merman").svg()
        except Exception as error:
            fast[job.key] = ""
            print(f"  merman cannot draw one: {str(error)[:100]}")
    print(f"merman, one process: {time.monotonic() - started:.2f} s")
    slow = {job.key: mermaidx.render(job.source, backend=backend, config=job.config).svg() for job in jobs}
    same: Counter[str] = Counter()
    for job in jobs:
        kind = job.source.split()[0]
        same[f"{kind} in all"] += 1
        texts, edges = shape(slow[job.key])
        other_texts, other_edges = shape(fast[job.key]) if fast[job.key] else (Counter(), Counter())
        same[f"{kind} same texts"] += texts == other_texts
        same[f"{kind} same arrows"] += edges == other_edges
    for what, count in sorted(same.items()):
        print(f"  {what}: {count}")


def main() -> None:
    """Measure."""
    renderer = find_renderer()
    assert renderer is not None, "install heapledger[diagrams]"
    print(f"{renderer.identity}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as scratch:
        cache = Cache(Path(scratch) / "ledgers")
        jobs = diagrams(cache)
        results = {}
        for backend in dict.fromkeys(("quickjs", renderer.backend)):
            folder = Cache(Path(scratch) / backend)
            chosen = replace(renderer, backend=backend)
            print(f"{backend}, cold, then unchanged, then for print ({renderer.way}):")
            results[backend] = timed(jobs, chosen, for_printing=False, cache=folder)
            timed(jobs, chosen, for_printing=False, cache=folder)
            timed(jobs, chosen, for_printing=True, cache=folder)
        if len(results) == 2:
            equal = sum(results["quickjs"][job.key].svg == results["v8"][job.key].svg for job in jobs)
            print(f"pictures of v8 that are equal to those of quickjs: {equal} of {len(jobs)}")
        if "--merman" in sys.argv:
            compare_merman(jobs, renderer.backend)


if __name__ == "__main__":
    main()
