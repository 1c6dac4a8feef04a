"""Snippets are objects of the inventory, which other projects can refer to."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

from .conftest import CONF, Built

PAGE = """# Vectors

```{alloc:snippet} grows
:name: growing-vector
:caption: A vector grows
let mut v = vec![1u8];
v.push(2);
```
"""


def test_another_project_refers_to_a_snippet(tmp_path: Path, sphinx_build: Callable[..., Built]) -> None:
    first = tmp_path / "first" / "case"
    first.mkdir(parents=True)
    (first / "index.md").write_text(PAGE, encoding="utf-8")
    built = sphinx_build(first, tmp_path / "first" / "out", "html", "-W")
    assert built.status == 0, built.warnings
    inventory = (built.folder / "objects.inv").read_bytes().split(b"\n", 4)[4]
    assert "grows alloc:snippet 1 index.html#snippet-$ -" in zlib.decompress(inventory).decode()

    second = tmp_path / "second" / "case"
    second.mkdir(parents=True)
    mapping = {"first": ("https://example.org/", str(built.folder / "objects.inv"))}
    conf = CONF.replace('"heapledger"', '"heapledger", "sphinx.ext.intersphinx"')
    (second / "conf.py").write_text(f"{conf}\nintersphinx_mapping = {mapping!r}\n", encoding="utf-8")
    text = "# Other\n\n{alloc:snippet}`grows` and {ref}`growing-vector` and {external:alloc:snippet}`grows`.\n"
    (second / "index.md").write_text(text, encoding="utf-8")
    other = sphinx_build(second, tmp_path / "second" / "out", "html", "-W")
    assert (other.status, other.warnings) == (0, "")
    page = other.text("index.html")
    assert page.count('href="https://example.org/index.html#snippet-grows"') == 3
    assert "A vector grows" in page
