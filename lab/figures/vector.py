"""An SVG drawing as a still picture, drawn by resvg with the font that matplotlib brings along."""

import io
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

from lab.figures.still import Still

FONT = "DejaVu Sans"
STYLES = ("", "-Bold", "-Oblique", "Mono", "Mono-Bold")  # the last two for code
SHARPNESS = 1.5  # dots for each px on the page


def draw_svg(shapes: str, width: int, height: int, alt: str) -> Still:
    """What is inside an svg element of this size, as a picture on white.

    Raises:
        ValueError: the shapes are not well-formed SVG.
    """
    import resvg_py

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    png = resvg_py.svg_to_bytes(
        svg_string=(
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" font-family="{FONT}">{shapes}</svg>'
        ),
        background="#ffffff",
        font_files=[str(fonts / f"{FONT.replace(' ', '')}{style}.ttf") for style in STYLES],
        font_family=FONT,
        sans_serif_family=FONT,
        skip_system_fonts=True,
        zoom=SHARPNESS,
    )
    return Still(np.array(Image.open(io.BytesIO(bytes(png))).convert("RGB")), alt, width)
