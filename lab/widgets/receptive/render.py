"""The figure as SVG: four maps of one pixel, two branches side by side, trained above untrained; a map to scale."""

from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from lab.anatomy import Pair
from lab.figures.colours import cividis_table
from lab.figures.style import ACCENT, GREY, INK
from lab.real import Real
from lab.widgets.plot import handle, picture, text
from lab.widgets.receptive.compute import Field
from lab.widgets.shapes import rimmed

BOARD = (860, 636)
LEFTS, TOPS, WIDTH = (0.0, 444.0), (42.0, 296.0), 416.0
MINIATURE, LARGEST = (4.0, 526.0), 104.0  # px: its place, and the window's size in it
DECADES, LEVELS = 3, 12  # of the colour scale
SHADES = 4  # of the faint image, to either side of its middle grey
Key = tuple[int, int]  # row of the figure (which weights), column (which branch)


def height_for(image: UInt8[np.ndarray, "H W 3"]) -> float:
    """Height of a map on the board."""
    return WIDTH * image.shape[0] / image.shape[1]


def pixel_at(image: UInt8[np.ndarray, "H W 3"], x: Real, y: Real, panel: Key | None = None) -> Pair | None:
    """(column, row) of the image under a place of the board; ``panel`` is the one that a drag began in."""
    rows, columns = image.shape[:2]
    scale = columns / WIDTH
    for key in [panel] if panel else [(i, j) for i in (0, 1) for j in (0, 1)]:
        column, row = int((x - LEFTS[key[1]]) * scale // 1), int((y - TOPS[key[0]]) * scale // 1)
        if panel:
            return min(max(column, 0), columns - 1), min(max(row, 0), rows - 1)
        if 0 <= column < columns and 0 <= row < rows:
            return column, row
    return None


def render(
    image: UInt8[np.ndarray, "H W 3"],
    pixel: Pair,
    names: Mapping[Key, str],
    fields: Mapping[Key, Field],
    seen: tuple[Pair, Pair],
) -> str:
    """Everything; ``pixel`` is (column, row), ``seen`` the theoretical window."""
    maps = "".join(draw_map(image, pixel, key, names[key], fields[key]) for key in names)
    return maps + draw_miniature(image, pixel, seen) + draw_legend()


def draw_map(image: UInt8[np.ndarray, "H W 3"], pixel: Pair, key: Key, name: str, field: Field) -> str:
    """One field over the faint image, its circles and the pixel, which can be moved."""
    left, top, scale = LEFTS[key[1]], TOPS[key[0]], WIDTH / image.shape[1]
    height = height_for(image)
    x, y = left + (pixel[0] + 0.5) * scale, top + (pixel[1] + 0.5) * scale
    circles = "".join(
        rimmed(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius * scale:.1f}" {{}}/>', "#ffffff", 1.6, more=dashes)
        for radius, dashes in zip(field.radii, ("", 'stroke-dasharray="6 4"'), strict=False)
    )
    clip = f"receptive-{key[0]}{key[1]}"
    knob = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{ACCENT}" stroke="#ffffff" stroke-width="2"/>'
    return (
        text(left, top - 24, name, weight="bold")
        + text(left, top - 8, tell(field), size=12)
        + picture(left, top, WIDTH, height, paint(image, field.values))
        + f'<clipPath id="{clip}"><rect x="{left}" y="{top}" width="{WIDTH}" height="{height}"/></clipPath>'
        + f'<g clip-path="url(#{clip})">{circles}</g>'
        + handle(f"{key[0]}{key[1]}", knob, f"pixel, {name}", f"column {pixel[0]}, row {pixel[1]}")
    )


def tell(field: Field) -> str:
    """The field in a line."""
    if not field.radii:
        return "exactly zero everywhere: the last layer's weights for it are 0"
    return f"half of it within {field.radii[0]:.0f} px, nine tenths within {field.radii[1]:.0f} px"


def paint(image: UInt8[np.ndarray, "H W 3"], values: Float[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """Cividis on a logarithmic scale of three decades over a ghost of the image.

    Averaged over 3x3 px for the eye: strides leave a fine grid in every gradient.  In few colours, for a small file.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 128 - 1  # -1 to 1
    steps = (grey * SHADES).round()[..., None] / SHADES
    ghost = np.repeat(150 + 38 * steps, 3, -1)
    if not values.any():
        return ghost.clip(0, 255).astype(np.uint8)
    calm = cv2.blur(values, (3, 3))
    level = np.clip(1 + np.log10(np.maximum(calm / calm.max(), 1e-12)) / DECADES, 0, 1)
    level = (level * LEVELS).round() / LEVELS
    colours = cividis_table()[(255 * level).astype(np.uint8)] * (1 + 0.3 * steps)  # the street shines through
    return np.where(level[..., None] > 0, colours, ghost).clip(0, 255).astype(np.uint8)


def draw_miniature(image: UInt8[np.ndarray, "H W 3"], pixel: Pair, seen: tuple[Pair, Pair]) -> str:
    """The theoretical window to scale, with the image in it."""
    (top, bottom), (left, right) = seen
    high, wide = bottom - top + 1, right - left + 1
    scale = LARGEST / max(high, wide)
    x0, y0 = MINIATURE
    rows, columns = image.shape[:2]
    x, y = x0 - left * scale, y0 - top * scale
    dot = f'<circle cx="{x + pixel[0] * scale:.1f}" cy="{y + pixel[1] * scale:.1f}" r="3" fill="{ACCENT}"/>'
    return (
        f'<rect x="{x0}" y="{y0}" width="{wide * scale:.1f}" height="{high * scale:.1f}" fill="#f2f2f2" '
        f'stroke="{INK}" stroke-width="2" stroke-dasharray="3 3"/>'
        + picture(x, y, columns * scale, rows * scale, image, smooth=True)
        + dot
        + text(126, y0 + 26, f"The theoretical window of this pixel: {wide} x {high} px,", weight="bold")
        + text(126, y0 + 45, f"columns {left} to {right}, rows {top} to {bottom}.")
        + text(126, y0 + 64, f"The picture ({columns} x {rows} px) to the same scale.", colour=GREY)
    )


def draw_legend() -> str:
    """Colours and lines."""
    left, top = 580.0, MINIATURE[1] + 12
    bar = picture(left, top, 180, 12, cividis_table()[None].repeat(8, 0), smooth=True)
    ticks = "".join(
        text(left + 60 * k, top + 28, words, size=12, anchor="middle")
        for k, words in enumerate(("1/1000", "1/100", "1/10", "1"))
    )
    lines = rimmed(f'<path d="M{left} {top + 46}h40" {{}}/>', "#ffffff", 1.6)
    lines += rimmed(f'<path d="M{left} {top + 68}h40" {{}}/>', "#ffffff", 1.6, more='stroke-dasharray="6 4"')
    return (
        bar + ticks + text(left + 190, top + 11, "of the largest", size=12) + lines
        + text(left + 50, top + 50, "the circle that holds one half", size=12)
        + text(left + 50, top + 72, "nine tenths", size=12)
    )  # fmt: skip


def describe(pixel: Pair, names: Mapping[Key, str], fields: Mapping[Key, Field], seen: tuple[Pair, Pair]) -> str:
    """The figure in words."""
    (top, bottom), (left, right) = seen
    each = "; ".join(f"{names[key]}: {tell(fields[key])}" for key in names)
    return (
        f"How much the output at column {pixel[0]}, row {pixel[1]} moves with each pixel of the street. {each}. "
        f"The theoretical window is {right - left + 1} x {bottom - top + 1} px, larger than the picture."
    )
