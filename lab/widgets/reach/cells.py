"""A grid of square cells over the embedding plane: which cells a box touches, and who is looked at in them.  Pure.

The embeddings are put into the cells once for an image.  An instance then asks only the cells that the box around its
reach touches: large cells hold pixels that are tested in vain, of small ones there are many to look up.
"""

from dataclasses import dataclass
from math import floor

import numpy as np
from jaxtyping import Bool, Float

Pair = tuple[float | int, float | int]  # along x and along y
WIDER = 1 + 1e-9  # a box is that much wider than its ellipse, lest rounding lose a pixel at the rim


@dataclass(frozen=True)
class Cells:
    """The touched cells: columns and rows of the grid, both ends included; cell (0, 0) begins at the plane's (0, 0).

    Attributes:
        size: of a cell, in px.
    """

    size: int
    columns: tuple[int, int]
    rows: tuple[int, int]

    @property
    def number(self) -> int:
        """How many they are."""
        (left, right), (top, bottom) = self.columns, self.rows
        return max(right - left + 1, 0) * max(bottom - top + 1, 0)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom border, in px."""
        (left, right), (top, bottom) = self.columns, self.rows
        return left * self.size, top * self.size, (right + 1) * self.size, (bottom + 1) * self.size


def touched(
    centre: Pair,
    radii: Pair,
    extent: tuple[Pair, Pair],
    size: int,
) -> Cells:
    """The cells that the box ``centre`` ± ``radii`` touches, among those that hold embeddings at all.

    Args:
        centre, radii: (x, y) in px; a radius may be infinite.
        extent: least and largest x, least and largest y of the embeddings, in px.
        size: of a cell, in px.
    """
    ranges = []
    for middle, radius, (least, largest) in zip(centre, radii, extent, strict=True):
        low, high = max(middle - radius * WIDER, least), min(middle + radius * WIDER, largest)
        ranges.append((floor(low / size), floor(high / size)))
    return Cells(size, *ranges)


def looked_at(embedding: Float[np.ndarray, "2 *pixels"], cells: Cells) -> Bool[np.ndarray, "*pixels"]:
    """The pixels whose embedding, in px, lies in one of these cells."""
    left, top, right, bottom = cells.box
    x, y = embedding
    return (x >= left) & (x < right) & (y >= top) & (y < bottom)
