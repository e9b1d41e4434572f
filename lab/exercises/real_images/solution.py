"""The three models, mended."""

import copy

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn


def mend_output(output: Float[Tensor, "5 H W"]) -> Float[Tensor, "5 H W"]:
    """Offset x comes first: the first two channels change places, nothing else does."""
    return output[[1, 0, 2, 3, 4]]


def mend_picture(picture: UInt8[np.ndarray, "H W"]) -> Float[np.ndarray, "H W"]:
    """Stretched by its own percentiles, as in training."""
    low, high = np.percentile(picture, (1, 99.8))
    return np.clip((picture - low) / (high - low), 0, 1) * 255


def mend_network(network: nn.Module, pictures: Float[Tensor, "B 3 H W"]) -> nn.Module:
    """A copy whose batch norm has gathered its statistics from these pictures; no weight moves."""
    mended = copy.deepcopy(network).eval()
    for module in mended.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the plain mean of all batches, not a tenth of the last
            module.train()
    with torch.no_grad():
        mended(pictures)
    return mended.eval()
