"""From Sphinx's LaTeX to a PDF with latexmk, as Read the Docs does it, or the Debian packages that are missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from heapledger.errors import HeapledgerError

PROGRAMS = {
    "latexmk": "latexmk",
    "makeindex": "texlive-binaries",
    "xindy": "xindy",
    "xelatex": "texlive-xetex",
    "lualatex": "texlive-luatex",
    "pdflatex": "texlive-latex-base",
}
"""Programs and the Debian packages that have them."""

FILES = {
    "fontspec.sty": "texlive-latex-recommended",
    "tabulary.sty": "texlive-latex-extra",
    "wrapfig.sty": "texlive-latex-extra",
    "pzdr.tfm": "texlive-fonts-recommended",
}
"""Files of TeX that Sphinx's documents use, and their packages."""

FONTS = {
    "DejaVuSerif": ("DejaVuSerif-BoldItalic.ttf", "fonts-dejavu-extra"),
    "FreeSerif": ("FreeSerif.otf", "fonts-freefont-otf"),
    "tgtermes": ("tgtermes.sty", "tex-gyre"),
}
"""Fonts by what names them in a document: a file of the font, and its package. Sphinx's own are the last."""

LONGEST_SECONDS = 900.0
"""Longest wait for latexmk: what Read the Docs gives a whole build."""

_ENGINE = re.compile(r"^\$pdflatex\s*=\s*['\"](\w+)", re.MULTILINE)
_ERROR = re.compile(r"^! .*(?:\n(?!!).*){0,4}", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeset:
    """A PDF."""

    pdf: Path
    errors: tuple[str, ...]
    """What LaTeX complained about; it went on nevertheless."""


def missing_packages(folder: Path | None = None) -> list[str]:
    """Return the Debian packages that a PDF needs and that are not there.

    :param folder: that of the LaTeX source, which names engine and fonts; without it a document for xelatex is taken.
    """
    engine, text = "xelatex", ""
    programs = ["latexmk", "makeindex"]
    if folder is not None:
        found = _ENGINE.search(_read(folder / "latexmkrc"))
        engine = found[1] if found else engine
        text = "".join(_read(path) for path in [*sorted(folder.glob("*.tex")), folder / "guide.sty"])
        programs = ["latexmk", "xindy" if "xindy" in _read(folder / "latexmkrc") else "makeindex"]
    wanted = [PROGRAMS[name] for name in [*programs, engine] if shutil.which(name) is None]
    wanted += [package for file, package in FILES.items() if not _has_file(file)]
    wanted += [package for name, (file, package) in FONTS.items() if name in text and not _has_file(file)]
    return list(dict.fromkeys(wanted))


def require_typesetting(folder: Path | None = None) -> None:
    """Refuse where a part is missing.

    :raises HeapledgerError: with the command that installs what is missing.
    """
    missing = missing_packages(folder)
    if missing:
        raise HeapledgerError(
            "a PDF needs TeX, and parts of it are missing; Debian and Ubuntu have them: "
            f"apt-get install --no-install-recommends {' '.join(missing)}"
        )


def typeset(folder: Path) -> Typeset:
    """Run latexmk on the one document of a folder that Sphinx's LaTeX builder wrote.

    :raises HeapledgerError: where parts of TeX are missing, or no PDF came out.
    """
    require_typesetting(folder)
    sources = sorted(folder.glob("*.tex"))
    if len(sources) != 1:
        raise HeapledgerError(
            f"{folder} holds {len(sources)} LaTeX documents, and one is wanted; empty it, build again"
        )
    source = sources[0]
    command = ["latexmk", "-r", "latexmkrc", "-pdf", "-f", "-dvi-", "-ps-", "-interaction=nonstopmode", source.name]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "SOURCE_DATE_EPOCH") if name in os.environ}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**kept, "LC_ALL": "C.UTF-8", "LATEXOPTS": "", "FORCE_SOURCE_DATE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise HeapledgerError(f"latexmk took more than {LONGEST_SECONDS:.0f} seconds in {folder}") from error
    log, pdf = source.with_suffix(".log"), source.with_suffix(".pdf")
    errors = tuple(_ERROR.findall(_read(log)))
    if not pdf.is_file():
        last = "\n".join(errors[:3]) or "\n".join((done.stdout + done.stderr).splitlines()[-10:])
        raise HeapledgerError(f"LaTeX made no PDF; its log is {log}:\n{last}")
    if done.returncode != 0 and not errors:
        errors = tuple(done.stderr.strip().splitlines()[-5:])
    return Typeset(pdf=pdf, errors=errors)


def _has_file(name: str) -> bool:
    asked = shutil.which("kpsewhich")
    if asked is None:
        return False
    done = subprocess.run([asked, name], capture_output=True, text=True, check=False, timeout=60)
    return bool(done.stdout.strip())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
