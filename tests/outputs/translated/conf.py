project = "sample"
extensions = ["myst_parser", "heapledger"]
myst_enable_extensions = ["colon_fence"]
html_theme = "alabaster"
exclude_patterns = ["locales"]
locale_dirs = ["locales"]
