"""The builder behind ``heapledger check``: it reads and verifies everything and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Set

from docutils import nodes
from sphinx.builders import Builder


class CheckBuilder(Builder):
    """Verify all snippets without writing a page."""

    name = "heapledger"
    epilog = ""
    allow_parallel = True

    def init(self) -> None:
        """Nothing to prepare."""

    def get_outdated_docs(self) -> Iterable[str]:
        """No document is written."""
        return ()

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:  # noqa: ARG002
        """References resolve to nothing."""
        return ""

    def prepare_writing(self, docnames: Set[str]) -> None:
        """Nothing to prepare."""

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write nothing."""

    def finish(self) -> None:
        """Nothing to finish."""
