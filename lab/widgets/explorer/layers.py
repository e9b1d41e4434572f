"""The explorer's layers painted in Python, for browsers without WebGL2: one picture for each thing the network says.

The picture has the image's own pixels and only the layer: the browser lays it over the image.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from lab.clustering import Instances
from lab.figures.colours import direction_colours, fade, instance_colour, round_up, scalar_colours
from lab.widgets.explorer.compute import Choice, Maps, foreground, labels_at, membership_map

GROUND = 20  # grey value behind instances and embeddings


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


def paint_layer(maps: Maps, found: Instances, choice: Choice, ranges: Ranges) -> UInt8[np.ndarray, "H W 3"]:
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
        case "embeddings":
            return paint_embeddings(maps, labels_at(maps, found, choice), taking_part)
        case "sigma":
            sigma = mean_sigma(maps.sigma) * choice.sigma_scale
            colours = scalar_colours(sigma, ranges.least_sigma, ranges.largest_sigma, log=True)
            return fade(colours, taking_part)
        case "seed map":
            shown = maps.seed_map[choice.seed_class - 1] if choice.seed_class else maps.best_seed
            return scalar_colours(shown, 0.0, 1.0)
        case "membership":
            return scalar_colours(membership_map(maps, found, choice), 0.0, 1.0)
        case "instances":
            return paint_instances(labels_at(maps, found, choice))
    raise ValueError(f"there is no layer {choice.layer!r}.")


def instance_table(labels: Int[np.ndarray, "H W"], nothing: int) -> UInt8[np.ndarray, "K 3"]:
    """A colour for each label, for label 0 a grey."""
    return np.array([(nothing,) * 3, *(instance_colour(k) for k in range(1, int(labels.max()) + 1))], np.uint8)


def paint_instances(labels: Int[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """Instances in their colours, a dark line where they end."""
    picture = instance_table(labels, GROUND)[labels]
    numbers = labels.astype(np.float32)
    inner = cv2.erode(numbers, np.ones((3, 3))) != cv2.dilate(numbers, np.ones((3, 3)))
    picture[inner] = GROUND
    return picture


def paint_embeddings(
    maps: Maps, labels: Int[np.ndarray, "H W"], taking_part: Bool[np.ndarray, "H W"]
) -> UInt8[np.ndarray, "H W 3"]:
    """A dot where each pixel that takes part points, in its instance's colour; what points out of sight is left out."""
    columns, rows = maps.embedding[:, taking_part].round().astype(int)
    height, width = labels.shape
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    picture = np.full((height, width, 3), GROUND, np.uint8)
    picture[rows[inside], columns[inside]] = instance_table(labels, 217)[labels[taking_part][inside]]
    return picture
