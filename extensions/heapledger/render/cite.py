"""A claim to cite: as a line of text, as BibTeX, and as a report that something about it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What a claim is cited by."""

    id: str
    sentence: str
    status: str
    project: str
    author: str
    toolchain: str
    """``rustc 1.95.0, x86_64-unknown-linux-gnu``, empty where nothing was measured."""
    date: str
    """Day of the build, as in ``2026-11-25``."""
    url: str


def cite_text(one: Citation) -> str:
    """Write the citation as one line."""
    verified = f"Verified with {one.toolchain} on {one.date}" if one.toolchain else f"As of {one.date}"
    return f"“{one.sentence}” {one.project}, claim {one.id} ({one.status}). {verified}. {one.url}"


def cite_bibtex(one: Citation) -> str:
    """Write the citation as an entry of BibTeX; its key is the id."""
    note = ", ".join(part for part in (f"Claim {one.id}", one.status, one.toolchain, one.date) if part)
    return "\n".join(
        [
            f"@misc{{{one.project}-{one.id},",
            f"  author = {{{{{one.author.translate(_TEX)}}}}},",
            f"  title = {{{{{one.sentence.translate(_TEX)}}}}},",
            f"  howpublished = {{{one.project.translate(_TEX)}}},",
            f"  year = {{{one.date[:4]}}},",
            f"  note = {{{note.translate(_TEX)}}},",
            f"  url = {{{one.url}}},",
            "}",
        ]
    )


def report_query(one: Citation) -> str:
    """Return the part of an address that fills in a report: the id of the claim, and what it was measured with."""
    body = f"Claim: {one.id}\nSentence: {one.sentence}\nMeasured with: {one.toolchain}\nBuilt: {one.date}\n{one.url}\n"
    return urlencode({"title": f"Claim {one.id}: ", "body": f"{body}\nWhat is wrong, and how to see it:\n"})


def redirect_page(target: str, title: str, language: str = "en") -> str:
    """Return a page that leads to another one, also without a script and from a file.

    :param target: address relative to the page, escaped for HTML, as ``title`` is.
    """
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={target}">\n<link rel="canonical" href="{target}">\n'
        f'</head>\n<body><p><a href="{target}">{title}</a></p></body>\n</html>\n'
    )
