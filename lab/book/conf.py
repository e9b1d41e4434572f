"""Sphinx's settings for the web book; ``lab.book.build`` gathers the source and names the static folders."""

project = "Spatial Embedding Lab"
author = "the lab's authors"
language = "en"
html_show_copyright = False

extensions = ["myst_nb", "sphinx.ext.mathjax"]
root_doc = "index"
exclude_patterns = ["readme.md", "files/**", "_static/**"]
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # a listing that Pygments cannot read stands there without colours

# Notebooks are shown as they were committed; their code does not run here.
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 4
myst_links_external_new_tab = False
myst_update_mathjax = False  # it speaks to later versions of MathJax

html_theme = "furo"
html_title = "Spatial Embedding Lab"
html_favicon = "static/favicon.svg"
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_permalinks_icon = "#"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# MathJax 2, bundled: draws TeX with its own fonts and leaves MathML beside for those who hear the page.
mathjax_path = "mathjax/MathJax.js"
mathjax2_config = {
    "config": ["TeX-AMS-MML_HTMLorMML-full.js"],
    "extensions": ["AssistiveMML.js"],
    "tex2jax": {"inlineMath": [["\\(", "\\)"]], "displayMath": [["\\[", "\\]"]], "processRefs": False},
    "HTML-CSS": {
        "availableFonts": [],
        "webFont": "STIX-Web",
        "imageFont": None,
        "mtextFontInherit": False,
        # The font of nothing, which MathJax asks for at an address that browsers now refuse.
        "styles": {"@font-face": {"src": "local('nothing')"}},
    },
    "showMathMenu": False,
    "messageStyle": "none",
}
