"""What both ways of computing the fast loss take and give."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor

PIXELS_PER_CELL = 32  # fewer: more cells to walk through; more: more pixels looked at in vain


class Parts(NamedTuple):
    """What the loss is told besides the network's output."""

    instances: Int[Tensor, "B H W"]
    classes: Int[Tensor, "B H W"]
    bandwidth_channels: int
    learned: bool
    foreground_weight: float


class Slopes(NamedTuple):
    """Gradients by the output: of the instance term by offsets and by b, of smoothness by b, of the seed term."""

    offset: Float[Tensor, "B 2 H W"]
    bandwidth: Float[Tensor, "B S H W"]
    smoothness: Float[Tensor, "B S H W"]
    seed: Float[Tensor, "B N H W"]


class LabelFault(ValueError):
    """Labels that the loss refuses: which and where is for `lab.labels.check_labels` to say."""

    def __init__(self) -> None:
        super().__init__("the labels do not fit each other or the seed maps.")


def farthest(eps: float) -> float:
    """The distance -log φ from which on the error 2φ is lost in 2φ - 1, as in the readable version.

    ``eps`` is that of the dtype: the distance from 1 to the next number.

    Below 1 the numbers lie half an eps apart, so that 2φ rounds away from eps / 4 on.
    """
    return -math.log(eps / 8)


def portions(counts: list[int], most: int) -> Iterator[tuple[int, int]]:
    """Cut a list of counts into runs [first, last) of at most ``most`` in all, or of one alone."""
    first, total = 0, 0
    for i, count in enumerate(counts):
        if total + count > most and i > first:
            yield first, i
            first, total = i, 0
        total += count
    yield first, len(counts)
