"""Figures of the web book that are alive without a kernel: the Lovász strip, the bandwidth bench, the explorer.

What the book's build has to know::

    from lab.book.alive import live_figures, write_static

    write_static(folder)       # once: scripts, styles, samples and still pictures, into a static folder of the book
    for figure in live_figures():
        figure.notebook        # "03_lovasz_hinge"
        figure.cell            # id of the cell of that notebook whose outputs, all of them, this replaces
        figure.html(static)    # block HTML; ``static``: the way from the page to that folder, as "../_static/alive"

The HTML is whole: a still picture with words, which a page without script or without WebGL keeps, and the script that
puts the living figure into the still's place.  It works from http:// and from file://, and asks nobody outside.  The
same figure may stand on any number of pages, as often as one likes on one page, and on pages that are no notebook.
``figure.name`` is "strip", "bench" or "explorer".
"""

from lab.book.alive.figures import LiveFigure, live_figures, write_static

__all__ = ["LiveFigure", "live_figures", "write_static"]
