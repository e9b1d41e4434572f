"""A finished picture: small enough for a notebook, with words for those who cannot see it."""

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

DOTS_PER_INCH = 115  # a little larger than on the page: sharp enough, and half a notebook's bytes
PAGE_DOTS_PER_INCH = 100


@dataclass(frozen=True)
class Still:
    """A picture that any notebook viewer shows.

    Attributes:
        pixels: RGB.
        alt: what is to be seen, in plain words.
        width: on the page, in px.
        photo: packed as JPEG, where PNG would take three times the bytes.
    """

    pixels: UInt8[np.ndarray, "H W 3"]
    alt: str
    width: int
    photo: bool = False

    def png(self, colours: int = 256) -> bytes:
        """PNG with a palette: a third of the size of full colour."""
        picture = Image.fromarray(self.pixels)
        palette = picture.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        return _save(palette, "png", compress_level=8)  # 9 takes twice the time for one byte in a hundred

    def jpeg(self) -> bytes:
        """JPEG, good enough that the axes' numbers stay clean."""
        return _save(Image.fromarray(self.pixels), "jpeg", quality=80, optimize=True, progressive=True)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        mime, data = ("image/jpeg", self.jpeg()) if self.photo else ("image/png", self.png())
        return {mime: data, "text/plain": self.alt}, {mime: {"width": self.width, "alt": self.alt}}


def finish(figure: Figure, alt: str, *, photo: bool = False) -> Still:
    """Draw a matplotlib figure."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DOTS_PER_INCH)
    canvas.draw()
    pixels = np.array(canvas.buffer_rgba())[..., :3].copy()
    return Still(pixels, alt, round(figure.get_size_inches()[0] * PAGE_DOTS_PER_INCH), photo)


def smaller(still: Still, width: int) -> Still:
    """The same picture ``width`` px wide, a dot for each px: fewer bytes, for a page that holds many.

    Raises:
        ValueError: a width under 1 px, or wider than the picture has dots.
    """
    height, own = still.pixels.shape[:2]
    if not 1 <= width <= own:
        raise ValueError(f"width: found {width}, expected 1 to {own} px, the dots that the picture has.")
    picture = Image.fromarray(still.pixels).resize((width, round(height * width / own)), Image.Resampling.LANCZOS)
    return replace(still, pixels=np.asarray(picture), width=width)


def _save(picture: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
