"""How a drawn diagram is written in each output; whatever is not ours goes to sphinxcontrib-mermaid's own visitors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sphinxcontrib.mermaid as theirs
from docutils import nodes

from heapledger.messages import _
from heapledger.render.mermaid.diagram import picture_key
from heapledger.render.mermaid.svg import strict, with_id

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder

    from heapledger.engine.draw import Drawn

SHRINK = 0.75
"""How far a picture may shrink to fit a narrow page before it scrolls: text of 14 pixels stays at 10."""
PHONE = 220
"""CSS pixels that the narrowest phones leave for a picture: one that shrinks so far never scrolls."""
_THEIR_HTML: Callable[[Any, nodes.Element], None] = theirs.html_visit_mermaid
_THEIR_LATEX: Callable[[Any, nodes.Element], None] = theirs.latex_visit_mermaid

PRINTED = 0.6
"""Points on paper for a pixel on a screen: letters of 14 pixels get the size of small print."""

LINE_POINTS = 430
"""Width of a line of text in Sphinx's LaTeX, roughly, in points."""


def register(app: Sphinx) -> None:
    """Take the node's visitors over; each asks first whether the node is ours."""
    app.add_node(
        theirs.mermaid,
        override=True,
        html=(visit_html, None),
        latex=(visit_latex, None),
        text=(visit_text, None),
        man=(visit_man, None),
        texinfo=(visit_texinfo, None),
    )


def picture_of(builder: Builder, node: Mapping[str, Any]) -> Drawn | None:
    """Return the drawn picture of a node, ours or (where all are drawn) another's."""
    from heapledger.sphinx.mermaid import drawn_picture  # noqa: PLC0415 - it registers these visitors

    return drawn_picture(builder, node.get("heapledger_key") or picture_key("", node["code"]))


def left_to_browser(builder: Builder, node: Mapping[str, Any]) -> bool:
    """Whether sphinxcontrib-mermaid's script has to draw a node."""
    if picture_of(builder, node) is not None:
        return False
    return "heapledger_key" not in node or in_browser(builder)


def in_browser(builder: Builder) -> bool:
    """Whether diagrams of ours that are not drawn are left to Mermaid in the reader's browser."""
    return builder.name != "epub" and has_local_mermaid(builder.app)


def has_local_mermaid(app: Sphinx) -> bool:
    """Whether the project has Mermaid in a file of its own: nothing of ours is ever loaded from elsewhere."""
    local = str(app.config.mermaid_use_local)
    if app.config.mermaid_output_format != "raw" or not local or "//" in local:
        return False
    return any(Path(app.confdir, folder, local).is_file() for folder in app.config.html_static_path)


def visit_html(visitor: Any, node: nodes.Element) -> None:
    """Write the picture inline: it follows the theme, needs no script, and opens from a file."""
    picture = picture_of(visitor.builder, node.attributes)
    if picture is None:
        if "heapledger_key" not in node or in_browser(visitor.builder):
            _THEIR_HTML(visitor, node)
        visitor.body.append(f'<pre class="heapledger-diagram-undrawn">{escape(node["code"].rstrip())}</pre>\n')
        raise nodes.SkipNode
    count = getattr(visitor, "heapledger_pictures", 0) + 1
    visitor.heapledger_pictures = count
    svg = with_id(picture.svg, f"heapledger-picture-{count}")
    least = 0
    if visitor.builder.name == "epub":  # its readers cannot scroll sideways
        svg = strict(svg)
    else:
        least = round(picture.width * SHRINK)
        svg = svg.replace("<svg ", f'<svg style="min-width: {least}px" ', 1)
    name = escape(node.get("heapledger_title") or node.get("alt") or "Diagram")
    classes = ["heapledger-diagram-scroll", *([f"align-{node['align']}"] if "align" in node else [])]
    anchors = "".join(f'<span id="{escape(anchor)}"></span>' for anchor in node.get("ids", []))
    hint = _wider_hint(least) if least > PHONE else ""
    visitor.body.append(
        f'{anchors}{hint}<div class="{" ".join(classes)}" role="group" tabindex="0" aria-label="{name}">{svg}</div>\n'
    )
    raise nodes.SkipNode


def _wider_hint(least: int) -> str:
    """Return a line that the style sheet shows only where the page is narrower than the picture, without a script."""
    words = escape(_("Wider than the page: scroll it sideways"))
    return (
        f'<div class="heapledger-diagram-wider" style="--heapledger-least: {least}px" aria-hidden="true">'
        f"<span>{words}</span></div>"
    )


def visit_latex(visitor: Any, node: nodes.Element) -> None:
    """Include the picture as a file beside the document."""
    picture = picture_of(visitor.builder, node.attributes)
    if picture is None:
        if "heapledger_key" not in node:
            _THEIR_LATEX(visitor, node)
        raise nodes.SkipNode
    key = node.get("heapledger_key") or picture_key("", node["code"])
    name = f"heapledger-{key[:20]}{picture.print_suffix}"
    Path(visitor.builder.outdir, name).write_bytes(picture.print_data)
    size = f"[width={picture.width * PRINTED:.1f}bp,totalheight=0.85\\textheight,keepaspectratio]"
    if picture.width * PRINTED > LINE_POINTS:
        size = r"[width=\linewidth,totalheight=0.85\textheight,keepaspectratio]"
    included = f"\\sphinxincludegraphics{size}{{{name}}}"
    alone = not isinstance(node.parent, nodes.TextElement)
    visitor.body.append(f"\n\\noindent{included}\n" if alone else included)
    raise nodes.SkipNode


def visit_text(visitor: Any, node: nodes.Element) -> None:
    """Name the picture; the sentence and the table after it say what it shows."""
    _or_theirs(visitor, node, theirs.text_visit_mermaid)
    visitor.add_text(f"[diagram: {node['heapledger_title']}]")
    raise nodes.SkipNode


def visit_man(visitor: Any, node: nodes.Element) -> None:
    """Name the picture."""
    _or_theirs(visitor, node, theirs.man_visit_mermaid)
    visitor.body.append(f"[diagram: {visitor.deunicode(node['heapledger_title'])}]")
    raise nodes.SkipNode


def visit_texinfo(visitor: Any, node: nodes.Element) -> None:
    """Name the picture."""
    _or_theirs(visitor, node, theirs.texinfo_visit_mermaid)
    visitor.body.append(f"[diagram: {visitor.escape(node['heapledger_title'])}]")
    raise nodes.SkipNode


def _or_theirs(visitor: Any, node: nodes.Element, visit: Callable[[Any, nodes.Element], None]) -> None:
    if "heapledger_key" not in node:
        visit(visitor, node)
        raise nodes.SkipNode
