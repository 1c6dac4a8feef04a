"""Claims, tables and quotes: page in, text and warnings out, one case a file under ``claims/``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sphinx.util.inventory import InventoryFile

from heapledger.verify.claims import ClaimsFile

from .conftest import CONF, Built, without_versions
from .test_pages import own_warnings

CASES = Path(__file__).parent / "claims"
NAMES = sorted(path.name for path in CASES.iterdir() if path.suffix in {".md", ".rst"})
MARKED = CONF.replace('["colon_fence"]', '["colon_fence", "attrs_inline"]') + "heapledger_lint_numbers = True\n"


def project(folder: Path, names: list[str]) -> Path:
    source = folder / "case"
    source.mkdir(parents=True)
    for name in names:
        shutil.copy(CASES / name, source)
    (source / "conf.py").write_text(MARKED, encoding="utf-8")
    (source / "index.md").write_text("# Cases\n\n```{toctree}\n:glob:\n*\n```\n", encoding="utf-8")
    return source


@pytest.fixture(scope="session")
def built(sphinx_build: Callable[..., Built], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All cases in one build."""
    root = tmp_path_factory.mktemp("claims")
    return sphinx_build(project(root, NAMES), root / "out")


@pytest.mark.parametrize("name", NAMES)
def test_page(name: str, built: Built, check_expected: Callable[[Path, str], None]) -> None:
    page = without_versions(built.text(Path(name).with_suffix(".txt").name))
    warnings = "".join(own_warnings(built.warnings, name))
    check_expected(CASES / f"{Path(name).stem}.expected", f"{warnings}{'=' * 40}\n{page}")


@pytest.fixture(scope="session")
def html(sphinx_build: Callable[..., Built], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The cases without faults, as HTML, twice: the second time nothing has changed."""
    root = tmp_path_factory.mktemp("claims-html")
    source = project(root, ["cards.md", "elsewhere.md"])
    first = sphinx_build(source, root / "out", "html", "-W", "-n", env={"SOURCE_DATE_EPOCH": "1700000000"})
    assert first.status == 0, first.warnings
    return first


def test_claims_json_is_what_the_schema_says(html: Built) -> None:
    text = html.text("claims.json")
    claims = msgspec.json.decode(text, type=ClaimsFile, strict=True)
    assert [claim.id for claim in claims.claims] == ["vec-new-is-free", "box-vanishes", "proven-elsewhere"]
    first, vanishes, elsewhere = claims.claims
    assert claims.date == "2023-11-14"
    assert first.sentence == "Vec::new never calls the allocator."
    assert (first.status, first.source) == ("documented", "std/vec/struct.Vec.html#method.new")
    assert (first.document, first.line, first.url) == ("cards", 3, "cards.html#claim-vec-new-is-free")
    assert first.verdict == "verified"
    assert [(proof.snippet, proof.profile) for proof in first.evidence] == [
        ("vec-new-is-free", "debug"),
        ("vec-new-is-free", "release"),
        ("vec-new-is-free-2", "debug"),
        ("vec-new-is-free-2", "release"),
    ]
    counted = {proof.profile: proof.totals.allocs for proof in vanishes.evidence if proof.totals}
    assert counted == {"debug": 1, "release": 0}
    assert {proof.snippet for proof in elsewhere.evidence} == {"vec-new-is-free-2", "elsewhere-string-new"}
    assert list(json.loads(text)["claims"][0]) == [
        "id",
        "sentence",
        "status",
        "source",
        "document",
        "line",
        "url",
        "verdict",
        "evidence",
    ]


def test_the_inventory_has_claims_for_other_projects(html: Built) -> None:
    objects = InventoryFile.loads((html.folder / "objects.inv").read_bytes(), uri="x").data
    assert objects["alloc:claim"]["box-vanishes"].uri == "x/cards.html#claim-box-vanishes"
    assert "elsewhere-string-new" in objects["alloc:snippet"]


def test_the_index_page_lists_every_claim(html: Built) -> None:
    page = html.text("alloc-claims.html")
    for claim in ("vec-new-is-free", "box-vanishes", "proven-elsewhere"):
        assert f"cards.html#claim-{claim}" in page


def test_a_source_links_to_the_same_version_online(html: Built) -> None:
    version = msgspec.json.decode(html.text("claims.json"), type=ClaimsFile).toolchains[0].rustc
    assert f"doc.rust-lang.org/{version}/std/vec/struct.Vec.html#method.new" in html.text("cards.html")


def test_faults_are_reported_again_when_nothing_changed(sphinx_build: Callable[..., Built], tmp_path: Path) -> None:
    source = project(tmp_path, ["wrong.md", "cards.md", "elsewhere.md", "wrong-values.md"])
    first = sphinx_build(source, tmp_path / "out", "html")
    second = sphinx_build(source, tmp_path / "out", "html")
    assert "0 added, 0 changed, 0 removed" in second.output
    ours = [line for line in first.warnings.splitlines() if "[heapledger." in line]
    assert ours
    assert ours == [line for line in second.warnings.splitlines() if "[heapledger." in line]


def test_a_page_that_quotes_is_written_again_when_the_number_changes(
    sphinx_build: Callable[..., Built], tmp_path: Path
) -> None:
    source = project(tmp_path, [])
    snippet = "```{{alloc:snippet}} one\nlet v: Vec<u8> = Vec::with_capacity({});\nstd::hint::black_box(&v);\n```\n"
    (source / "a.md").write_text("# A\n\n" + snippet.format(7), encoding="utf-8")
    (source / "b.md").write_text("# B\n\nIt takes {alloc:value}`one.bytes`.\n", encoding="utf-8")
    assert "It takes 7 bytes." in sphinx_build(source, tmp_path / "out").text("b.txt")
    (source / "a.md").write_text("# A\n\n" + snippet.format(9), encoding="utf-8")
    assert "It takes 9 bytes." in sphinx_build(source, tmp_path / "out").text("b.txt")


def test_parallel_reading_gives_the_same_bytes(sphinx_build: Callable[..., Built], tmp_path: Path) -> None:
    source = project(tmp_path, ["cards.md", "elsewhere.md"])
    for number in range(8):
        (source / f"more{number}.md").write_text(
            f"# More {number}\n\n{{alloc:claim}}`box-vanishes`\n", encoding="utf-8"
        )
    one = sphinx_build(source, tmp_path / "one", "html", "-j", "1")
    four = sphinx_build(source, tmp_path / "four", "html", "-j", "4")
    assert one.status == four.status == 0
    for page in sorted(one.folder.glob("*.html")):
        assert page.read_bytes() == (four.folder / page.name).read_bytes(), page.name
    assert one.text("claims.json") == four.text("claims.json")
