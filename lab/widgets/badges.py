"""Badges on a picture, so placed that none covers another.  Pure."""

import numpy as np
from jaxtyping import Float

from lab.figures.style import INK
from lab.real import Real
from lab.widgets.shapes import rimmed_path

GAP = 2  # px that stay free between two badges
FARTHEST, STEP, DIRECTIONS = 120, 4, 16  # px, px: a badge goes no further away than this to find room


def _ways() -> Float[np.ndarray, "M 2"]:
    """Where to look for room: at the wanted place, then ever further away, upwards first."""
    turn = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
    upwards = np.argsort(np.minimum(turn, 2 * np.pi - turn), kind="stable")
    unit = np.stack([np.sin(turn), -np.cos(turn)], axis=1)[upwards]
    rings = np.arange(STEP, FARTHEST + STEP, STEP)[:, None, None] * unit
    return np.concatenate([np.zeros((1, 2)), rings.reshape(-1, 2)])


def apart(
    wanted: Float[np.ndarray, "K 2"],
    sizes: Float[np.ndarray, "K 2"],
    area: tuple[Real, Real, Real, Real],
) -> Float[np.ndarray, "K 2"]:
    """The middles of K badges: each as near to where it is wanted as those before it leave room.

    Args:
        wanted: x and y of the middles, px; the most important first.
        sizes: width and height, px.
        area: left, top, right, bottom, px, within which every badge stays; each fits into it.

    Where there is no room within `FARTHEST`, a badge stays where it was wanted and covers another.
    """
    placed, ways = np.array(wanted, dtype=float), _ways()
    low, high = np.array(area[:2]) + sizes / 2, np.array(area[2:]) - sizes / 2
    for i, place in enumerate(placed):
        here = np.clip(place, low[i], high[i])
        for tried in (here[None], np.clip(here + ways, low[i], high[i])):  # most have room where they belong
            between = abs(tried[:, None] - placed[:i]) - (sizes[i] + sizes[:i]) / 2 - GAP
            free = (between.max(axis=-1) >= 0).all(axis=1)
            placed[i] = tried[free.argmax()]  # the first of all where none is free
            if free[0]:
                break
    return placed


def leader(x: Real, y: Real, badge_x: Real, badge_y: Real, colour: str) -> str:
    """A line from the thing at (x, y) to its badge, to be drawn under the badge."""
    line = rimmed_path(f"M{x:.1f} {y:.1f}L{badge_x:.1f} {badge_y:.1f}", colour, 1.4, rim=1.0)
    return f'{line}<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}" stroke="{INK}"/>'
