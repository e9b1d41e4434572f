"""Solutions that stand nowhere in the library in this form."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def factorised_block(x: Float[Tensor, "B C H W"], layers: SimpleNamespace) -> Float[Tensor, "B C H W"]:
    """The non-bottleneck-1D block, as in ``lab.erfnet.NonBottleneck1D``."""
    y = F.relu(layers.conv3x1_1(x))
    y = F.relu(layers.bn1(layers.conv1x3_1(y)))
    y = F.relu(layers.conv3x1_2(y))
    y = layers.dropout(layers.bn2(layers.conv1x3_2(y)))
    return F.relu(y + x)


def receptive_field(layers: Sequence[tuple[int, int, int]]) -> int:
    """Window in px of (kernel, stride, dilation) layers, the first one first."""
    size, step = 1, 1  # of the window; px between neighbouring units
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * step
        step *= stride
    return size


def any_size(
    image: Float[Tensor, "B 3 H W"], encoder: Callable[..., Any], decoders: Sequence[Callable[..., Any]]
) -> Float[Tensor, "B C H W"]:
    """Padded with zeros at the right and below, through encoder and decoders, cropped."""
    height, width = image.shape[-2:]
    padded = F.pad(image, (0, -width % 8, 0, -height % 8))
    features = encoder(padded)
    output = torch.cat([decoder(features) for decoder in decoders], 1)
    return output[..., :height, :width]
