"""The solutions of notebook 13, as a learner may write them."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.embedding import PIXELS_PER_UNIT


def half_widths(kappa: Float[Tensor, "K 2"], best: Float[Tensor, "K"]) -> Float[Tensor, "K 2"]:
    """Where the membership has fallen to 1 - best, along each axis, in pixels."""
    return PIXELS_PER_UNIT * torch.sqrt(-torch.log(1 - best)[:, None] / kappa)


def losses_in_one_sort(
    errors: Float[Tensor, "P"], labels: Bool[Tensor, "P"], owner: Int[Tensor, "P"], count: int
) -> Float[Tensor, "K"]:
    """The Lovász hinge of every instance, all of them sorted at once.

    The key has the instance before the comma and the error behind it. In float32 the digits would not do for many
    instances.
    """
    order = (owner.double() - errors.double() / 4).argsort()
    errors, labels, owner = errors[order], labels[order], owner[order]
    foreground = errors.new_zeros(count).index_add_(0, owner, labels.to(errors.dtype))
    everything = errors.new_zeros(count).index_add_(0, owner, torch.ones_like(errors))
    start = (everything.cumsum(0) - everything)[owner]  # how many come before this instance's first
    f = labels.cumsum(0) - (foreground.cumsum(0) - foreground)[owner]
    n = torch.arange(1, len(errors) + 1, device=errors.device) - start - f
    union = foreground[owner] + n
    increments = torch.where(labels, 1 / union, (foreground[owner] - f) / (union * (union - 1).clamp(min=1)))
    return errors.new_zeros(count).index_add_(0, owner, errors.relu() * increments)


def folded(
    weight: Float[Tensor, "O I h w"],
    bias: Float[Tensor, "O"],
    mean: Float[Tensor, "O"],
    variance: Float[Tensor, "O"],
    gamma: Float[Tensor, "O"],
    beta: Float[Tensor, "O"],
    eps: float | int,
) -> tuple[Float[Tensor, "O I h w"], Float[Tensor, "O"]]:
    """Weight and bias of the convolution that does what convolution and batch norm do in a row."""
    scale = gamma / torch.sqrt(variance + eps)
    return weight * scale[:, None, None, None], (bias - mean) * scale + beta


def honest_benchmark(
    readable: Callable[[Any], Any],
    fast: Callable[[Any], Any],
    inputs: Sequence[Any],
    clock: Callable[[], float],
    wait: Callable[[], None],
) -> float:
    """How many times as fast ``fast`` is: warmed up, in turns, on the same inputs, medians of finished work."""

    def seconds(function: Callable[[Any], Any], given: Any) -> float:
        wait()
        start = clock()
        function(given)
        wait()
        return clock() - start

    readable(inputs[0])
    fast(inputs[0])
    pairs = [(seconds(readable, given), seconds(fast, given)) for given in inputs]
    slow, quick = zip(*pairs, strict=True)
    return median(slow) / median(quick)
