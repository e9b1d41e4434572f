"""What is drawn over a picture, as SVG: outlines, margins, numbers and the chosen pixel's arrow.

Places are in pixels of the image, the middle of pixel (column, row) at (column, row); the browser enlarges them, so
lines and numbers stay sharp at any size.  Every line has a dark rim, so that it can be seen on any ground, and every
instance its number, so that nothing rests on colour alone.
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool

from lab.figures.style import INK as DARK
from lab.widgets import shapes

WHITE = "#ffffff"

Place = tuple[float | int, float | int]


def svg(height: int, width: int, parts: Iterable[str]) -> str:
    """A drawing that covers an image of this size exactly."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-0.5 -0.5 {width} {height}" aria-hidden="true" '
        f'preserveAspectRatio="none">{"".join(parts)}</svg>'
    )


def rimmed(shape: str, colour: str, width: float, dashes: str = "") -> str:
    """A shape drawn twice, dark and wide, then coloured and narrow; ``{}`` in it takes the stroke's attributes."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return shapes.rimmed(shape, colour, width, rim=1.6, more=f'vector-effect="non-scaling-stroke"{dashed}')


def outline(mask: Bool[np.ndarray, "H W"], colour: str) -> str:
    """The border of a mask, holes included."""
    return rimmed(f'<path d="{shapes.border_path(mask)}" {{}}/>', colour, 1.2)


def margin(centre: Place, radii: Place, colour: str, dashes: str = "") -> str:
    """The ellipse at whose rim membership is one half."""
    (x, y), (radius_x, radius_y) = centre, radii
    ellipse = f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{radius_x:.1f}" ry="{radius_y:.1f}" {{}}/>'
    return rimmed(ellipse, colour, 2.0, dashes)


def number(place: Place, value: int, colour: str, size: float) -> str:
    """The instance's number on a dark badge with a coloured rim, ``size`` px high."""
    (x, y), text = place, str(value)
    wide = size * (0.55 + 0.6 * len(text))
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - size / 2:.1f}" width="{wide:.1f}" height="{size:.1f}" '
        f'rx="{size / 4:.1f}" fill="{DARK}" fill-opacity=".88" stroke="{colour}" stroke-width="1.2" '
        f'vector-effect="non-scaling-stroke"/><text x="{x:.1f}" y="{y + 0.29 * size:.1f}" fill="{WHITE}" '
        f'font-size="{0.8 * size:.1f}" font-family="sans-serif" font-weight="600" text-anchor="middle">{text}</text>'
    )


def arrow(start: Place, end: Place, size: float) -> str:
    """From a pixel to the place that it points to; the head is ``size`` px, less on a short arrow."""
    way = np.subtract(end, start)
    length = float(np.hypot(*way))
    if length < 0.5:
        return ""
    back = way / length * min(size, 0.6 * length)
    side = 0.45 * np.array([-back[1], back[0]])
    (ax, ay), (bx, by), (cx, cy) = np.subtract(end, back) + side, end, np.subtract(end, back) - side
    x, y = start
    head = f"M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}L{cx:.1f} {cy:.1f}"
    return rimmed(f'<path d="M{x:.1f} {y:.1f}L{bx:.1f} {by:.1f}{head}" {{}}/>', WHITE, 2.0)


def ring(place: Place, size: float) -> str:
    """Round the chosen pixel."""
    return rimmed(f'<circle cx="{place[0]:g}" cy="{place[1]:g}" r="{size:.1f}" {{}}/>', WHITE, 2.0)
