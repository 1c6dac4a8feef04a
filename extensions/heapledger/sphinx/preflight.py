"""Before reading: documents that are no UTF-8 are named, for Sphinx itself ends without saying which one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from heapledger.model import Location
from heapledger.sphinx.warn import shown_path

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


LOGGER = logging.getLogger(__name__)


def on_env_before_read_docs(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Look at every document that is about to be read; report each that is no UTF-8, and leave it out.

    Reading it would end the build. The others are built; the build fails when they are done.
    """
    for docname in tuple(docnames):
        found = _first_wrong_byte(Path(env.doc2path(docname)))
        if found is None:
            continue
        place, text = found
        LOGGER.error("%s; save the file as UTF-8", text, location=place, type="heapledger", subtype="source")
        docnames.remove(docname)
        env.project.docnames.discard(docname)
        app.statuscode = 1


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
