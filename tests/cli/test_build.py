"""``heapledger build``: what comes out, and what is said where a part of the machine is missing."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from heapledger.engine.typeset import missing_packages, typeset
from heapledger.errors import HeapledgerError

CONF = 'project = "case"\nextensions = ["myst_parser", "heapledger"]\nhtml_theme = "alabaster"\nversion = "1"\n'
PAGE = """# Case

```{alloc:snippet} boxed
let b = std::hint::black_box(Box::new(41u64)); //~ alloc 8
drop(b); //~ free 8
```
"""


@pytest.fixture
def documents(tmp_path: Path, shared_cache: Path) -> Path:
    source = tmp_path / "docs"
    source.mkdir()
    (source / "conf.py").write_text(f"{CONF}heapledger_cache = {str(shared_cache)!r}\n", encoding="utf-8")
    (source / "index.md").write_text(PAGE, encoding="utf-8")
    return source


def build(output: str, source: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "heapledger", "build", output, "--source", str(source)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, env={**os.environ, "NO_COLOR": "1", **env}
    )


def test_missing_packages_are_named_before_anything_is_measured(documents: Path, tmp_path: Path) -> None:
    done = build("pdf", documents, PATH=str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert "apt-get install --no-install-recommends latexmk texlive-binaries texlive-xetex" in done.stderr
    assert not (documents / "_build").exists()


def test_a_project_of_its_own_gets_a_pdf(documents: Path) -> None:
    """With Sphinx's own fonts and engine: nothing is special to our guide."""
    assert missing_packages() == []
    done = build("pdf", documents)
    assert done.returncode == 0, done.stderr
    pdf = documents / "_build" / "pdf" / "case.pdf"
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert "1 allocation (8 bytes)" in " ".join(text.split())
    (line,) = [line for line in text.splitlines() if "Box::new(41u64)" in line]
    assert "".join(line.split()).endswith("black_box(Box::new(41u64));+8B"), "the fact stands beside its line"


def test_one_page_is_packed_into_one_folder(documents: Path) -> None:
    done = build("htmlzip", documents)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(documents / "_build" / "htmlzip" / "htmlzip.zip") as archive:
        assert "htmlzip/index.html" in archive.namelist()
        assert "1 allocation" in archive.read("htmlzip/index.html").decode()


@pytest.mark.parametrize(("output", "file"), [("text", "text/index.txt"), ("epub", "epub/case.epub")])
def test_others_are_where_the_command_says(output: str, file: str, documents: Path) -> None:
    done = build(output, documents)
    assert done.returncode == 0, done.stderr
    assert str(documents / "_build" / file) in done.stdout
    assert (documents / "_build" / file).is_file()


def test_two_documents_are_refused(tmp_path: Path) -> None:
    for name in ("one.tex", "two.tex"):
        (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(HeapledgerError, match="2 LaTeX documents"):
        typeset(tmp_path)
