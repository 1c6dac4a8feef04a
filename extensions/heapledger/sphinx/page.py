"""What a snippet looks like on a page, in docutils' nodes."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes

from heapledger.model import Ledger, Profile, Provenance, Verdict, VerdictKind
from heapledger.render.facts import ledger_text, same_events
from heapledger.render.listing import plain, rows
from heapledger.render.output import shown_output, visible
from heapledger.render.paths import short_path
from heapledger.render.reproduce import commands, program_text
from heapledger.render.stable import stable_view
from heapledger.session import ProfileOutcome, SnippetOutcome
from heapledger.sphinx.below import below_nodes
from heapledger.sphinx.mermaid import snippet_pictures
from heapledger.sphinx.nodes import fold, snippet_listing
from heapledger.sphinx.stepper import memory_nodes
from heapledger.verify.endings import describe_exit
from heapledger.verify.events import describe
from heapledger.verify.report import headline

MARKS = {
    VerdictKind.VERIFIED: "✓ verified",
    VerdictKind.FALSIFIED: "✗ falsified",
    VerdictKind.MEASURED: "measured",
    VerdictKind.SKIPPED: "skipped",
}
MAX_EVENT_ROWS = 200
"""Most events that a page lists; the totals have them all."""


def snippet_nodes(outcome: SnippetOutcome, *, html: bool) -> list[nodes.Node]:
    """Return everything that stands under a snippet's caption."""
    found: list[nodes.Node] = []
    if outcome.snippet.layouts:
        return [*below_nodes(outcome, html=html), *_findings(outcome), *_folds(outcome, html=html)]
    if "none" not in outcome.snippet.options.show:
        for label, profile in _views(outcome):
            if label:
                found.append(nodes.paragraph("", "", nodes.strong("", label), classes=["heapledger-profile"]))
            found += _view(outcome, profile, label, html=html)
    else:
        found += [_verdict(outcome, profile, label) for label, profile in _views(outcome)]
    found += memory_nodes(outcome, html=html)
    found += below_nodes(outcome, html=html)
    found += _findings(outcome)
    found += _folds(outcome, html=html)
    return found


def _views(outcome: SnippetOutcome) -> list[tuple[str, ProfileOutcome]]:
    """Return one view where the profiles agree, else one a profile."""
    measured = [(profile, profile.ledger) for profile in outcome.profiles if profile.ledger is not None]
    if len(measured) == 2 and same_events(measured[0][1], measured[1][1]):
        return [("debug and release agree", measured[0][0])]
    if not outcome.profiles:  # its text is wrong, so nothing ran
        nothing = ProfileOutcome(
            profile=Profile.DEBUG, ledger=None, provenance=None, verdict=Verdict(kind=outcome.kind)
        )
        return [("", nothing)]
    if len(outcome.profiles) == 1 and outcome.profiles[0].ledger is None:
        return [("", outcome.profiles[0])]
    return [(profile.profile.value, profile) for profile in outcome.profiles]


def _view(outcome: SnippetOutcome, profile: ProfileOutcome, label: str, *, html: bool) -> list[nodes.Node]:
    listing = rows(outcome.snippet, profile.ledger)
    code: nodes.Element
    if html:
        code = snippet_listing(rows=listing, label=f"Rust code with measured calls of the allocator per line, {label}")
    else:
        code = nodes.literal_block("", plain(listing), language="rust")
    shown = snippet_pictures(outcome.snippet, profile.ledger, html=html)
    return [code, _verdict(outcome, profile, label), *shown]


def _verdict(outcome: SnippetOutcome, profile: ProfileOutcome, label: str) -> nodes.paragraph:
    kind = profile.verdict.kind if label != "debug and release agree" else outcome.kind
    line = nodes.paragraph("", "", classes=["heapledger-verdict", f"heapledger-verdict-{kind.value}"])
    line += nodes.strong("", MARKS[kind])
    ledger = profile.ledger
    parts = [profile.verdict.reason] if profile.verdict.reason else []
    if ledger is not None:
        parts += _ledger_parts(ledger)
        parts.append(f"rustc {ledger.toolchain.rustc}, {ledger.toolchain.host}")
    if profile.provenance is Provenance.RECORDED:
        parts.append("recorded")
    line += nodes.Text(visible(" · " + " · ".join(parts)) if parts else "")
    return line


