import os

import heapledger

project = "heapledger"
version = release = heapledger.__version__
author = "The heapledger developers"
copyright = "The heapledger developers"  # noqa: A001
extensions = ["myst_parser", "sphinx_design", "sphinxcontrib.mermaid", "sphinx_copybutton", "heapledger"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "extra"]
nitpicky = True
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist", "attrs_inline", "attrs_block"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "heapledger: where Rust puts your data"
html_static_path = ["_static"]
html_css_files = ["guide.css"]
html_js_files = [("guide.js", {"defer": "defer"})]
html_theme_options = {"top_of_page_buttons": []}
heapledger_lint_numbers = True
heapledger_draw_mermaid = "all"
heapledger_corrections = "reference/corrections"
heapledger_claim_ids = "claim-ids.txt"
heapledger_toolchain = ">=1.95,<1.98"

html_extra_path = ["extra"]
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")
epub_exclude_files = ["404.html"]
epub_show_urls = "no"

latex_engine = "xelatex"
latex_use_xindy = False
latex_show_pagerefs = True
latex_documents = [("index", "heapledger.tex", "Does this Rust allocate?", author, "manual", True)]
latex_elements = {
    "papersize": "a4paper",
    "pointsize": "10pt",
    "extraclassoptions": "openany,oneside",
    "fncychap": "",
    "sphinxsetup": "hmargin={22mm,22mm},vmargin={24mm,24mm},pre_border-width=0pt,pre_border-radius=0pt,"
    "pre_background-TeXcolor={HTML}{F6F8FA},TitleColor={HTML}{1F2328},InnerLinkColor={HTML}{0550AE},"
    "OuterLinkColor={HTML}{0550AE}",
    "fontpkg": r"\usepackage{guide}",
    "maketitle": r"\renewcommand{\contentsname}{Contents}\sphinxmaketitle",
}
latex_additional_files = ["guide.sty"]
