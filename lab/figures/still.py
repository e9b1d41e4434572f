"""A finished picture: small enough for a notebook, with words for those who cannot see it."""

import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

DOTS_PER_INCH = 160  # drawn at 1.6 times its size on the page: sharp also on dense screens
PAGE_DOTS_PER_INCH = 100


@dataclass(frozen=True)
class Still:
    """A picture that any notebook viewer shows.

    Attributes:
        png: the picture.
        alt: what is to be seen on it, in plain words.
        width: on the page, in px.
    """

    png: bytes
    alt: str
    width: int

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        bundle = {"image/png": self.png, "text/plain": self.alt}
        return bundle, {"image/png": {"width": self.width, "alt": self.alt}}


def finish(figure: Figure, alt: str) -> Still:
    """Draw a matplotlib figure and pack it."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DOTS_PER_INCH)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    return Still(pack(pixels), alt, round(figure.get_size_inches()[0] * PAGE_DOTS_PER_INCH))


def pack(picture: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """PNG with a palette of 256 colours, a third of the size: a notebook holds half a dozen pictures."""
    palette = Image.fromarray(np.ascontiguousarray(picture)).quantize(
        256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    buffer = io.BytesIO()
    palette.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def pack_rgba(picture: UInt8[np.ndarray, "H W 4"]) -> bytes:
    """PNG with transparency."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "png", optimize=True)
    return buffer.getvalue()
