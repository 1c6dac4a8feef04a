"""The message catalogue: complete, and read as it is."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import heapledger
from heapledger.messages import CATALOG, LOCALES, use_language
from heapledger.render.facts import bytes_text, count_text

PACKAGE = Path(heapledger.__file__).parent
RENEW = (
    "pybabel extract -k counted:1,2 --no-location --sort-output --omit-header "
    "-o extensions/heapledger/locale/heapledger.pot extensions/heapledger"
)


def in_source() -> set[str]:
    found = extract_from_dir(str(PACKAGE), keywords={"_": None, "counted": (1, 2)})
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def in_catalogue(path: Path) -> dict[str, tuple[str, ...]]:
    with path.open("rb") as file:
        catalog = read_po(file)
    entries: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if message.id:
            name = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
            string = message.string
            entries[name] = tuple(map(str, string if isinstance(string, (tuple, list)) else (string,)))
    return entries


def test_the_template_has_every_message() -> None:
    assert set(in_catalogue(LOCALES / f"{CATALOG}.pot")) == in_source(), f"renew it: {RENEW}"


def test_translations_fit_their_messages() -> None:
    paths = list(LOCALES.glob("*/LC_MESSAGES/*.po"))
    assert paths
    for path in paths:
        for name, forms in in_catalogue(path).items():
            assert all(forms), f"{path}: {name}"
            assert all(form.count("%s") == name.count("%s") for form in forms), f"{path}: {name}"


def test_pages_speak_german() -> None:
    try:
        use_language("de_AT")
        assert (bytes_text(1), bytes_text(2)) == ("1 Byte", "2 Bytes")
        assert (count_text(1, "allocation"), count_text(3, "allocation")) == ("1 Allokation", "3 Allokationen")
    finally:
        use_language(None)
    assert count_text(3, "allocation") == "3 allocations"
