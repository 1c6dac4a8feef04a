"""A layout as rows of a table and as sentences: every byte of a value is named, padding too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from heapledger.messages import _
from heapledger.model_below import Field, Layout, Variant
from heapledger.outcome import SnippetOutcome
from heapledger.render.facts import bytes_text

PADDING = "padding"
UNUSED = "unused"
"""What padding is called in a variant: other variants may use those bytes."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes with one meaning."""

    offset: int
    size: int
    kind: str
    """``field``, ``tag`` or ``padding``."""
    name: str
    type: str = ""

    @property
    def end(self) -> int:
        """Offset of the first byte behind it."""
        return self.offset + self.size

    @property
    def place(self) -> str:
        """The bytes that it takes: ``0 to 7``, ``8``, or ``none``."""
        if self.size == 0:
            return "none"
        return str(self.offset) if self.size == 1 else f"{self.offset} to {self.end - 1}"

    @property
    def bytes(self) -> str:
        """The bytes that it takes, in prose."""
        return (_("byte %s") if self.size == 1 else _("bytes %s")) % self.place


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of a struct, or of one variant of an enum."""

    title: str
    """Name of the variant, empty for a struct."""
    note: str
    """What the discriminant holds."""
    spans: tuple[Span, ...]


def parts_of(layout: Layout) -> tuple[Part, ...]:
    """Return the parts of a layout, each with all its bytes in order; a union's fields overlap and have no padding."""
    if not layout.variants:
        return (Part("", "", tuple(_spans(layout.fields, None, layout.size, gaps=not layout.overlapping))),)
    found = []
    for variant in layout.variants:
        spans = _spans(variant.fields, _tag_in(layout, variant), layout.size, empty=UNUSED)
        found.append(Part(variant.name, _stored(layout, variant), tuple(spans)))
    return tuple(found)


def padding_of(part: Part) -> int:
    """Bytes of a part that hold nothing."""
    return sum(span.size for span in part.spans if span.kind == PADDING)


def table_rows(layout: Layout) -> list[tuple[str, str, str, str]]:
    """Return (bytes, size, what, type) of everything in a layout; a variant is a row of its own before its fields."""
    found: list[tuple[str, str, str, str]] = []
    for part in parts_of(layout):
        if part.title:
            found.append(("", "", f"{part.title}{part.note}", ""))
        found += [(span.place, str(span.size), span.name, span.type) for span in part.spans]
    return found


def sentences(layout: Layout) -> list[str]:
    """Say in words what a table or a picture of the layout shows."""
    names = {"closure": _("The closure"), "future": _("The future")}
    about = {
        "type": names.get(layout.type, layout.type),
        "size": bytes_text(layout.size),
        "align": bytes_text(layout.align),
    }
    found = [_("%(type)s takes %(size)s and is aligned to %(align)s.") % about]
    if layout.tag is not None and layout.variants:
        found.append(_tag_sentence(layout, layout.tag))
    wasted = [padding_of(part) for part in parts_of(layout)]
    if not layout.variants and wasted[0]:
        found.append(_("Padding: %s.") % bytes_text(wasted[0]))
    if layout.overlapping:
        found.append(_("It is a union: its fields share their bytes."))
    if layout.option_size:
        found.append(_option_sentence(layout))
    return found


def layout_views(outcome: SnippetOutcome) -> Iterator[list[tuple[str, Layout]]]:
    """Return (profiles, layout) of each type that a snippet shows: one view where the profiles agree."""
    probes = [(one.profile.value, one.below.probe) for one in outcome.profiles if one.below.probe is not None]
    for index, layout in enumerate(probes[0][1].layouts if probes else ()):
        views = [(profile, probe.layouts[index]) for profile, probe in probes]
        agree = len(views) > 1 and all(other == layout for _, other in views)
        yield [(_("debug and release"), layout)] if agree else views


def _tag_sentence(layout: Layout, tag: Field) -> str:
    place = Span(tag.offset, tag.size, "tag", "tag").bytes
    if layout.tag_is_niche:
        text = _("Which variant it is, is told by values of %s that are impossible otherwise (a niche): no tag.")
    else:
        text = _("Which variant it is, is stored in a tag of its own (%s).")
    return text % place


def _option_sentence(layout: Layout) -> str:
    size = bytes_text(layout.option_size)
    if layout.niche is None:
        return _("Option of it takes %s: no niche is left for None.") % size
    place = Span(layout.niche.offset, layout.niche.size, "tag", "").bytes
    about = {"size": size, "value": layout.niche.value, "place": place}
    return _("Option of it takes %(size)s too: None is %(value)s in %(place)s.") % about


def _tag_in(layout: Layout, variant: Variant) -> Span | None:
    """The bytes that say which variant it is, unless a field of this one lies there."""
    if layout.tag is None:
        return None
    name = "niche" if layout.tag_is_niche else "tag"
    tag = Span(layout.tag.offset, layout.tag.size, "tag", name, layout.tag.type)
    covered = any(field.offset < tag.end and tag.offset < field.offset + field.size for field in variant.fields)
    return None if covered else tag


def _stored(layout: Layout, variant: Variant) -> str:
    if not variant.value:
        return ""
    what = "niche" if layout.tag_is_niche else "tag"
    return f" ({what} holds {'anything else' if variant.value == 'others' else variant.value})"


def _spans(
    fields: Iterable[Field], tag: Span | None, size: int, *, gaps: bool = True, empty: str = PADDING
) -> Iterable[Span]:
    found = [Span(field.offset, field.size, "field", field.name, field.type) for field in fields]
    if tag is not None:
        found.append(tag)
    end = 0
    for span in sorted(found, key=lambda one: (one.offset, one.size)):
        if gaps and span.offset > end:
            yield Span(end, span.offset - end, PADDING, empty)
        yield span
        end = max(end, span.end)
    if gaps and size > end:
        yield Span(end, size - end, PADDING, empty)
