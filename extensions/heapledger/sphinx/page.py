"""What a snippet looks like on a page: its view in docutils' nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

from heapledger.messages import _
from heapledger.outcome import SnippetOutcome
from heapledger.render.view import CallRow, Mistake, ProfileView, SnippetView, make_view
from heapledger.sphinx import parts
from heapledger.sphinx.below import below_nodes
from heapledger.sphinx.mermaid import snippet_pictures
from heapledger.sphinx.nodes import snippet_head, snippet_listing
from heapledger.sphinx.stepper import memory_nodes

if TYPE_CHECKING:
    from sphinx.builders import Builder


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What the output at hand can do."""

    tabs: bool
    """Readers choose a profile; elsewhere both stand one after the other."""
    web: bool
    """Nodes of HTML and SVG; elsewhere the standard ones."""
    folds: bool
    """Folds cost nothing: everything is there. In books the commands that make a project are left out."""
    links: bool
    """Addresses can be followed."""


def output_of(builder: Builder) -> Output:
    """Return what a builder's output can do."""
    web = builder.format == "html"
    pages = web and builder.name != "epub"
    return Output(tabs=pages, web=web, folds=pages, links=web or builder.format == "latex")


def snippet_nodes(outcome: SnippetOutcome, output: Output, anchor: str) -> list[nodes.Node]:
    """Return everything that stands under a snippet's caption.

    :param anchor: id of the snippet on its page.
    """
    view = make_view(outcome)
    found: list[nodes.Node] = [snippet_head(anchor=anchor, title=view.id)] if output.tabs else []
    if outcome.snippet.layouts:
        found += [_mistakes(view.mistakes)] if view.mistakes else []
    elif len(view.profiles) == 1:
        found += _profile(view, view.profiles[0], outcome, output)
    else:
        several = [
            (one.key, one.label or one.verdict.mark, _profile(view, one, outcome, output)) for one in view.profiles
        ]
        found += parts.sequence(several, tabs=output.tabs and not view.hides_code)
        found += [_mistakes(view.mistakes)] if view.mistakes else []
    if not outcome.snippet.layouts:
        found += memory_nodes(outcome, html=output.web)
    found += below_nodes(outcome, html=output.web, tabs=output.tabs)
    if view.reproduction is not None:
        found.append(_run_it_yourself(view, output))
    return found


def _profile(view: SnippetView, profile: ProfileView, outcome: SnippetOutcome, output: Output) -> list[nodes.Node]:
    """One profile: code with facts, verdict, and the folds that belong to them."""
    if view.hides_code:
        return [parts.verdict_line(profile.verdict)]
    label = _("Rust code with the measured calls of the allocator beside each line")
    if profile.key in {"debug", "release"}:
        label = f"{label} ({profile.label})"
    found: list[nodes.Node] = [
        snippet_listing(rows=profile.rows, peak=profile.peak, label=label),
        parts.verdict_line(profile.verdict),
    ]
    if view.mistakes and len(view.profiles) == 1:
        found.append(_mistakes(view.mistakes))
    found += snippet_pictures(outcome.snippet, profile.ledger, html=output.web)
    if profile.calls:
        found.append(parts.fold(_("Why it allocates"), *_calls(profile), opened=view.opens("path")))
    for title, text in profile.outputs:
        block = nodes.literal_block(text, text, language="none")
        found.append(parts.fold(title, block, opened=view.opens("output")))
    return found


def _calls(profile: ProfileView) -> list[nodes.Node]:
    items = nodes.bullet_list(classes=["heapledger-calls"])
    items += [nodes.list_item("", *_call(row)) for row in profile.calls]
    if profile.calls_left_out:
        items += nodes.list_item("", nodes.paragraph("", profile.calls_left_out))
    return [items]


def _call(row: CallRow) -> list[nodes.Node]:
    asked = nodes.paragraph("", "", nodes.strong("", row.where), nodes.Text(f" {row.calls}"))
    if row.note:
        asked += [nodes.Text(" "), nodes.inline("", f"({row.note})", classes=["heapledger-soft"])]
    return [asked, nodes.paragraph("", row.path)]


def _mistakes(mistakes: tuple[Mistake, ...]) -> nodes.container:
    """Say on the page what is wrong: a reader must not take the snippet for verified."""
    box = nodes.container(classes=["heapledger-mistakes"])
    box += nodes.paragraph("", "", nodes.strong("", _("What is written here is not what was measured.")))
    items = nodes.bullet_list()
    for mistake in mistakes:
        lines = nodes.line_block()
        before = f"{mistake.profile}: " if mistake.profile else ""
        if mistake.expected:
            lines += _line(before + _("expected") + " ", mistake.expected)
            lines += _line(before + _("measured") + " ", mistake.measured)
            before = ""
        if mistake.text:
            lines += nodes.line("", before + mistake.text)
        items += nodes.list_item("", lines)
    box += items
    return box


def _line(word: str, value: str) -> nodes.line:
    return nodes.line("", "", nodes.Text(word), nodes.literal("", value))


def _run_it_yourself(view: SnippetView, output: Output) -> nodes.Element:
    again = view.reproduction
    if again is None:
        raise ValueError(view.id)
    content: list[nodes.Node] = []
    if not output.folds and not view.folds_code:
        return _run_it_briefly(view, output)
    if output.folds or view.folds_code:
        whole = nodes.literal_block(again.program, again.program, language="none", classes=["heapledger-program"])
        content += [nodes.paragraph("", _("The whole program, as it was compiled:")), whole]
    if output.folds:
        content.append(nodes.paragraph("", _project_text(view)))
        content.append(nodes.literal_block(again.project, again.project, language="none"))
    ours = nodes.paragraph("", _("With heapledger, the program saved as %s:") % again.file)
    ours += [nodes.Text(" "), nodes.literal("", again.command)]
    content.append(ours)
    if output.links:
        content.append(_web_sites(view))
    return parts.fold(_("Run it yourself"), *content)


def _run_it_briefly(view: SnippetView, output: Output) -> nodes.Element:
    """In books, where the whole program is on the page: one line."""
    again = view.reproduction
    if again is None:
        raise ValueError(view.id)
    line = nodes.paragraph("", _("Run it yourself") + ": ", classes=["heapledger-again"])
    line += nodes.literal("", again.command)
    if output.links:
        line += [nodes.Text(" · "), *_web_sites(view).children]
    return line


def _project_text(view: SnippetView) -> str:
    if view.reproduction is None or not view.reproduction.counts:
        return _("As a cargo project:")
    text = _(
        "As a cargo project. The counter is a crate of its own: inside the program's crate it would keep the optimizer "
        "from deleting allocations."
    )
    if view.outside:
        text += " " + _("It counts the whole process, so std's own start adds %s.") % view.outside
    return text


def _web_sites(view: SnippetView) -> nodes.paragraph:
    again = view.reproduction
    line = nodes.paragraph()
    if again is None:
        return line
    if again.playground:
        line += nodes.reference("", "Rust Playground", refuri=again.playground, internal=False)
        line += nodes.Text(" " + _("(current stable, no counts)"))
    if again.explorer:
        if len(line):
            line += nodes.Text(" · ")
        line += nodes.reference("", "Compiler Explorer", refuri=again.explorer, internal=False)
        line += nodes.Text(" " + _("(rustc %s, the same flags)") % again.rustc)
    if not len(line):
        line += nodes.Text(_("The program is too long for a link to a web site."))
    return line
