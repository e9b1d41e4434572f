"""The margin that serves an instance best: a true σ, which no label holds."""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT

# Ratios of the margin's width to its height that are tried for an ellipse, besides the network's own.
AXIS_RATIOS = (0.25, 0.5, 0.7071, 1.0, 1.4142, 2.0, 4.0)
LEAST_MARGIN = 0.5  # px, where even a point would do: every embedding at the centre and no stranger near


def best_sharpness(
    embedding: Float[Tensor, "2 P"],
    own: Bool[Tensor, "P"],
    size: int,
    centre: Float[Tensor, "2"],
    sharpness: Float[Tensor, "S"],
) -> Float[Tensor, "S"]:
    """κ of the margin about ``centre`` whose members have the highest IoU with the instance.

    Args:
        embedding: of the P pixels that take part, units of 1024 px.
        own: which of them are the instance's.
        size: pixels of the instance, with those that do not take part.
        sharpness: the network's κ; given back if no pixel of the instance takes part.  Its ratio of axes is tried
            first, so it stays where no other is better.
    """
    if not own.any():
        return sharpness
    shapes = _shapes(sharpness)
    squared = (embedding - centre[:, None]).square()
    near = _within_reach(squared, own, shapes)
    squared, own = squared[:, near], own[near]
    distance, order = (shapes[:, :, None] * squared).sum(1).sort(dim=1)
    iou = _iou_of_the_nearest(own[order], size)
    # A margin can end between two distances, not between equal ones.
    iou[:, :-1][distance[:, 1:] <= distance[:, :-1]] = -1
    shape, last = divmod(int(iou.argmax()), distance.shape[1])
    return shapes[shape] * math.log(2) / _end(distance[shape], last, shapes[shape])


def _shapes(sharpness: Float[Tensor, "S"]) -> Float[Tensor, "R S"]:
    """κ of margins of several ratios of axes, the network's own first; their scale is of no matter."""
    if len(sharpness) == 1:
        return torch.ones_like(sharpness)[None]
    # Membership depends on κ_x dx² + κ_y dy², so a margin twice as wide as it is high has a κ_x of a quarter of κ_y.
    root = sharpness.new_tensor(AXIS_RATIOS)
    own = (sharpness[1] / sharpness[0]).sqrt().clamp(1e-3, 1e3)
    ratios = torch.cat([own[None], root])
    return torch.stack([1 / ratios, ratios], dim=1)


def _within_reach(
    squared: Float[Tensor, "2 P"], own: Bool[Tensor, "P"], shapes: Float[Tensor, "R S"]
) -> Bool[Tensor, "P"]:
    """Pixels that some margin takes in although it ends at the furthest of its own, or where `_end` puts it: the rest
    is of no matter.
    """
    longest = (shapes.max(dim=1).values / shapes.min(dim=1).values).max()
    apart = squared.sum(0)
    return apart <= longest * (1.1 * apart[own].max() + (2 * LEAST_MARGIN / PIXELS_PER_UNIT) ** 2)


def _iou_of_the_nearest(own: Bool[Tensor, "R P"], size: int) -> Float[Tensor, "R P"]:
    """IoU of the first pixel, the first two, the first three, ... with an instance of ``size`` pixels."""
    inside: Int[Tensor, "R P"] = own.cumsum(dim=1)
    counted = torch.arange(1, own.shape[1] + 1, device=own.device)
    return inside / (size + counted - inside)


def _end(distance: Float[Tensor, "P"], last: int, shape: Float[Tensor, "S"]) -> Float[Tensor, ""]:
    """Half way from the last member to the first stranger, in squared distance; without a stranger a bit further."""
    if last + 1 < len(distance):
        return (distance[last] + distance[last + 1]) / 2
    return torch.maximum(1.02 * distance[last], shape.max() * (LEAST_MARGIN / PIXELS_PER_UNIT) ** 2)
