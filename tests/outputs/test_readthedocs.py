"""What Read the Docs does, in its order, in a clean folder; then the pages, the book on paper and the e-book."""

from __future__ import annotations

import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from heapledger.engine.typeset import missing_packages
from heapledger.outcome import Session, SnippetOutcome
from heapledger.render.facts import ledger_text
from heapledger.render.mermaid.choose import memory_pictures
from heapledger.source.claims import ID

from .readthedocs import CANONICAL, LONGEST_SECONDS, MOST_BYTES, ReadTheDocs, checkout, watched_memory

pytestmark = pytest.mark.xdist_group("guide")

ROOT = Path(__file__).resolve().parents[2]
EPUBCHECK = Path("/usr/share/java/epubcheck.jar")
PAPER_ONLY_IN_HTML = {"index"}
"""The landing page: on paper the title page and the contents stand in its place."""


@dataclass(frozen=True)
class Book:
    """What the steps left."""

    out: Path
    html: Path
    single: Path
    latex: Path
    pdf: Path
    epub: Path
    seconds: float
    """From the clone to the last format, with results that are known already."""
    memory: int
    """Most bytes that all processes together had."""


@pytest.fixture(scope="module")
def book(guide: Session, guide_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The guide in a clean folder, with an environment of its own, built with the commands of Read the Docs."""
    assert missing_packages() == [], "apt-get install them; the tests look at the PDF"
    clean = tmp_path_factory.mktemp("readthedocs") / "checkout"
    with watched_memory() as memory:
        started = time.monotonic()
        checkout(ROOT, clean)
        service = ReadTheDocs(clean, guide_cache)
        pdf = service.build()
        seconds = time.monotonic() - started
    out = service.out
    (epub,) = (out / "epub").glob("*.epub")
    return Book(out, out / "html", out / "htmlzip", out / "latex", pdf, epub, seconds, max(memory))


def said(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True, timeout=600)
    return done.stdout


def bare(text: str) -> str:
    """Text without white space: lines of paper break anywhere."""
    return re.sub(r"\s+", "", text)


def is_row(outcome: SnippetOutcome) -> bool:
    """Whether a snippet is a row of a table, which shows its numbers in cells."""
    code = outcome.snippet.code
    return any(one.startswith("fn main() { ") for one in code) and any("let value = " in one for one in code)


def on_paper(guide: Session) -> Iterator[tuple[str, str]]:
    for outcome in guide.outcomes:
        for profile in outcome.profiles:
            if profile.ledger is not None and profile.ledger.totals is not None and not is_row(outcome):
                yield (
                    f"{outcome.snippet.document}: {outcome.snippet.id}",
                    ledger_text(profile.ledger, ranges_seen=False),
                )


@pytest.fixture(scope="module")
def paper(book: Book) -> str:
    return said("pdftotext", "-layout", book.pdf, "-")


def claim_ids(book: Book) -> set[str]:
    pages = "".join(path.read_text(encoding="utf-8") for path in book.html.rglob("*.html"))
    return {name for name in re.findall(r'id="claim-([a-z0-9-]+)"', pages) if ID.fullmatch(name)}


def test_it_stays_within_the_limits(book: Book) -> None:
    print(f"{book.seconds:.0f} seconds, at most {book.memory / 1024**3:.1f} GB")
    assert book.seconds < LONGEST_SECONDS
    assert 0 < book.memory < MOST_BYTES


def test_every_claim_is_on_paper(book: Book, paper: str) -> None:
    ids = claim_ids(book)
    assert len(ids) > 300
    text = bare(paper)
    assert sorted(name for name in ids if name not in text) == []


def test_every_total_is_on_paper(guide: Session, paper: str) -> None:
    text = bare(paper)
    wanted = [(name, total) for name, total in on_paper(guide) if name.partition(":")[0] not in PAPER_ONLY_IN_HTML]
    assert len(wanted) > 300
    assert [f"{name}: {total}" for name, total in wanted if bare(total) not in text] == []


def test_steps_are_numbered_on_paper(guide: Session, paper: str) -> None:
    """All steps of a snippet one after the other, each with its number and its line."""
    text = bare(paper)
    sequences = [
        [diagram.title for diagram in memory_pictures(outcome.snippet, outcome.snapshots).diagrams]
        for outcome in guide.outcomes
        if outcome.snippet.document not in PAPER_ONLY_IN_HTML
    ]
    sequences = [titles for titles in sequences if len(titles) > 1]
    assert len(sequences) >= 5
    for titles in sequences:
        for number, title in enumerate(titles, start=1):
            assert title.startswith(f"Step {number} of {len(titles)} · Memory at line ")
        assert re.search(".*?".join(re.escape(bare(title)) for title in titles), text), titles


def test_the_title_page_says_what_was_verified(book: Book) -> None:
    first = said("pdftotext", "-l", "1", book.pdf, "-")
    assert re.search(r"\d+ claims / \d+ verified by \d+ programs", " ".join(first.split()))
    assert "rustc 1." in first


def test_latex_has_nothing_to_complain_about(book: Book) -> None:
    log = (book.latex / "heapledger.log").read_text(encoding="utf-8", errors="replace")
    assert re.findall(r"^! .*", log, re.MULTILINE) == []
    assert re.findall(r"Missing character.*", log) == []
    assert re.findall(r"(?:Reference|Citation) .* undefined.*", log) == []
    wide = [line for line in log.splitlines() if line.startswith("Overfull \\hbox")]
    assert [line for line in wide if float(re.findall(r"\(([\d.]+)pt", line)[0]) > 10] == []


def test_fonts_are_in_the_file(book: Book) -> None:
    rows = said("pdffonts", book.pdf).splitlines()[2:]
    assert len(rows) > 5
    assert [row for row in rows if row[54:].split()[-5] != "yes"] == []


def test_diagrams_are_vectors(book: Book) -> None:
    source = (book.latex / "heapledger.tex").read_text(encoding="utf-8")
    included = re.findall(r"\\sphinxincludegraphics(?:\[[^\]]*\])?\{(heapledger-[0-9a-f]+\.\w+)\}", source)
    drawn = "".join(
        path.read_text(encoding="utf-8")
        for path in book.html.rglob("*.html")
        if path.stem != "index" or path.parent != book.html
    )
    assert len(set(included)) > 50
    assert {Path(name).suffix for name in included} == {".pdf"}
    assert len(included) == drawn.count('class="heapledger-diagram-scroll')
    rasters = [row.split() for row in said("pdfimages", "-list", book.pdf).splitlines()[2:]]
    assert len(rasters) <= 4, "only pictures that are photographs of a page may be rasters"


def test_every_page_has_ink(book: Book, tmp_path: Path) -> None:
    said("pdftoppm", "-r", "18", "-gray", book.pdf, tmp_path / "page")
    pages = sorted(tmp_path.glob("page-*.pgm"))
    assert len(pages) == int(re.findall(r"Pages:\s+(\d+)", said("pdfinfo", book.pdf))[0])
    blank = [page.name for page in pages if sum(byte < 160 for byte in page.read_bytes()[20:]) < 40]
    assert blank == []


def test_paper_has_bookmarks_and_an_index(book: Book, paper: str) -> None:
    assert len((book.latex / "heapledger.out").read_text(encoding="utf-8").splitlines()) > 100
    assert "(page" in paper
    assert re.findall(r"page\s*\?\?", paper) == []


def test_epubcheck_finds_nothing(book: Book) -> None:
    assert EPUBCHECK.is_file(), "apt-get install epubcheck"
    done = subprocess.run(
        ["java", "-jar", str(EPUBCHECK), str(book.epub)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    with zipfile.ZipFile(book.epub) as archive:
        pages = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".xhtml")]
    assert sum("<svg" in page for page in pages) > 10
    assert sum(bool(re.search(r"<script|<details", page)) for page in pages) == 0


def test_one_page_opens_from_disk(book: Book, browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((book.single / "index.html").as_uri())
    assert page.locator("svg[id^=heapledger-picture]").count() > 50
    page.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_pages_name_their_canonical_address(book: Book) -> None:
    page = (book.html / "heap" / "vec-new.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{CANONICAL}heap/vec-new.html"' in page


def test_there_is_a_page_for_wrong_addresses(book: Book) -> None:
    """It is served under any path, so it needs no file beside it."""
    page = (book.html / "404.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["/"]


def test_pages_are_light(book: Book) -> None:
    """Bytes without pictures; the list of all claims may be longer than a page that is read."""
    sizes = {}
    for path in book.html.rglob("*.html"):
        text = re.sub(r"<svg.*?</svg>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        sizes[path.relative_to(book.html).as_posix()] = len(text.encode())
    assert {name: size for name, size in sizes.items() if size > 500_000} == {}
