"""Mermaid diagrams: text in, nothing drawn here; every picture of a page is generated from what was measured.

How to put a diagram of your own on a page::

    from heapledger.render.mermaid.diagram import Diagram, Table
    from heapledger.render.mermaid.text import label
    from heapledger.sphinx.mermaid import diagram_nodes

    diagram = Diagram(
        kind="memory",
        title="Memory after the loop",
        description="v owns block 1, …",
        source=text,
        table=Table(header=("variable", "bytes"), rows=(("v", "24"),), widths=(50, 50)),
    )
    nodes = diagram_nodes(diagram, html=True)

``kind`` names the CSS class ``heapledger-diagram-memory`` and is the key of ``palette.config``; ``title`` is the
caption and the picture's name; ``description`` says the same as the picture in a sentence or two, in every output.

1. Make the :class:`~heapledger.render.mermaid.diagram.Diagram` in a pure function of a record. Every text goes through
   :func:`~heapledger.render.mermaid.text.label`; a line break is ``<br/>``, written between labels.
2. Give it a meaning by class, never a colour: ``class b1 owned``. Classes: ``title``, ``owned``, ``freed``, ``leak``,
   ``spare``, ``stack``, ``gone`` (moved or not yet initialised), ``static``, ``note``, ``group`` (the box of a column).
   Arrows: ``-->`` owns, ``-.->`` borrows, ``==>`` is emphasised. ``picture.css`` says how each looks.
3. Have it drawn before pages are written: :func:`heapledger.render.mermaid.choose.pictures` says which diagrams a
   snippet shows in a profile, to the drawing (``heapledger.sphinx.mermaid.wanted``) and to the page alike; add yours
   there. A picture is found again by the diagram's content, so both only have to make the same one.

Nothing of ``block`` diagrams may rely on ``direction`` or on colours in the text (Mermaid loses edge ends with the
first, dark themes break with the second). Columns of a ``block`` diagram are equally wide: ``columns 9`` with boxes of
four and a ``space:1`` between makes a narrow gap. All cells of a box are as high as its highest: two boxes line up row
by row when both have as many cells (fill with ``space``) and as many rows of text in their highest one. An arrow runs
straight from middle to middle and over whatever lies between.
"""
