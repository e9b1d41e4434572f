"""How much one number of the network's output moves with every pixel of the image: its effective receptive field."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from lab.anatomy import Pair, dissect, way_to, window
from lab.erfnet import BranchedERFNet

SHARES = (0.5, 0.9)  # of the gradient, within a circle each


@dataclass(frozen=True, eq=False)  # compared by identity: built once
class Graph:
    """A network's output for one image, with all that is needed to go back to the image.

    Attributes:
        image: the leaf that gradients are taken for, RGB in 0..1.
        output: of the network in evaluation mode.
        silent: channels whose weights in the last layer are all zero: nothing reaches them.
    """

    image: Float[Tensor, "1 3 H W"]
    output: Float[Tensor, "C H W"]
    silent: frozenset[int]


@dataclass(frozen=True)
class Field:
    """The field of one number of the output.

    Attributes:
        values: |d output / d pixel|, summed over the three colours.
        radii: px of the circles round the pixel that hold the ``SHARES`` of it; empty if it is zero everywhere.
    """

    values: Float[np.ndarray, "H W"]
    radii: tuple[float, ...]


def untrained(image: UInt8[np.ndarray, "H W 3"], bandwidth_channels: int, num_classes: int, seed: int) -> nn.Module:
    """A new network that has seen this one image: its batch norms hold the image's statistics, as in a first step of
    training.

    Without them, with a mean of 0 and a variance of 1 nobody measured, a block's branch would be many times weaker
    than the input that it is added to, and the field far smaller than that of any network in training.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = BranchedERFNet(bandwidth_channels, num_classes).train()
    for module in network.modules():
        if isinstance(module, nn.Dropout2d):
            module.eval()
        elif isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network(to_batch(image))
    return network.eval()


def to_batch(image: UInt8[np.ndarray, "H W 3"]) -> Float[Tensor, "1 3 H W"]:
    """RGB in 0..1."""
    return (torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255).contiguous()


def prepare(network: BranchedERFNet, image: UInt8[np.ndarray, "H W 3"]) -> Graph:
    """Send the image through a copy of the network, and keep the way back."""
    copy = deepcopy(network).eval().requires_grad_(False)
    leaf = to_batch(image).requires_grad_()
    last = [copy.last_layer(branch) for branch in range(len(copy.decoders))]
    reached = torch.cat([layer.weight.abs().amax((0, 2, 3)) for layer in last])
    return Graph(leaf, copy(leaf)[0], frozenset(torch.where(reached == 0)[0].tolist()))


def look(graph: Graph, channel: int, row: int, column: int) -> Field:
    """The field of the output's ``channel`` at a pixel: one pass backwards through the network."""
    if channel in graph.silent:
        return Field(np.zeros(graph.output.shape[1:], np.float32), ())
    (slope,) = torch.autograd.grad(graph.output[channel, row, column], graph.image, retain_graph=True)
    values = slope[0].abs().sum(0).numpy()
    return Field(values, radii_of(values, row, column))


def radii_of(values: Float[np.ndarray, "H W"], row: int, column: int) -> tuple[float, ...]:
    """Radius of the circle round the pixel that holds each of the ``SHARES``; empty if there is nothing to hold."""
    if not values.any():
        return ()
    height, width = values.shape
    distance = np.hypot(np.arange(height)[:, None] - row, np.arange(width) - column)
    reach = int(distance.max()) + 2
    rings = np.bincount(np.ceil(distance).astype(int).ravel(), values.ravel().astype(float), reach).cumsum()
    return tuple(float(np.searchsorted(rings, share * rings[-1])) for share in SHARES)


def seen_at_most(network: nn.Module, branch: int, row: int, column: int) -> tuple[Pair, Pair]:
    """The theoretical window of an output pixel of a branch (0 or 1): first and last row, first and last column."""
    training = network.training
    parts = dissect(network.eval(), torch.zeros(1, 3, 8, 8))  # windows do not depend on the image's size
    network.train(training)
    last = max(i for i, part in enumerate(parts) if part.branch == f"decoder {branch + 1}")
    return window(way_to(parts, last), row, column)


def channel_names(bandwidth_channels: int, class_names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the two branches put out, in the output's order."""
    widths = ("bandwidth x", "bandwidth y") if bandwidth_channels == 2 else ("bandwidth",)
    return ("offset x", "offset y", *widths), tuple(class_names)
