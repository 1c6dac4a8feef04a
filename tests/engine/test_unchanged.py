"""An unchanged document is not parsed again; what it came to is the same as if it were, and any change is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from heapledger import unchanged
from heapledger.config import Config
from heapledger.engine.cache import Cache
from heapledger.model import Location, Profile, Provenance, VerdictKind
from heapledger.outcome import SnippetOutcome
from heapledger.session import evaluate
from heapledger.source.snippet import Place, Snippet, read_body

PAGES = {
    "one": (
        ":expect: allocs == 1\nlet b = Box::new([0u8; 3]); //~ alloc 3\nstd::hint::black_box(&b);",
        ":expect: allocs == 7\n:show: layout=S\nstruct S(u8, u64);\nstd::hint::black_box(&S(1, 2).1);",
        "no Rust",
        ":fails: E0382\nlet s = String::new();\ndrop(s);\ndrop(s);",
    ),
    "two": ("let mut v = vec![1u8];\n//@ memory: one element\nv.push(2);\nstd::hint::black_box(&v);",),
    "three": (":unknown: option\nlet x = 1;", ':toolchain: <1.0\nlet s = "old";'),
}


def snippets(folder: str = "", **changed: str) -> list[Snippet]:
    """Return the snippets of all pages; those named have another text."""
    found = []
    for page, texts in PAGES.items():
        for number, text in enumerate(texts):
            name = f"{page}-{number}"
            body = changed.get(name.replace("-", "_"), text).split("\n")
            places = [Place(Location(f"{folder}{page}.md", line), 0) for line in range(2, len(body) + 2)]
            location = Location(f"{folder}{page}.md", 1)
            found.append(read_body(body=body, places=places, snippet_id=name, document=page, location=location))
    return found


class Watched(Cache):
    """Knows which single results were looked up."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.looked_up = 0

    def read(self, key: str) -> bytes | None:
        self.looked_up += 1
        return super().read(key)


def settled(outcomes: tuple[SnippetOutcome, ...]) -> list[SnippetOutcome]:
    """Return outcomes without saying whether they were measured now."""
    return [
        msgspec.structs.replace(
            outcome,
            profiles=tuple(
                msgspec.structs.replace(one, provenance=Provenance.CACHED if one.provenance else None)
                for one in outcome.profiles
            ),
        )
        for outcome in outcomes
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which everything is known."""
    folder = tmp_path_factory.mktemp("cache")
    evaluate(snippets(), Config(), cache=Cache(folder))
    return folder


def test_the_outcomes_are_the_same(folder: Path, tmp_path: Path) -> None:
    measured = evaluate(snippets(), Config(), cache=Cache(tmp_path))
    cache = Watched(folder)
    again = evaluate(snippets(), Config(), cache=cache)
    assert cache.looked_up == again.fresh == 0
    assert settled(again.outcomes) == settled(measured.outcomes)
    kinds = {outcome.snippet.id: outcome.kind for outcome in again.outcomes}
    assert kinds["one-0"] is kinds["one-3"] is VerdictKind.VERIFIED
    assert kinds["one-1"] is kinds["one-2"] is kinds["three-0"] is VerdictKind.FALSIFIED
    assert kinds["three-1"] is VerdictKind.SKIPPED
    two = next(outcome for outcome in again.outcomes if outcome.snippet.id == "two-0")
    assert two.snapshots is not None
    assert two.snapshots.snapshots


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one_0", ":expect: allocs == 2\nlet b = Box::new([0u8; 3]); //~ alloc 3\nstd::hint::black_box(&b);"),
        ("one_0", ":expect: allocs == 1\nlet b = Box::new([0u8; 3]); //~ alloc 4\nstd::hint::black_box(&b);"),
        ("one_0", f":expect: allocs == {10**30}\nlet b = Box::new([0u8; 3]);\nstd::hint::black_box(&b);"),
        ("two_0", "let mut v = vec![1u8];\n//@ memory: a first element\nv.push(2);\nstd::hint::black_box(&v);"),
    ],
)
def test_a_changed_snippet_is_judged_again(folder: Path, name: str, text: str) -> None:
    outcomes = evaluate(snippets(**{name: text}), Config(), cache=Cache(folder)).outcomes
    changed = next(one for one in outcomes if one.snippet.id == name.replace("_", "-"))
    assert text.startswith("let") or changed.kind is VerdictKind.FALSIFIED
    again = evaluate(snippets(**{name: text}), Config(), cache=Cache(folder)).outcomes
    assert settled(again) == settled(outcomes)
    assert evaluate(snippets(), Config(), cache=Cache(folder)).fresh == 0, "the results themselves were kept"


def test_other_settings_are_another_question(folder: Path) -> None:
    evaluate(snippets(), Config(), cache=Cache(folder))
    only = evaluate(snippets(), Config(profiles=(Profile.DEBUG,)), cache=Cache(folder))
    assert only.fresh == 0
    assert [one.profile for one in only.outcomes[0].profiles] == [Profile.DEBUG]
    both = evaluate(snippets(), Config(), cache=Cache(folder))
    assert [one.profile for one in both.outcomes[0].profiles] == [Profile.DEBUG, Profile.RELEASE]


def test_other_code_of_ours_is_another_question(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate(snippets(), Config(), cache=Cache(folder))
    monkeypatch.setattr(unchanged, "digest_of_code", lambda *_: "edited")
    cache = Watched(folder)
    assert evaluate(snippets(), Config(), cache=cache).fresh == 0
    assert cache.looked_up > 0


@pytest.mark.parametrize("damage", [lambda blob: blob[:-3], lambda _: b"", lambda blob: b"x" + blob])
def test_a_damaged_note_is_a_miss(folder: Path, damage: object) -> None:
    evaluate(snippets(), Config(), cache=Cache(folder))
    for path in (folder / "documents").iterdir():
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    cache = Watched(folder)
    assert evaluate(snippets(), Config(), cache=cache).fresh == 0
    assert cache.looked_up > 0
    cache = Watched(folder)
    evaluate(snippets(), Config(), cache=cache)
    assert cache.looked_up == 0, "it was written again"


def test_a_file_whose_name_is_no_text(folder: Path) -> None:
    named = snippets("\udcff/")
    for _ in range(2):
        outcomes = evaluate(named, Config(), cache=Cache(folder)).outcomes
        assert [one.kind for one in outcomes] == [
            one.kind for one in evaluate(snippets(), Config(), cache=Cache(folder)).outcomes
        ]


def test_what_a_limit_ended_is_tried_again(tmp_path: Path) -> None:
    endless = snippets(two_0="loop {\n    std::hint::spin_loop();\n}")[4:5]
    settings = replace(Config(), timeout=0.3, profiles=(Profile.DEBUG,))
    for _ in range(2):
        session = evaluate(endless, settings, cache=Cache(tmp_path))
        assert session.fresh == 1
    assert not list((tmp_path / "documents").glob("*"))
