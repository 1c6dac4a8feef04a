"""heapledger: verified allocation results for Rust snippets in documentation.

The package is a Sphinx extension (:func:`setup`), a command (``heapledger``) and a library that works without
Sphinx: everything outside ``heapledger.sphinx`` knows neither Sphinx nor docutils.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__version__ = "0.1.0"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx; imported late, so that the library needs no Sphinx."""
    from heapledger.sphinx import setup as setup_sphinx  # noqa: PLC0415 - the library works without Sphinx

    return setup_sphinx(app)
