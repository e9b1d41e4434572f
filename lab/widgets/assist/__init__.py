"""What keeps a figure usable without a mouse and without eyes, where ipywidgets and JupyterLab do not."""

from pathlib import Path

import anywidget

HERE = Path(__file__).parent


class Assist(anywidget.AnyWidget):
    """Shows nothing.  In the figure that holds it, it names sliders, their values and play buttons for those who
    listen, and keeps plain keys from JupyterLab, which would leave the figure by them, or cut its cell.
    """

    _esm = HERE / "assist.js"
