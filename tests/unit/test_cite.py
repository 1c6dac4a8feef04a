"""Citations, the list of published ids, and the names under which the general index lists a claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapledger.render.cite import Citation, cite_bibtex, cite_text, report_query
from heapledger.source.index_names import index_entry, index_names
from heapledger.source.problems import MarkupProblem
from heapledger.source.published import lead_to, read_published

ONE = Citation(
    id="vec-new-is-free",
    sentence="`Vec::new` asks for 0 % & #nothing_.",
    status="documented",
    project="heapledger",
    author="The developers",
    toolchain="rustc 1.95.0, x86_64-unknown-linux-gnu",
    date="2026-11-25",
    url="https://a.example/c/vec-new-is-free.html",
)


def test_a_line_of_text() -> None:
    assert cite_text(ONE) == (
        "“`Vec::new` asks for 0 % & #nothing_.” heapledger, claim vec-new-is-free (documented). "
        "Verified with rustc 1.95.0, x86_64-unknown-linux-gnu on 2026-11-25. https://a.example/c/vec-new-is-free.html"
    )


def test_bibtex_escapes_what_tex_would_read() -> None:
    lines = cite_bibtex(ONE).splitlines()
    assert lines[0] == "@misc{heapledger-vec-new-is-free,"
    assert lines[2] == r"  title = {{`Vec::new` asks for 0 \% \& \#nothing\_.}},"
    assert lines[5] == (
        r"  note = {Claim vec-new-is-free, documented, rustc 1.95.0, x86\_64-unknown-linux-gnu, 2026-11-25},"
    )
    assert lines[6:] == ["  url = {https://a.example/c/vec-new-is-free.html},", "}"]


def test_a_report_carries_id_and_toolchain() -> None:
    query = report_query(ONE)
    assert query.startswith("title=Claim+vec-new-is-free")
    assert "rustc+1.95.0%2C+x86_64-unknown-linux-gnu" in query


def test_renamed_claims_lead_to_a_claim() -> None:
    published = read_published("# ids\nkept\n\nold -> newer\nnewer -> kept\n")
    assert lead_to(published, {"kept"}) == ({"old": "kept", "newer": "kept"}, [])


def test_a_published_claim_may_not_vanish() -> None:
    published = read_published("kept\ngone\nold -> lost\none -> two\ntwo -> one\n")
    found, wrong = lead_to(published, {"kept"})
    assert found == {}
    assert [line for line, _ in wrong] == [2, 3, 4, 5]
    assert wrong[0][1].startswith("the published claim 'gone' is gone; write 'gone -> NEW'")
    assert wrong[1][1].startswith("'old' leads to 'lost', which is no claim")


@pytest.mark.parametrize("text", ["Vec::new", "a -> ", "a b", "a\na", "a\na -> b"])
def test_a_list_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(MarkupProblem, match=r"^line \d: "):
        read_published(text)


def test_the_list_of_the_guide_can_be_read() -> None:
    text = (Path(__file__).parents[2] / "docs" / "claim-ids.txt").read_text(encoding="utf-8")
    published = read_published(text)
    assert len(published.ids) >= 200
    assert [*published.ids] == sorted(published.ids)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("Vec::new", ("Vec::new",)),
        ("Vec::<u8>::with_capacity(4)", ("Vec::with_capacity",)),
        ("std::mem::take", ("take",)),
        ("push_str", ("push_str",)),
        ("vec![0; n]", ("vec!",)),
        ('format!("")', ("format!",)),
        ("Option<Box<T>>", ("Option", "Box")),
        ("Box<dyn Error>", ("Box", "Error")),
        ("&str", ("str",)),
        (".clone()", ("clone",)),
        ("let v = Vec::new();", ("Vec::new",)),
        ("T", ()),
        ("const", ()),
        ("7u32", ()),
        ("a + b", ()),
    ],
)
def test_what_a_piece_of_code_is_about(code: str, names: tuple[str, ...]) -> None:
    assert index_names(code) == names


def test_a_method_stands_under_both_of_its_names() -> None:
    assert index_entry("Vec::push") == ("pair", "Vec; push")
    assert index_entry("collect") == ("single", "collect")
