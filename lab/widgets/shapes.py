"""What the drawings of several figures have in common: colours as numbers, lines with a rim, borders of masks."""

import cv2
import numpy as np
from jaxtyping import Bool, Int

from lab.figures.style import INK
from lab.real import Real


def rgb(colour: str) -> tuple[int, int, int]:
    """The three numbers in #rrggbb."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def contrast(colour: str, ground: str) -> float:
    """How much lighter one is than the other, 1 to 21, as the web's guidelines count it; words need 4.5."""
    shares = np.array([rgb(colour), rgb(ground)]) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    dark, light = sorted((linear @ (0.2126, 0.7152, 0.0722)).tolist())
    return (light + 0.05) / (dark + 0.05)


def ink_on(ground: str) -> str:
    """Black or white, whichever is read better on this."""
    return max((INK, "#ffffff"), key=lambda ink: contrast(ink, ground))


def rimmed(shape: str, colour: str, width: Real, *, rim: Real = 1.8, more: str = "") -> str:
    """A shape drawn twice, dark and ``rim`` wider, then coloured: to be seen on any ground.

    ``{}`` in it takes the stroke's attributes, and ``more`` for both strokes.
    """
    strokes = (
        f'fill="none" stroke="{ink}" stroke-width="{wide:g}"{f" {more}" * bool(more)}'
        for ink, wide in ((INK, width + rim), (colour, width))
    )
    return "".join(shape.format(stroke) for stroke in strokes)


def rimmed_path(path: str, colour: str, width: Real, *, rim: Real = 1.8, more: str = "") -> str:
    """The same for a path."""
    return rimmed(f'<path d="{path}" {{}}/>', colour, width, rim=rim, more=more)


def borders(mask: Bool[np.ndarray, "H W"]) -> list[Int[np.ndarray, "_ 2"]]:
    """Corners (column, row) of every border of a mask, holes included."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return [contour.reshape(-1, 2) for contour in contours]


def border_path(mask: Bool[np.ndarray, "H W"]) -> str:
    """All borders of a mask as one path, the middle of pixel (column, row) at (column, row)."""
    return "".join(f"M{' '.join(map(str, corners.ravel().tolist()))}z" for corners in borders(mask))
