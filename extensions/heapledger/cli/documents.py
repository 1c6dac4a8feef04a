"""The option that names the folder of the documents."""

from __future__ import annotations

from pathlib import Path

import click


def usual_folder() -> Path:
    """Return ``docs``, or the working directory where that one has the ``conf.py``."""
    docs, here = Path("docs"), Path()
    return here if not (docs / "conf.py").exists() and (here / "conf.py").exists() else docs


source_option = click.option(
    "--source",
    type=click.Path(path_type=Path, file_okay=False),
    default=usual_folder,
    show_default="docs, or the working directory where conf.py is there",
    help="Folder of the documents, with conf.py.",
)
