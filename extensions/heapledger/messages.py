"""The words that readers see, in the language of the documents.

One catalogue for everything that ``render/`` and ``sphinx/`` write on a page: ``locale/heapledger.pot`` holds the
messages, ``locale/LANGUAGE/LC_MESSAGES/heapledger.po`` their translations, read as they are. Warnings for authors and
the command line stay English.
"""

from __future__ import annotations

import gettext
import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOG = "heapledger"
LOCALES = Path(__file__).parent / "locale"


class _Catalogue:
    """Holds the translations in use: a worker forked for writing inherits them."""

    def __init__(self) -> None:
        self.translations: gettext.NullTranslations = gettext.NullTranslations()


_catalogue = _Catalogue()


def use_language(language: str | None) -> None:
    """Write in a language, as Sphinx's ``language`` names it; in English where there is no translation."""
    _catalogue.translations = _load(language or "en")


def _(message: str) -> str:
    """Return a message in the reader's language."""
    return _catalogue.translations.gettext(message)


def counted(singular: str, plural: str, count: int) -> str:
    """Return the form of a message that goes with a count, with the count put in for ``%s``."""
    return _catalogue.translations.ngettext(singular, plural, count) % f"{count:,}"


def _load(language: str) -> gettext.NullTranslations:
    for name in (language, language.partition("_")[0]):
        path = LOCALES / name / "LC_MESSAGES" / f"{CATALOG}.po"
        if path.is_file():
            with path.open("rb") as file:
                catalog = read_po(file, locale=name)
            compiled = io.BytesIO()
            write_mo(compiled, catalog)
            compiled.seek(0)
            return gettext.GNUTranslations(compiled)
    return gettext.NullTranslations()
