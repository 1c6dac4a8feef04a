"""Before reading: documents that are no UTF-8 are named, for Sphinx itself ends without saying which one it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import SphinxError
from sphinx.util import logging

from heapledger.model import Location
from heapledger.sphinx.warn import shown_path

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


LOGGER = logging.getLogger(__name__)


class NotText(SphinxError):
    """A document cannot be read."""

    category = "Document is not UTF-8"


def on_env_before_read_docs(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Look at every document that is about to be read, and report each that is no UTF-8.

    :raises NotText: where there is one, for reading it would end the build.
    """
    del app
    wrong = [found for docname in docnames if (found := _first_wrong_byte(Path(env.doc2path(docname))))]
    for place, text in wrong:
        LOGGER.error("%s; save the file as UTF-8", text, location=place, type="heapledger", subtype="source")
    if wrong:
        raise NotText(", ".join(place for place, _ in wrong))


def _first_wrong_byte(path: Path) -> tuple[str, str] | None:
    """Return the place and what stands there."""
    try:
        data = path.read_bytes()
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        place = shown_path(Location(str(path), before.count(b"\n") + 1))
        return place, f"not UTF-8 (byte 0x{data[error.start]:02x} at column {column})"
    except OSError:
        return None  # Sphinx says so itself
    return None
