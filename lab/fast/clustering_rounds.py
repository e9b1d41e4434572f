"""The clustering in plain torch, on any device: every class takes its best free seed in each round, all at once.

Where the readable version asks the device several questions a proposal, and waits for each answer, here nothing is
asked for `ROUNDS` rounds; then, whether any class is still busy. Rounds that a class did not need leave no trace. Masks
are rebuilt when all is over, from the accepted seeds.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.clustering import Instances, Step, Thresholds, instances_of, judge
from lab.embedding import bandwidth_to_sharpness, coordinate_grid, scaled_squared_distance
from lab.fast.clustering import largest_inside

ROUNDS = 8  # between two questions: more are wasted where fewer were left, fewer wait more often
AT_ONCE = 1 << 24  # memberships: masks are rebuilt so many at a time


class Field(NamedTuple):
    """The candidates of some classes, a row each, in row-major order of their pixels; shorter rows are filled up.

    Attributes:
        classes: 1..N of each row.
        embedding: the axis first.
        pixel: row · width + column.
        score: below 0 in places that are none.
        seeds: places in a row of those that may open an instance, by falling score; the row's length where none.
    """

    classes: Int[Tensor, "G"]
    embedding: Float[Tensor, "2 G P"]
    sharpness: Float[Tensor, "S G P"]
    pixel: Int[Tensor, "G P"]
    score: Float[Tensor, "G P"]
    seeds: Int[Tensor, "G Q"]


class Rounds(NamedTuple):
    """What every round proposed in every class; ``made`` is false where the class had come to its end."""

    seed: Int[Tensor, "R G"]
    size: Int[Tensor, "R G"]
    fresh: Int[Tensor, "R G"]
    made: Bool[Tensor, "R G"]


def cluster_in_rounds(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Instances:
    """`lab.clustering.cluster` of a float32 or float64 output."""
    limit = largest_inside(output.dtype, output.device)
    seed_map = torch.sigmoid(output[None][:, 2 + bandwidth_channels :])[0]
    every = torch.arange(len(seed_map), device=output.device)
    # A GPU waits for the longest class whatever the others do; on a CPU their idle rounds would cost time.
    groups = every.split(1) if output.device.type == "cpu" else (every,)
    steps, masks = [], []
    for group in groups:
        field = field_of(output, seed_map, group, bandwidth_channels, thresholds)
        new = _steps(field, grow_in_rounds(field, limit, thresholds), output.shape[2], thresholds)
        masks.append(_masks(field, [step for step in new if step.accepted], limit, output.shape[1:]))
        steps += new
    stacked = torch.cat(masks)
    labels = _labels(stacked, [step.score for step in steps if step.accepted])
    return instances_of(steps, stacked, labels, output, bandwidth_channels)
