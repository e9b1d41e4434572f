"""How much the statistics of small batches scatter, and what that does to a prediction: why stage 2 freezes them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn


def norms_of(network: nn.Module) -> list[nn.BatchNorm2d]:
    """All batch norms, in the order of the network's modules."""
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def statistics_of(norm: nn.BatchNorm2d) -> tuple[Float[Tensor, "C"], Float[Tensor, "C"]]:
    """The running mean and variance.  Raises ValueError if the norm keeps none."""
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("found a batch norm without running statistics, expected one that keeps them.")
    return norm.running_mean, norm.running_var


@torch.inference_mode()
def spread_of_means(network: nn.Module, batches: Sequence[UInt8[Tensor, "_ 3 _ _"]]) -> list[float]:
    """Of every batch norm: how far the means of its input lie apart from batch to batch.

    The standard deviation over the batches in units of the channel's running σ, averaged over channels.  The network
    is left in evaluation mode.
    """
    network.eval()
    norms, seen = norms_of(network), []
    for batch in batches:
        with _inputs_of(norms) as inputs:
            network(batch.float() / 255)
        seen.append([x.mean((0, 2, 3)) / statistics_of(n)[1].sqrt() for x, n in zip(inputs, norms, strict=True)])
    return [float(torch.stack(means).std(0).mean()) for means in zip(*seen, strict=True)]


@contextmanager
def _inputs_of(norms: Sequence[nn.BatchNorm2d]) -> Iterator[list[Tensor]]:
    """The inputs of these norms in the one pass inside of the block, in the order of the norms."""
    found = [torch.empty(0)] * len(norms)

    def keep(place: int) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        return lambda module, inputs: found.__setitem__(place, inputs[0])

    handles = [norm.register_forward_pre_hook(keep(place)) for place, norm in enumerate(norms)]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


@torch.inference_mode()
def beside(
    network: nn.Module,
    image: UInt8[Tensor, "3 H W"],
    partners: Sequence[UInt8[Tensor, "3 H W"]],
    frozen: bool,
) -> Float[Tensor, "B C H W"]:
    """The network's output for an image that shares its batch with each partner in turn.

    Args:
        frozen: use the running statistics; else those of the batch of two, as in training.  Dropout is off in either
            case.  The network is left in evaluation mode, its running statistics as they were.
    """
    network.eval()
    kept = [(norm, norm.momentum) for norm in norms_of(network)]
    try:
        for norm, _ in kept:
            norm.train(not frozen)
            norm.momentum = 0.0
        return torch.stack([network(torch.stack([image, p]).float() / 255)[0] for p in partners])
    finally:
        network.eval()
        for norm, momentum in kept:
            norm.momentum = momentum
