"""Diagrams in whole pages, built by the real Sphinx: what stands in each output, and what is drawn again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

import heapledger

PAGE = """# Growth

```{alloc:snippet} growth
:show: lines, blocks, blocks=peak, timeline
let mut v: Vec<u8> = Vec::new();
for i in 0..100 {
    v.push(i);
}
std::hint::black_box(&v);
```
"""
HAND = """# By hand

```{mermaid}
flowchart LR
  a["one"] --> b["two"]
```
"""
WRONG = """# Wrong

```{mermaid}
flowchart LR
  a[["one" --> b
```
"""


@dataclass(frozen=True)
class Built:
    status: int
    said: str
    warnings: str
    folder: Path

    def page(self, name: str) -> BeautifulSoup:
        return BeautifulSoup((self.folder / name).read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages-cache")


@pytest.fixture
def build(project: Path, shared: Path) -> Callable[..., Built]:
    """Write documents and build them."""

    def build(
        pages: dict[str, str],
        builder: str = "html",
        *arguments: str,
        cache: Path = shared,
        command: tuple[str, ...] = (sys.executable,),
        env: dict[str, str] | None = None,
    ) -> Built:
        for name, text in pages.items():
            (project / f"{name}.md").write_text(text, encoding="utf-8")
        names = "\n".join(path.stem for path in sorted(project.glob("*.md")) if path.stem != "index")
        (project / "index.md").write_text(f"# Case\n\n```{{toctree}}\n{names}\n```\n", encoding="utf-8")
        out = project.parent / builder
        setting = ["-D", f"heapledger_cache={cache}", "-d", str(project.parent / "doctrees")]
        done = subprocess.run(
            [*command, "-m", "sphinx", "-b", builder, *setting, *arguments, ".", str(out)],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            timeout=500,
        )
        return Built(done.returncode, done.stdout, done.stderr, out)

    return build


def drawn_now(built: Built) -> tuple[int, int]:
    found = re.search(r"heapledger: (\d+) diagrams, (\d+) drawn now", built.said)
    assert found, built.said + built.warnings
    return int(found[1]), int(found[2])


def test_html_shows_each_diagram_without_a_script(build: Callable[..., Built]) -> None:
    built = build({"growth": PAGE}, "html", "-W")
    assert built.status == 0, built.warnings
    page = built.page("growth.html")
    boxes = page.select(".heapledger-diagram")
    assert len(boxes) == 4
    assert drawn_now(built)[0] == 4
    assert len(page.select(".heapledger-diagram-scroll > svg")) == 4
    for box in boxes:
        source = box.select("details")[-1]
        assert source.summary.text == "Mermaid source of this diagram"
        assert source.pre.text.startswith(("block", "sequenceDiagram", "xychart"))
        assert box.select_one(".heapledger-diagram-text").text in [desc.text for desc in box.select("svg > desc")]
    assert len(page.select("table.heapledger-diagram-table")) == 3
    for hint in page.select(".heapledger-diagram-wider"):
        least = hint["style"].removeprefix("--heapledger-least: ")
        assert hint.find_next_sibling().svg["style"] == f"min-width: {least}"
    assert len(page.select(".heapledger-diagram-wider")) >= 1
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    for name in ("growth.html", "index.html", "genindex.html", "search.html"):
        text = (built.folder / name).read_text(encoding="utf-8")
        assert "cdn.jsdelivr" not in text
        assert "mermaid.esm" not in text


COUNTING = """
from pathlib import Path
from sphinxcontrib.mermaid import mermaid


def setup(app):
    def count(app, doctree, docname):
        keys = [node["heapledger_key"] for node in doctree.findall(mermaid)]
        Path(app.outdir, docname + ".keys").write_text("\\n".join(keys))

    app.connect("doctree-resolved", count)
