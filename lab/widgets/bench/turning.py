"""What it costs that an ellipse of this method cannot lean: a bar that is turned from lying to standing."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lab.embedding import MARGIN_PER_SIGMA
from lab.widgets.bench.compute import ious_on_grid, sigma_grid

HALF = 40  # px; the bar's picture is twice that, and one
LENGTH, THICKNESS = 60, 12  # px
LEARNED = 0.7  # how far along its way to the middle an offset takes its pixel
ANGLES = np.arange(0, 91, 7.5)


def position() -> Float[Tensor, "2 H W"]:
    """x and y of every pixel in px, seen from the middle."""
    axis = torch.arange(-HALF, HALF + 1, dtype=torch.float32)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y])


def bar(degrees: float) -> Bool[Tensor, "H W"]:
    """A bar through the middle; 0 degrees lies along x."""
    x, y = position()
    c, s = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))
    return ((x * c + y * s).abs() <= LENGTH / 2) & ((y * c - x * s).abs() <= THICKNESS / 2)


def turn_a_bar() -> tuple[
    Float[np.ndarray, "A"], dict[str, Float[np.ndarray, "A"]], Bool[np.ndarray, "H W"], tuple[float, float]
]:
    """Angles; by name the IoU of the best margin at each; the bar at 45°, and the margins (px) of its best ellipse."""
    place, centre, bars = position(), torch.zeros(2), [bar(float(a)) for a in ANGLES]
    still = np.stack([ious_on_grid(place, b, centre) for b in bars])
    moved = np.stack([ious_on_grid(torch.where(b, (1 - LEARNED) * place, place), b, centre) for b in bars])
    slanted = list(ANGLES).index(45)
    best = np.unravel_index(still[slanted].argmax(), still[slanted].shape)
    curves = {
        f"ellipse, offsets {LEARNED:.0%} of the way".replace("%", " %"): moved.max((1, 2)),
        f"circle, offsets {LEARNED:.0%} of the way".replace("%", " %"): np.einsum("aii->ai", moved).max(1),
        "ellipse, no offsets": still.max((1, 2)),
        "circle, no offsets": np.einsum("aii->ai", still).max(1),
    }
    margin_x, margin_y = (float(sigma_grid()[i]) * MARGIN_PER_SIGMA for i in best)
    return ANGLES, curves, bars[slanted].numpy(), (margin_x, margin_y)
