"""Inputs on which a wrong answer cannot survive: layers with weights that show every slip."""

from functools import cache
from types import SimpleNamespace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lab.erfnet import BranchedERFNet, NonBottleneck1D
from lab.exercises.judge import Case
from lab.training.batch_statistics import statistics_of

LAYERS = ("conv3x1_1", "conv1x3_1", "bn1", "conv3x1_2", "conv1x3_2", "bn2", "dropout")
ENCODER_LAYERS = (
    [(3, 2, 1), (3, 2, 1)] + [(3, 1, 1)] * 10 + [(3, 2, 1)] + [(3, 1, d) for e in (2, 4, 8, 16) * 2 for d in (1, e)]
)  # along one axis: of each pair of 3x1 and 1x3 only one counts


def random_numbers(seed: int, *shape: int) -> Float[Tensor, "..."]:
    """Normal; the caller's random numbers are left as they were."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def shake(module: nn.Module, seed: int) -> nn.Module:
    """Give every batch norm statistics and weights of its own, as after a training."""
    draw = torch.Generator().manual_seed(seed)
    for norm in (m for m in module.modules() if isinstance(m, nn.BatchNorm2d)):
        mean, variance = statistics_of(norm)
        for values, low, high in (
            (mean, -0.5, 0.5),
            (variance, 0.05, 0.3),
            (norm.weight.data, 0.5, 1.5),
            (norm.bias.data, -0.5, 0.5),
        ):
            values.uniform_(low, high, generator=draw)
    return module.eval().requires_grad_(False)


def some_layers(seed: int, channels: int, dilation: int) -> SimpleNamespace:
    """The layers of a block in evaluation mode, without the block that joins them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        block = shake(NonBottleneck1D(channels, 0.3, dilation), seed)
    return SimpleNamespace(**{name: getattr(block, name) for name in LAYERS})


@cache
def some_network() -> BranchedERFNet:
    """A whole network with S = 1 and N = 1 whose offsets are not all 0."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = BranchedERFNet(1, 1)
        for branch in range(len(network.decoders)):
            nn.init.normal_(network.last_layer(branch).weight)
    shake(network, 5)
    return network


def _with_network(*shape: int) -> tuple[Any, ...]:
    network = some_network()
    return random_numbers(sum(shape), *shape).abs(), network.encoder, tuple(network.decoders)


BLOCK_CASES = (
    Case("4 channels, dilation 1", (random_numbers(0, 2, 4, 5, 6), some_layers(0, 4, 1))),
    Case("3 channels, dilation 4", (random_numbers(1, 1, 3, 9, 11), some_layers(1, 3, 4))),
)
WINDOW_CASES = (
    Case("one 3x3 convolution, [(3, 1, 1)]", ([(3, 1, 1)],)),
    Case("two of them, [(3, 1, 1), (3, 1, 1)]", ([(3, 1, 1)] * 2,)),
    Case("a 5 and a 3 with dilation 4, [(5, 1, 1), (3, 1, 4)]", ([(5, 1, 1), (3, 1, 4)],)),
    Case("a pool and a convolution, [(2, 2, 1), (3, 1, 1)]", ([(2, 2, 1), (3, 1, 1)],)),
    Case("two with stride 2 and one more, [(3, 2, 1), (3, 2, 1), (3, 1, 2)]", ([(3, 2, 1)] * 2 + [(3, 1, 2)],)),
    Case("the whole encoder", (ENCODER_LAYERS,)),
)
EVEN = Case("an image of 8 x 16", _with_network(2, 3, 8, 16))
SIZE_CASES = (
    EVEN,
    Case("an image of 13 x 10", _with_network(1, 3, 13, 10)),
    Case("an image of 9 x 8", _with_network(1, 3, 9, 8)),
)
