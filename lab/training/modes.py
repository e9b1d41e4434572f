"""A network in training, with batch norm frozen or not."""

from torch import nn


def freeze_batch_norm(network: nn.Module) -> None:
    """Fix the running statistics; the affine weights go on being trained.  Undone by every ``network.train()``."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def train_mode(network: nn.Module, frozen_norm: bool) -> None:
    """Switch to training, batch norm frozen again where it is to be."""
    network.train()
    if frozen_norm:
        freeze_batch_norm(network)
