"""The signs on the playground's scene: where each belongs, how it looks.  Pure."""

from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool

from lab.figures.style import INK
from lab.real import Real
from lab.widgets.badges import apart, leader
from lab.widgets.plot import text

MOVED = 6  # px; a sign that is further from its place has a line to what it belongs to


class Inner(NamedTuple):
    """The pixel (column, row) of a mask farthest from its border: ``depth`` px; ``top``: the mask's first row."""

    column: int
    row: int
    top: int
    depth: float


class Sign(NamedTuple):
    """What it belongs to, its letters, their colour and that of the box."""

    inner: Inner
    words: str
    ink: str
    ground: str


def innermost(mask: Bool[np.ndarray, "H W"]) -> Inner:
    """Of a mask that is not empty."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return Inner(int(column), int(row), int(mask.any(1).argmax()), float(depth.max()))


def draw_signs(signs: list[Sign], area: tuple[Real, Real, Real, Real], scale: Real) -> str:
    """All of them, none over another; a line leads to what a sign had to move away from.

    Args:
        signs: the most important first.
        area: left, top, right, bottom of the scene on the board.
        scale: px of the board for one of the scene.
    """
    corner = np.array(area[:2], dtype=float)
    wanted = np.array([_place(sign.inner, scale) for sign in signs], dtype=float).reshape(-1, 2) + corner
    sizes = np.array([_size(sign.words) for sign in signs], dtype=float).reshape(-1, 2)
    places = apart(wanted, sizes, area)
    leaders, badges = [], []
    for sign, wish, place in zip(signs, wanted, places, strict=True):
        if np.hypot(*(place - wish)) > MOVED:
            x, y = corner + scale * (np.array(sign.inner[:2]) + 0.5)
            to_x, to_y = place.tolist()
            leaders.append(leader(float(x), float(y), to_x, to_y, sign.ground))
        badges.append(badge(place.tolist(), sign.words, sign.ink, sign.ground))
    return "".join(leaders + badges)


def _place(inner: Inner, scale: Real) -> tuple[Real, Real]:
    """Where the sign belongs, from the scene's corner: on the mask, or above one that it would hide."""
    column, row, top, depth = inner
    return (column + 0.5) * scale, (row + 0.5) * scale if depth * scale > 10 else top * scale - 9


def _size(words: str) -> tuple[Real, Real]:
    return 7 + 7.6 * len(words), 16


def badge(place: tuple[Real, Real] | list[Real], words: str, ink: str, ground: str) -> str:
    """A few letters in a box about a place."""
    (x, y), (wide, high) = place, _size(words)
    box = f'<rect x="{x - wide / 2:.1f}" y="{y - high / 2:.1f}" width="{wide:.1f}" height="{high}" rx="4" '
    box += f'fill="{ground}" stroke="{INK}"/>'
    return box + text(x, y + 4.5, words, size=12, anchor="middle", colour=ink, weight="bold")
