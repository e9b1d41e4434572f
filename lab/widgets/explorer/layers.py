"""The explorer's layers: one picture for each thing that the network says, in the image's own pixels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from lab.clustering import Instances
from lab.figures.colours import direction_colours, fade, round_up, scalar_colours, tint
from lab.widgets.explorer.compute import Choice, Maps, Reading, foreground, membership_map

ARROW_SPACING = 16  # px between the arrows of the offset layer: few enough to be read one by one


@dataclass(frozen=True)
class Ranges:
    """Where the colour scales end, in px; fixed for a prediction, so that a colour keeps its meaning.

    Attributes:
        longest_offset: full colour.
        least_sigma, largest_sigma: the ends of the logarithmic sigma scale.
    """

    longest_offset: float
    least_sigma: float
    largest_sigma: float


def choose_ranges(maps: Maps) -> Ranges:
    """Ends that hold nearly all foreground pixels; sigma gets a factor of two on both sides to be scaled into."""
    seen = maps.best_seed > 0.5
    if not seen.any():
        seen = np.ones_like(seen)
    length = np.hypot(*maps.offset)[seen]
    low, high = np.percentile(mean_sigma(maps.sigma)[seen], [2, 98])
    return Ranges(
        longest_offset=round_up(float(np.percentile(length, 98))),
        least_sigma=round_up(float(low) / 2) / 2,
        largest_sigma=round_up(float(high) * 2),
    )


def mean_sigma(sigma: Float[np.ndarray, "2 H W"]) -> Float[np.ndarray, "H W"]:
    """Geometric mean of σ_x and σ_y: the radius of the circle with the ellipse's area."""
    return np.sqrt(sigma[0] * sigma[1])


def paint_layer(
    maps: Maps, found: Instances, reading: Reading, choice: Choice, ranges: Ranges
) -> UInt8[np.ndarray, "H W 3"]:
    """The picture of the chosen layer.

    Raises:
        ValueError: if there is no layer of that name.
    """
    taking_part = foreground(maps, choice.thresholds)
    match choice.layer:
        case "image":
            return maps.image
        case "offsets":
            return fade(direction_colours(maps.offset, ranges.longest_offset), taking_part)
        case "sigma":
            sigma = mean_sigma(maps.sigma) * choice.sigma_scale
            colours = scalar_colours(sigma, ranges.least_sigma, ranges.largest_sigma, log=True)
            return fade(colours, taking_part)
        case "seed map":
            return scalar_colours(maps.best_seed, 0.0, 1.0)
        case "membership":
            return scalar_colours(membership_map(maps, found, reading), 0.0, 1.0)
        case "instances":
            return tint(maps.image, found.labels.numpy())
    raise ValueError(f"there is no layer {choice.layer!r}.")


def offset_arrows(
    maps: Maps, taking_part: Bool[np.ndarray, "H W"]
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """(from, to) in px for foreground pixels on a coarse grid."""
    half = ARROW_SPACING // 2
    rows, columns = np.nonzero(taking_part[half::ARROW_SPACING, half::ARROW_SPACING])
    rows, columns = rows * ARROW_SPACING + half, columns * ARROW_SPACING + half
    ends = maps.embedding[:, rows, columns].T.tolist()
    return [((float(c), float(r)), (x, y)) for r, c, (x, y) in zip(rows, columns, ends, strict=True)]
