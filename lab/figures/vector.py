"""An SVG drawing as a still picture, drawn by resvg with the font that matplotlib brings along."""

from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np

from lab.figures.still import Still

SHARPNESS = 1.5  # dots for each px on the page
FONT = "DejaVu Sans"
STYLES = ("", "-Bold", "-Oblique", "Mono", "Mono-Bold")  # the last two for code


def draw_svg(shapes: str, width: int, height: int, alt: str, sharpness: float = SHARPNESS) -> Still:
    """What is inside an svg element of this size, as a picture on white with ``sharpness`` dots for each px.

    Images in it are enlarged dot by dot, which takes a third of the time, unless they ask for "optimizeQuality".

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
        zoom=sharpness,
        image_rendering="optimize_speed",
    )
    pixels: Any = cv2.imdecode(np.frombuffer(bytes(png), np.uint8), cv2.IMREAD_COLOR)
    return Still(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), alt, width)