def _ledger_parts(ledger: Ledger) -> list[str]:
    if ledger.exit.kind.value == "compile-error":
        codes = sorted({message.code for message in ledger.exit.diagnostics if message.code})
        return [f"does not compile: {', '.join(codes) or 'error'}"]
    if not ledger.traced and ledger.exit.code is None and ledger.exit.kind.value == "returned":
        return ["compiles; not run"]
    ending = describe_exit(ledger.exit)
    parts = [ledger_text(ledger, ranges_seen=False)] if ledger.totals is not None or not ledger.traced else []
    return [*parts, ending] if ending != "main returned" else parts


def _findings(outcome: SnippetOutcome) -> list[nodes.Node]:
    """Say on the page what is wrong: a reader must not take the snippet for verified."""
    if not outcome.findings:
        return []
    box = nodes.warning("", classes=["heapledger-findings"])
    box += nodes.paragraph("", "This snippet is falsified: what is written here is not what was measured.")
    items = nodes.bullet_list()
    for finding in outcome.findings:
        text = finding.text.split("\n")[0] or headline(finding)
        if finding.expected:
            text = f"expected {finding.expected}; measured {finding.measured}" + (f" ({text})" if finding.text else "")
        profile = f"[{finding.profile.value}] " if finding.profile else ""
        items += nodes.list_item("", nodes.paragraph("", visible(profile + text)))
    box += items
    return [box]


def _folds(outcome: SnippetOutcome, *, html: bool) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for label, profile in _views(outcome):
        ledger = profile.ledger
        if ledger is None:
            continue
        suffix = f", {label}" if label in {"debug", "release"} else ""
        if ledger.events:
            found += _fold(f"Events and call paths{suffix}", [_event_table(ledger)], html=html)
        printed = [ledger.stdout, ledger.stderr]
        shown = [nodes.literal_block("", shown_output(text), language="none") for text in printed if text.strip()]
        if shown:
            found += _fold(f"Output{suffix}", shown, html=html)
        rendered = "\n".join(message.rendered for message in ledger.exit.diagnostics if message.level == "error")
        if rendered.strip():
            found += _fold("rustc's message", [nodes.literal_block("", visible(rendered), language="none")], html=html)
    if outcome.program is not None:
        whole = nodes.literal_block("", program_text(outcome.program), language="rust")
        steps = nodes.literal_block("", commands(outcome.snippet.id, outcome.edition or "2024"), language="sh")
        found += _fold("The whole program, and how to run it yourself", [whole, steps], html=html)
    return found


def _fold(title: str, content: Sequence[nodes.Node], *, html: bool) -> list[nodes.Node]:
    if html:
        return [fold("", *content, title=title)]
    return [nodes.paragraph("", "", nodes.strong("", title)), *content]


def _event_table(ledger: Ledger) -> nodes.table:
    header = ("#", "line", "event", "align", "block", "thread", "path to the allocator")
    body = []
    for event in stable_view(ledger).events[:MAX_EVENT_ROWS]:
        line = "–" if event.line is None else str(event.line)
        path = " → ".join(short_path(event.path)) or ("runtime" if event.runtime else "–")
        block = "failed" if event.block is None else str(event.block or "–")
        body.append((str(event.seq), line, describe(event), str(event.align), block, str(event.thread or "–"), path))
    left = len(ledger.events) - MAX_EVENT_ROWS
    if left > 0 or ledger.events_left_out:
        body.append(("…", "", f"{max(left, 0) + ledger.events_left_out:,} more", "", "", "", ""))
    return table(header, body, widths=(4, 5, 16, 5, 5, 6, 59))


def table(header: Sequence[str], body: Sequence[Sequence[str]], *, widths: Sequence[int]) -> nodes.table:
    """Make a plain table of text."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(header))
    group += nodes.thead("", _row(header))
    group += nodes.tbody("", *(_row(cells) for cells in body))
    return nodes.table("", group, classes=["heapledger-events"])


def _row(cells: Sequence[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))
