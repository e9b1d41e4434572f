"""What both ways of computing the fast loss take and give."""

from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor


class Parts(NamedTuple):
    """What the loss is told besides the network's output."""

    instances: Int[Tensor, "B H W"]
    classes: Int[Tensor, "B H W"]
    bandwidth_channels: int
    learned: bool
    foreground_weight: float


class Slopes(NamedTuple):
    """Gradients by the network's output: instance term by offsets and by b, smoothness term by b, seed term by logits."""

    offset: Float[Tensor, "B 2 H W"]
    bandwidth: Float[Tensor, "B S H W"]
    smoothness: Float[Tensor, "B S H W"]
    seed: Float[Tensor, "B N H W"]


class LabelFault(Exception):
    """Labels that the loss refuses: which and where is for `lab.losses.check_labels` to say."""
