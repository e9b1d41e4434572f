"""Eight pixels on a line: small enough to be clustered with a pencil."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT, sigma_to_bandwidth

MARGIN_PER_SIGMA = 1.1774100225154747  # sqrt(2 ln 2)


@dataclass(frozen=True)
class Line:
    """Candidates of one class in a single row, pixel k at column k.

    Attributes:
        points_to: the column that each pixel points to.
        margin: that each pixel would have as a seed, in px.
        score: seed scores.
        seed_threshold, min_pixels, min_unassigned: of the clustering.
    """

    points_to: tuple[float, ...]
    margin: tuple[float, ...]
    score: tuple[float, ...]
    seed_threshold: float = 0.6
    min_pixels: int = 1
    min_unassigned: float = 0.5

    def output(self, sigma_scale: float = 1.0) -> Float[Tensor, "4 1 W"]:
        """What a network with one bandwidth and one class would have to put out for it; float64."""
        target = torch.tensor(self.points_to, dtype=torch.float64)
        column = torch.arange(len(target), dtype=torch.float64)
        sigma = sigma_scale * torch.tensor(self.margin, dtype=torch.float64) / MARGIN_PER_SIGMA
        score = torch.tensor(self.score, dtype=torch.float64)
        offset = torch.atanh((target - column) / PIXELS_PER_UNIT)
        channels = [offset, torch.zeros_like(offset), sigma_to_bandwidth(sigma), torch.logit(score)]
        return torch.stack(channels)[:, None]


# An object whose proposal is accepted at once, a lone pixel, and an object that overlaps both rejected and free ones.
WORKED = Line(
    points_to=(1.0, 1.5, 2.5, 3.0, 7.0, 5.0, 4.5, 5.5),
    margin=(0.9, 1.2, 0.9, 0.9, 0.5, 2.2, 0.9, 0.9),
    score=(0.80, 0.95, 0.70, 0.65, 0.90, 0.85, 0.75, 0.55),
)
# The last proposal is new to exactly one half if the seed is not counted.
BY_HAND = Line(
    points_to=(1.0, 1.2, 2.0, 2.2, 5.0, 5.6, 6.0, 6.4),
    margin=(1.5, 0.9, 0.9, 0.9, 0.4, 1.1, 0.9, 0.9),
    score=(0.95, 0.62, 0.90, 0.70, 0.85, 0.80, 0.66, 0.75),
)
# Three more for the check alone, where a comparison that is off by the equals sign shows.
# After 0 and its two, and the pair 5 and 6 that is too small, 3 and 4 are left, though 2 would join them.
LEFT = Line(
    points_to=(0.0, 0.5, 1.0, 3.0, 3.5, 10.0, 10.5, 20.0),
    margin=(1.5, 0.9, 0.9, 2.2, 0.9, 0.9, 0.9, 0.9),
    score=(0.95, 0.70, 0.70, 0.85, 0.70, 0.90, 0.70, 0.92),
    min_pixels=2,
    min_unassigned=0.2,
)
AT_THRESHOLD = Line(
    points_to=(0.0, 0.5, 1.0, 4.1, 4.5, 5.0),
    margin=(1.5, 0.9, 0.9, 1.5, 0.9, 0.9),
    score=(0.95, 0.70, 0.70, 0.75, 0.60, 0.60),
    seed_threshold=0.75,
)
# Begun with pixel 1, all are one object; begun with pixel 4, only the last three are.
TIED = Line(
    points_to=(0.0, 1.0, 2.0, 3.1, 4.0, 5.0),
    margin=(0.7, 5.5, 0.7, 0.7, 1.5, 0.7),
    score=(0.70, 0.90, 0.70, 0.70, 0.90, 0.65),
)
