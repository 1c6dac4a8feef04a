"""What a page shows of a snippet: computed once, printed by every output."""

from __future__ import annotations

from dataclasses import dataclass

from heapledger.messages import _
from heapledger.model import ExitKind, Finding, Ledger, Provenance, VerdictKind
from heapledger.outcome import ProfileOutcome, SnippetOutcome
from heapledger.render.answers import differ
from heapledger.render.calls import MAX_RUNS, Run, blocks_text, calls_text, path_text, runs
from heapledger.render.facts import Part, bytes_text, count_text, ledger_parts, same_events
from heapledger.render.listing import Row, no_line, rows
from heapledger.render.output import shown_output, visible
from heapledger.render.reproduce import Reproduction, reproduce
from heapledger.verify.endings import describe_exit
from heapledger.verify.report import headline


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictLine:
    """The verdict, what was counted, and by which compiler."""

    kind: VerdictKind
    mark: str
    """``✓ verified``: a sign and a word."""
    parts: tuple[Part, ...]
    """What else the line says, in order; the compiler and its target last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is not as the author wrote."""

    profile: str
    """``debug``, ``release``, or empty for both."""
    expected: str
    measured: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """Neighbouring calls of one line on one path through std."""

    where: str
    """``line 3``, or where else the calls came from."""
    calls: str
    """``alloc 8 align 1, realloc 8 → 16``."""
    note: str
    """Which blocks, which thread, how often; or empty."""
    path: str
    """``Vec::push → RawVec::grow_one → alloc / realloc``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """What one profile showed, or both where they agree."""

    ledger: Ledger | None
    """What was measured: the first of those that agree. Pictures are drawn from it."""

    key: str
    """``debug``, ``release``, ``both``, or empty where nothing was measured."""
    label: str
    rows: tuple[Row, ...]
    peak: int
    """Most bytes live at once: the full width of the strip. 0: there is no strip."""
    verdict: VerdictLine
    calls: tuple[CallRow, ...]
    calls_left_out: str
    """How many more runs of calls there are, in words; or empty."""
    outputs: tuple[tuple[str, str], ...]
    """(title, text) of what the program and rustc printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetView:
    """Everything under a snippet's caption."""

    id: str
    kind: VerdictKind
    profiles: tuple[ProfileView, ...]
    """One where the profiles agree, else one a profile."""
    mistakes: tuple[Mistake, ...]
    show: tuple[str, ...]
    """What ``:show:`` names."""
    reproduction: Reproduction | None
    outside: str
    """What std itself asked for around main, in words; or empty."""

    @property
    def hides_code(self) -> bool:
        """``:show: none``: only the verdict is shown."""
        return "none" in self.show

    @property
    def folds_code(self) -> bool:
        """Whether some of the program's lines are folded away."""
        return any(row.hidden for profile in self.profiles for row in profile.rows)

    def opens(self, name: str) -> bool:
        """Whether the author wants a fold open."""
        return name in self.show


def make_view(outcome: SnippetOutcome) -> SnippetView:
    """Compute the view of an outcome."""
    ledgers = tuple(profile.ledger for profile in outcome.profiles if profile.ledger is not None)
    agree = len(ledgers) == 2 and same_events(ledgers[0], ledgers[1])
    if agree:
        views = [_profile_view(outcome, outcome.profiles[0], "both", outcome.kind)]
    elif not outcome.profiles:
        views = [_bare_view(outcome)]
    else:
        views = [
            _profile_view(outcome, one, one.profile.value if one.ledger else "", one.verdict.kind)
            for one in outcome.profiles
        ]
    program, options = outcome.program, outcome.snippet.options
    ran = not options.no_run and options.fails is None
    return SnippetView(
        id=outcome.snippet.id,
        kind=outcome.kind,
        profiles=tuple(views),
        mistakes=tuple(_mistake(finding) for finding in outcome.findings),
        show=options.show,
        reproduction=None
        if program is None
        else reproduce(outcome.snippet.id, program, outcome.edition or "2024", ledgers, run=ran),
        outside=_outside(ledgers),
    )


def verdict_mark(kind: VerdictKind) -> str:
    """Return a verdict as a sign and a word."""
    return {
        VerdictKind.VERIFIED: "✓ " + _("verified"),
        VerdictKind.FALSIFIED: "✗ " + _("falsified"),
        VerdictKind.MEASURED: _("measured"),
        VerdictKind.SKIPPED: _("skipped"),
    }[kind]