"""


def test_every_node_has_its_picture(build: Callable[..., Built], project: Path) -> None:
    with (project / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(COUNTING)
    built = build({"growth": PAGE}, "html", "-W")
    assert built.status == 0, built.warnings
    keys = (built.folder / "growth.keys").read_text(encoding="utf-8").split()
    assert len(keys) == len(set(keys)) == drawn_now(built)[0] == 4
    assert len(built.page("growth.html").select(".heapledger-diagram-scroll > svg")) == len(keys)


def test_unchanged_diagrams_are_not_drawn_again(build: Callable[..., Built], tmp_path: Path) -> None:
    first = build({"growth": PAGE}, "html", cache=tmp_path / "cache")
    assert drawn_now(first) == (4, 4)
    again = build({"growth": PAGE}, "html", "-E", "-a", cache=tmp_path / "cache")
    assert drawn_now(again) == (4, 0)
    assert "rewritten" not in again.said
    edited = build({"growth": PAGE.replace("0..100", "0..10")}, "html", cache=tmp_path / "cache")
    assert drawn_now(edited)[1] > 0


def test_parallel_writing_does_not_hang(build: Callable[..., Built]) -> None:
    pages = {f"growth{number}": PAGE.replace("} growth", f"}} growth{number}") for number in range(12)}
    built = build({**pages, "hand": HAND}, "html", "-j", "4", "-W", "-D", "heapledger_draw_mermaid=all")
    assert built.status == 0, built.warnings
    assert len(built.page("hand.html").select(".heapledger-diagram-scroll > svg")) == 1
    for name in pages:
        assert len(built.page(f"{name}.html").select(".heapledger-diagram-scroll > svg")) == 4


def test_text_man_and_texinfo_say_it(build: Callable[..., Built]) -> None:
    for builder, name in (("text", "growth.txt"), ("man", "case.1"), ("texinfo", "case.texi")):
        built = build({"growth": PAGE}, builder, "-W")
        assert built.status == 0, built.warnings
        text = " ".join((built.folder / name).read_text(encoding="utf-8").replace("\\", "").split())
        assert "[diagram: Heap blocks after the run]" in text
        assert "The program makes 1 block and frees it" in text
        assert "sequenceDiagram" not in text
        assert "diagrams" not in built.said, "nothing is drawn for an output without pictures"


def test_latex_includes_vectors(build: Callable[..., Built]) -> None:
    built = build({"growth": PAGE}, "latex", "-W")
    assert built.status == 0, built.warnings
    text = (built.folder / "case.tex").read_text(encoding="utf-8")
    names = re.findall(r"\\sphinxincludegraphics(?:\[[^]]*\])?\{(heapledger-[\w]+\.pdf)\}", text)
    assert len(names) == 4
    for name in names:
        assert (built.folder / name).read_bytes().startswith(b"%PDF")


def test_epub_has_the_pictures_inline(build: Callable[..., Built]) -> None:
    built = build({"growth": PAGE}, "epub")
    assert built.status == 0, built.warnings
    with zipfile.ZipFile(built.folder / "case.epub") as book:
        page = book.read("growth.xhtml").decode()
    assert page.count("<svg ") == 4
    assert page.count("min-width") == 0, "readers of books cannot scroll sideways: pictures shrink"
    assert "<script" not in page
    assert "sequenceDiagram" not in page
    ET.fromstring(page.replace("&nbsp;", " ").replace("&copy;", "(c)"))


def test_mermaid_of_others_is_left_as_it_was(build: Callable[..., Built]) -> None:
    built = build({"growth": PAGE, "hand": HAND}, "html", "-W")
    assert built.status == 0, built.warnings
    hand = built.page("hand.html")
    assert hand.select("pre.mermaid")
    assert not hand.select("svg[role=img]")
    assert "mermaid.esm" in (built.folder / "hand.html").read_text(encoding="utf-8")
    assert "mermaid.esm" not in (built.folder / "growth.html").read_text(encoding="utf-8")


def test_all_draws_what_others_wrote_too(build: Callable[..., Built]) -> None:
    built = build({"growth": PAGE, "hand": HAND}, "html", "-W", "-D", "heapledger_draw_mermaid=all")
    assert built.status == 0, built.warnings
    assert drawn_now(built)[0] == 5
    hand = built.page("hand.html")
    assert not hand.select("pre.mermaid")
    assert {text.get_text() for text in hand.select(".heapledger-diagram-scroll svg .node text")} == {"one", "two"}
    for name in ("hand.html", "genindex.html"):
        assert "mermaid.esm" not in (built.folder / name).read_text(encoding="utf-8")


def test_what_cannot_be_drawn_is_a_warning_at_its_line(build: Callable[..., Built]) -> None:
    for _ in range(2):
        built = build({"wrong": WRONG, "growth": PAGE}, "html", "-D", "heapledger_draw_mermaid=all")
        assert built.status == 0
        assert re.search(
            r"wrong\.md:3: WARNING: a diagram of hand-written Mermaid cannot be drawn: .*Parse error", built.warnings
        )
        assert "[heapledger.diagram]" in built.warnings
    assert len(built.page("growth.html").select(".heapledger-diagram-scroll > svg")) == 4


@pytest.fixture
def without_renderer(tmp_path: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """The same environment without mermaidx: its packages by links, except that one."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.startswith(("mermaidx", "heapledger", "_heapledger")) and entry.suffix != ".pth":
            (packages / entry.name).symlink_to(entry)
    root = Path(heapledger.__file__).parent.parent
    return (sys.executable, "-S"), {"PYTHONPATH": f"{packages}{os.pathsep}{root}"}


def test_without_the_renderer_pages_show_the_source(
    build: Callable[..., Built], without_renderer: tuple[tuple[str, ...], dict[str, str]]
) -> None:
    command, env = without_renderer
    built = build({"growth": PAGE}, "html", "-W", command=command, env=env)
    assert built.status == 0, built.warnings
    assert built.said.count("4 diagrams are shown as their source; to draw them") == 1
    page = built.page("growth.html")
    assert not page.select("svg[role=img]")
    assert len(page.select("pre.heapledger-diagram-undrawn")) == 4
    assert len(page.select(".heapledger-diagram-text")) == 4
    assert "mermaid.esm" not in (built.folder / "growth.html").read_text(encoding="utf-8")
    latex = build({"growth": PAGE}, "latex", "-W", command=command, env=env)
    assert latex.status == 0, latex.warnings
    assert "sequenceDiagram" in (latex.folder / "case.tex").read_text(encoding="utf-8")


def test_without_the_renderer_a_local_mermaid_draws_in_the_browser(
    build: Callable[..., Built], project: Path, without_renderer: tuple[tuple[str, ...], dict[str, str]]
) -> None:
    command, env = without_renderer
    (project / "_static").mkdir()
    (project / "_static" / "mermaid.mjs").write_text("export default globalThis.mermaid;\n", encoding="utf-8")
    with (project / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write('html_static_path = ["_static"]\nmermaid_use_local = "mermaid.mjs"\n')
    built = build({"growth": PAGE}, "html", "-W", command=command, env=env)
    assert built.status == 0, built.warnings
    assert "4 diagrams are drawn in the browser" in built.said
    assert len(built.page("growth.html").select("pre.mermaid")) == 4
    text = (built.folder / "growth.html").read_text(encoding="utf-8")
    assert "_static/mermaid.mjs" in text
    assert "cdn.jsdelivr" not in text
