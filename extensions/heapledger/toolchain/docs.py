"""The toolchain's own documentation: whether a page and its anchor exist, and where they stand online."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path

from heapledger.source.problems import nearest

ONLINE = "https://doc.rust-lang.org"
_ID = re.compile(r"""\bid=["']?([^"'\s>]+)""")


@dataclass(frozen=True, slots=True)
class Docs:
    """The documentation of one toolchain."""

    version: str
    """Of rustc."""
    sysroot: str
    """Empty where no toolchain is installed: then nothing can be checked."""

    @property
    def root(self) -> Path:
        """Folder of the pages, as the component ``rust-docs`` installs them."""
        return Path(self.sysroot) / "share" / "doc" / "rust" / "html"

    @property
    def installed(self) -> bool:
        """Whether the pages are there."""
        return bool(self.sysroot) and (self.root / "std" / "index.html").is_file()

    def problem(self, source: str) -> str:
        """Return what is wrong with ``std/page.html#anchor``, or nothing; nothing too where no pages are installed."""
        if not self.installed:
            return ""
        page, _, anchor = source.partition("#")
        path = (self.root / page).resolve()
        if not path.is_relative_to(self.root.resolve()) or not path.is_file():
            return f":source: the documentation of rustc {self.version} has no page '{page}'"
        anchors = _anchors(path)
        if anchor and anchor not in anchors:
            return f":source: the page '{page}' has no anchor '#{anchor}'{_like(anchor, anchors)}"
        return ""

    def url(self, source: str) -> str:
        """Return the address of the same page of the same version online."""
        release = next((channel for channel in ("nightly", "beta") if channel in self.version), self.version)
        return f"{ONLINE}/{release}/{source}"


def _like(anchor: str, anchors: frozenset[str]) -> str:
    hint = nearest(anchor, anchors)
    return hint if hint.startswith("; did you mean") else ""


@lru_cache(maxsize=256)
def _anchors(path: Path) -> frozenset[str]:
    return frozenset(unescape(found) for found in _ID.findall(path.read_text(encoding="utf-8", errors="replace")))