def _profile_view(outcome: SnippetOutcome, profile: ProfileOutcome, key: str, kind: VerdictKind) -> ProfileView:
    ledger = profile.ledger
    alone = key == "both" or len(outcome.profiles) == 1
    listing = rows(outcome.snippet, ledger, outcome.program, hidden=True)
    parts = _verdict_parts(profile, key, alone=alone, below=differ(outcome))
    found = runs(ledger) if ledger is not None else ()
    left = len(found) - MAX_RUNS
    threads = len({run.thread for run in found}) > 1
    return ProfileView(
        ledger=ledger,
        key=key,
        label=_("debug and release agree") if key == "both" else key,
        rows=listing,
        peak=ledger.totals.peak if ledger is not None and ledger.totals and any(row.live for row in listing) else 0,
        verdict=VerdictLine(kind=kind, mark=verdict_mark(kind), parts=parts),
        calls=tuple(_call_row(run, len(outcome.snippet.lines), ledger, threads=threads) for run in found[:MAX_RUNS]),
        calls_left_out=_("and %s more") % f"{left:,}" if left > 0 else "",
        outputs=_outputs(ledger) if ledger is not None else (),
    )


def _bare_view(outcome: SnippetOutcome) -> ProfileView:
    """Of a snippet whose text is wrong: nothing was compiled."""
    return ProfileView(
        ledger=None,
        key="",
        label="",
        rows=rows(outcome.snippet, None, None, hidden=True),
        peak=0,
        verdict=VerdictLine(kind=outcome.kind, mark=verdict_mark(outcome.kind), parts=(("", _("not compiled")),)),
        calls=(),
        calls_left_out="",
        outputs=(),
    )


def _verdict_parts(profile: ProfileOutcome, key: str, *, alone: bool, below: bool) -> tuple[Part, ...]:
    """Return what follows the verdict.

    :param alone: whether this is the only view, so that nothing else names its profile.
    :param below: whether profiles with the same ledger differ below the heap.
    """
    ledger = profile.ledger
    parts = []
    if key == "both":
        parts.append(("", _("debug and release agree on the heap") if below else _("debug and release agree")))
    elif key and alone:
        parts.append(("", key))
    if profile.verdict.reason:
        parts.append(("", profile.verdict.reason))
    if ledger is not None:
        parts += _ledger_parts(ledger)
        parts.append(("by", f"rustc {ledger.toolchain.rustc}, {ledger.toolchain.host}"))
    if profile.provenance is Provenance.RECORDED:
        parts.append(("by", _("recorded")))
    return tuple((kind, visible(text)) for kind, text in parts)


def _ledger_parts(ledger: Ledger) -> list[Part]:
    if ledger.exit.kind is ExitKind.COMPILE_ERROR:
        codes = sorted({message.code for message in ledger.exit.diagnostics if message.code})
        return [("", _("does not compile: %s") % (", ".join(codes) or _("error")))]
    if not ledger.traced and ledger.exit.code is None and ledger.exit.kind is ExitKind.RETURNED:
        return [("", _("compiles; not run"))]
    parts = list(ledger_parts(ledger, ranges_seen=False)) if ledger.totals is not None or not ledger.traced else []
    ending = describe_exit(ledger.exit)
    return [*parts, ("", ending)] if ending != "main returned" else parts


def _mistake(finding: Finding) -> Mistake:
    text = finding.text.split("\n")[0]
    if not text and not finding.expected:
        text = headline(finding)
    return Mistake(
        profile=finding.profile.value if finding.profile else "",
        expected=visible(finding.expected),
        measured=visible(finding.measured),
        text=visible(text),
    )


def _call_row(run: Run, lines: int, ledger: Ledger | None, *, threads: bool) -> CallRow:
    notes = [blocks_text(run)]
    if threads:
        notes.append(_("thread %s") % run.thread)
    if run.times > 1:
        notes.append(_("%s times") % f"{run.times:,}")
    return CallRow(
        where=_where(run, lines, ledger),
        calls=calls_text(run),
        note=", ".join(note for note in notes if note),
        path=path_text(run),
    )


def _where(run: Run, lines: int, ledger: Ledger | None) -> str:
    if run.line is not None:
        return _("end of main") if run.line > lines else _("line %s") % run.line
    if run.runtime:
        return _("runtime")
    return no_line(ledger) if ledger is not None else ""


def _outputs(ledger: Ledger) -> tuple[tuple[str, str], ...]:
    found = [(_("Output"), shown_output(text)) for text in (ledger.stdout, ledger.stderr) if text.strip()]
    rendered = "\n".join(message.rendered for message in ledger.exit.diagnostics if message.level == "error")
    if rendered.strip():
        found.append((_("rustc's message"), visible(rendered).rstrip("\n")))
    return tuple(found)


def _outside(ledgers: tuple[Ledger, ...]) -> str:
    """Say what a counter of the whole process sees beside the region."""
    texts = []
    for ledger in ledgers:
        start, end = ledger.outside.startup, ledger.outside.shutdown
        allocs, size = start.allocs + end.allocs, start.bytes + end.bytes
        texts.append(f"{count_text(allocs, 'allocation')} ({bytes_text(size)})")
    return texts[0] if texts and len(set(texts)) == 1 else " / ".join(texts)
