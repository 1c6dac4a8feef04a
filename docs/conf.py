project = "heapledger"
author = "The heapledger developers"
copyright = "The heapledger developers"  # noqa: A001
extensions = ["myst_parser", "sphinx_design", "sphinxcontrib.mermaid", "sphinx_copybutton", "heapledger"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist", "attrs_inline", "attrs_block"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "heapledger: where Rust puts your data"
html_static_path = ["_static"]
html_css_files = ["guide.css"]
heapledger_lint_numbers = True
heapledger_toolchain = ">=1.95,<1.98"
