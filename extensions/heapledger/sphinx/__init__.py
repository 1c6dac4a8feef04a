"""Sphinx: directive, domain, collection, post-transform, nodes, builder. Only this package imports Sphinx."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import heapledger
from heapledger.config import OPTIONS
from heapledger.messages import use_language
from heapledger.sphinx import plain
from heapledger.sphinx.builder import CheckBuilder
from heapledger.sphinx.cite import setup_cite
from heapledger.sphinx.claim_nodes import register_claim_nodes
from heapledger.sphinx.claims_file import on_build_finished
from heapledger.sphinx.collect import on_config_inited, on_env_updated
from heapledger.sphinx.domain import AllocDomain
from heapledger.sphinx.epub import setup_epub
from heapledger.sphinx.fill import FillClaims
from heapledger.sphinx.mermaid import setup_mermaid
from heapledger.sphinx.nodes import register_nodes
from heapledger.sphinx.paper import setup_latex
from heapledger.sphinx.preflight import on_env_before_read_docs
from heapledger.sphinx.search import setup_search
from heapledger.sphinx.stepper import setup_stepper
from heapledger.sphinx.table_files import setup_table_files
from heapledger.sphinx.transform import FillSnippets
from heapledger.sphinx.values import on_doctree_read

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

ENV_VERSION = 6
"""Raise it whenever the records that the environment pickles change."""

_CSS = ("heapledger.css", "heapledger-claims.css", "heapledger-diagrams.css", "heapledger-below.css")
_SCRIPT = "heapledger.js"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register everything."""
    app.setup_extension("sphinx_design")
    app.setup_extension("sphinxcontrib.mermaid")
    for option in OPTIONS:
        app.add_config_value(option.name, option.default, "env", types=option.types)
    app.add_domain(AllocDomain)
    register_nodes(app)
    register_claim_nodes(app)
    app.add_post_transform(FillSnippets)
    app.add_post_transform(FillClaims)
    app.add_builder(CheckBuilder)
    app.connect("config-inited", on_config_inited)
    app.connect("builder-inited", _on_builder_inited)
    app.connect("env-before-read-docs", on_env_before_read_docs)
    app.connect("doctree-read", on_doctree_read)
    app.connect("doctree-read", plain.on_doctree_read)
    app.connect("env-updated", on_env_updated)
    setup_mermaid(app)
    app.connect("build-finished", on_build_finished)
    setup_stepper(app)
    setup_search(app)
    setup_latex(app)
    setup_epub(app)
    setup_table_files(app)
    setup_cite(app)
    return {
        "version": heapledger.__version__,
        "env_version": ENV_VERSION,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _on_builder_inited(app: Sphinx) -> None:
    cast("AllocDomain", app.env.get_domain("alloc")).builder = app.builder
    use_language(app.config.language)
    if app.builder.format == "html":
        app.config.html_static_path.append(str(Path(__file__).parent / "static"))
        for name in _CSS:
            app.add_css_file(name)
        if app.builder.name != "epub":
            app.add_js_file(_SCRIPT, loading_method="defer")
