"""A picture with a drawing over it that reports which of its pixels is chosen."""

from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent


class Picture(anywidget.AnyWidget):
    """Click, drag, or focus it and use the arrow keys (with shift ten pixels at a time) to choose a pixel.

    Attributes:
        png: the picture, enlarged by the browser; ``smooth`` says whether softly or pixel by pixel.
        drawing: an SVG that covers it.
        alt: what is to be seen, in words.
        columns, rows: size of the grid that ``pixel`` = [column, row] counts in.
    """

    _esm = HERE / "picture.js"
    _css = HERE / "picture.css"
    png = traitlets.Bytes().tag(sync=True)
    drawing = traitlets.Unicode().tag(sync=True)
    smooth = traitlets.Bool(True).tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    columns = traitlets.Int(1).tag(sync=True)
    rows = traitlets.Int(1).tag(sync=True)
    pixel = traitlets.List(traitlets.Int(), [0, 0], minlen=2, maxlen=2).tag(sync=True)
