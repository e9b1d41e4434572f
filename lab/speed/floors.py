"""The least that a computer must do for loss, clustering and network, whatever the program: the floor of their times.

A floor is counted, not measured: bytes that have to cross the memory's bus once, operations that no rearrangement
saves. Each line of a count carries its reason. Divided by what the machine can do at its best (`lab.speed.rates`) it
becomes milliseconds, and "times the floor" says how much there is left to win. What we know a way around is left out,
so that a floor is rather too low than too high: no sorting in the loss, no pixel of void, no bookkeeping in the
clustering, no pixel twice, no layer between the network's first and last in memory. The network's convolutions are
counted as their definition has them; ways to trade multiplications for additions exist and are not counted on.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from lab.clustering import Instances
from lab.embedding import bandwidth_to_sharpness, scaled_squared_distance, split
from lab.erfnet import STRIDE
from lab.losses import find_instances
from lab.speed.cases import Case

TILE = 64  # pixels
# Beyond this Σ κ d², φ rounds away in 2φ - 1 of float32, as `lab.losses.instance_term` has it.
REACH = 26 * math.log(2)


@dataclass(frozen=True)
class Item:
    """One line of a count: what must be done, with its reason, and how much of it."""

    why: str
    bytes: float | int = 0
    flops: float | int = 0
    exponentials: float | int = 0


@dataclass(frozen=True)
class Rates:
    """What the machine does at its best, each in a second of the clock that counts (`lab.speed.interleaved`)."""

    bytes: float
    flops: float
    exponentials: float


def floor_milliseconds(work: Sequence[Item], rates: Rates) -> float:
    """Memory and arithmetic may run side by side, so it is the longer of the two."""
    moved = sum(item.bytes for item in work) / rates.bytes
    computed = sum(item.flops / rates.flops + item.exponentials / rates.exponentials for item in work)
    return 1e3 * max(moved, computed)


def bound_by(work: Sequence[Item], rates: Rates) -> str:
    """Which of the two is the longer: "memory" or "arithmetic"."""
    moved = sum(item.bytes for item in work) / rates.bytes
    return "memory" if 1e3 * moved >= floor_milliseconds(work, rates) else "arithmetic"


def loss_work(case: Case, pairs: int, bandwidth_channels: int = 2) -> tuple[Item, ...]:
    """Value and gradient of the loss; ``pairs`` of a pixel and an instance that it matters to: `reached_pairs`."""
    size, labels = case.output.element_size(), case.instances.element_size() + case.classes.element_size()
    valid = case.classes >= 0
    pixels, own = int(valid.sum()), int((valid & (case.instances != 0)).sum())
    classes = case.output.shape[1] - 2 - bandwidth_channels
    numbers = pixels * (2 + classes) + own * bandwidth_channels
    return (
        Item("outside void offsets and seeds are read, on objects the bandwidths, too", bytes=numbers * size),
        Item("the labels are read, as they are handed over", bytes=case.classes.numel() * labels),
        Item("the gradient is written: one number for each that was read", bytes=numbers * size),
        Item("tanh of two offsets and a sigmoid a class: each is one exponential", exponentials=pixels * (2 + classes)),
        Item("squared error of a seed, its sum, and its gradient", flops=pixels * classes * 6),
        Item("membership of every pair that matters: two differences, squared, weighted, summed", flops=pairs * 7),
        Item("… and one exponential", exponentials=pairs),
        Item("its gradient on embedding, centre and κ of both axes", flops=pairs * 12),
    )


def clustering_work(output: Tensor, found: Instances, bandwidth_channels: int = 2) -> tuple[Item, ...]:
    """One image; the masks that were ``found``, and the pixels that proposals of the trace took, as they decide."""
    taken, per_pixel = _pixels_taken(found), 3 + 2 + bandwidth_channels
    return (
        Item("the output is read: any value that is not finite has to be found", bytes=output.nbytes),
        Item("pixels of the masks are set; zeros come from the operating system unasked", bytes=int(found.masks.sum())),
        Item("so are those of the label image, eight bytes each", bytes=8 * int((found.labels > 0).sum())),
        Item("tanh of two offsets, once, for every pixel that any proposal takes", exponentials=2 * taken),
        Item("one distance of it to a proposal's centre, against the margin", flops=taken * per_pixel),
    )


def _pixels_taken(found: Instances) -> int:
    """How many pixels are in proposals, at least: those of the class that takes most, or of all masks together."""
    taken: Counter[int] = Counter()
    for step in found.trace:
        taken[step.class_index] += 1 + step.unassigned_pixels  # the seed is not among the unassigned
    return max(*taken.values(), int((found.labels > 0).sum()), 0)


def network_work(network: nn.Module, height: int, width: int, batch: int = 1) -> tuple[Item, ...]:
    """A forward pass in float32, by what its convolutions do on one tile: it grows with the padded area.

    Raises:
        ValueError: the network is in training mode, where it would do more.
    """
    if network.training:
        raise ValueError("found a network in training mode, expected one for inference: call network.eval() first.")
    pixels = batch * height * width
    channels, products = _count_on_a_tile(network)
    padded = batch * math.prod(math.ceil(side / STRIDE) * STRIDE for side in (height, width))
    flops = 2 * products * padded / TILE**2
    weights = sum(weight.numel() for weight in network.parameters())
    return (
        Item("the image is read", bytes=4 * 3 * pixels),
        Item("the weights are read", bytes=4 * weights),
        Item("the output is written", bytes=4 * channels * pixels),
        Item("the convolutions: two operations for each weight at each of its places", flops=flops),
    )


@torch.no_grad()
def _count_on_a_tile(network: nn.Module) -> tuple[int, int]:
    """Output channels, and multiplications of all convolutions on one tile, each followed by an addition."""
    products = []

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # A transposed convolution spreads every input pixel, the usual one gathers into every output pixel.
        places = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        products.append(places.numel() * cast(Tensor, layer.weight)[0].numel())

    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    try:
        channels = network(next(network.parameters()).new_zeros(1, 3, TILE, TILE)).shape[1]
    finally:
        for hook in hooks:
            hook.remove()
    return channels, sum(products)


@torch.no_grad()
def reached_pairs(case: Case, bandwidth_channels: int = 2) -> int:
    """How many pairs of a valid pixel and an instance add to the loss: its own pixels, and those that φ reaches.

    Once the last of its own pixels has been passed, in the order of the errors, nothing counts any more
    (`lab.fast.loss_reach.reaches`): so another pixel adds only if its error 2φ is above the least own one, 2 - 2 max φ.
    """
    prediction, pairs = split(case.output, bandwidth_channels), 0
    images = zip(prediction.embedding, prediction.bandwidth, case.instances, case.classes, strict=True)
    for embedding, bandwidth, instances, classes in images:
        for found in find_instances(embedding, bandwidth, instances, classes, "learned"):
            distance = scaled_squared_distance(embedding, found.centre, bandwidth_to_sharpness(found.bandwidth))
            reach = min(REACH, float(-torch.log(-torch.expm1(-distance[found.mask].min()))))
            pairs += int(((classes >= 0) & (found.mask | (distance < reach))).sum())
    return pairs
