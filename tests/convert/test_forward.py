"""A converted network computes what the architecture does with the weights under their names.

The architecture is written here a second time, as a list of operations on the file's own dictionary.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from lab.checkpoints import load_model
from lab.convert.command import convert
from tests.convert.synthetic import checkpoint, saved

DILATIONS = {**dict.fromkeys(range(1, 6), 1), 7: 2, 8: 4, 9: 8, 10: 16, 11: 2, 12: 4, 13: 8, 14: 16}


def forward(weights: dict[str, Tensor], image: Tensor) -> Tensor:
    """Image [B,3,H,W] through encoder and both branches -> [B,C,H,W], in evaluation mode (no dropout)."""
    features = downsample(weights, "module.encoder.initial_block", image)
    for layer in range(15):
        name = f"module.encoder.layers.{layer}"
        features = (
            downsample(weights, name, features) if layer in (0, 6) else block(weights, name, features, DILATIONS[layer])
        )
    return torch.cat([branch(weights, f"module.decoders.{number}", features) for number in (0, 1)], 1)


def branch(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    for layer in range(6):
        part = f"{name}.layers.{layer}"
        x = upsample(weights, part, x) if layer in (0, 3) else block(weights, part, x, 1)
    last = f"{name}.output_conv"
    return F.conv_transpose2d(x, weights[f"{last}.weight"], weights[f"{last}.bias"], stride=2)


def downsample(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    convolved = F.conv2d(x, weights[f"{name}.conv.weight"], weights[f"{name}.conv.bias"], stride=2, padding=1)
    return F.relu(norm(weights, f"{name}.bn", torch.cat([convolved, F.max_pool2d(x, 2)], 1)))


def upsample(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    kernel, bias = weights[f"{name}.conv.weight"], weights[f"{name}.conv.bias"]
    return F.relu(
        norm(weights, f"{name}.bn", F.conv_transpose2d(x, kernel, bias, stride=2, padding=1, output_padding=1))
    )


def block(weights: dict[str, Tensor], name: str, x: Tensor, d: int) -> Tensor:
    def conv(part: str, y: Tensor, **options: tuple[int, int]) -> Tensor:
        return F.conv2d(y, weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"], **options)

    y = F.relu(conv("conv3x1_1", x, padding=(1, 0)))
    y = F.relu(norm(weights, f"{name}.bn1", conv("conv1x3_1", y, padding=(0, 1))))
    y = F.relu(conv("conv3x1_2", y, padding=(d, 0), dilation=(d, 1)))
    y = norm(weights, f"{name}.bn2", conv("conv1x3_2", y, padding=(0, d), dilation=(1, d)))
    return F.relu(x + y)


def norm(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    mean, variance, scale, shift = (
        weights[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (variance + 1e-3).sqrt() * scale + shift


@pytest.mark.parametrize(("bandwidth_channels", "num_classes"), [(1, 1), (2, 3)])
def test_a_converted_network_computes_the_same(tmp_path: Path, bandwidth_channels: int, num_classes: int):
    content = checkpoint(bandwidth_channels, num_classes)
    convert(saved(content, tmp_path / "theirs.pth"), tmp_path / "ours.safetensors")
    model = load_model(tmp_path / "ours.safetensors")
    image = torch.rand(2, 3, 48, 64)
    with torch.no_grad():
        expected, found = forward(content["model_state_dict"], image), model.network(image)
    assert expected.shape == (2, 2 + bandwidth_channels + num_classes, 48, 64)
    assert expected.std((0, 2, 3)).min() > 1e-2  # every channel says something
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max().clamp(min=1)


@pytest.mark.parametrize("change", ["conv3x1_1", "bn1.running_var", "conv1x3_2", "decoders.1.output_conv.bias"])
def test_every_kind_of_weight_counts(change: str):
    """What the test above would not see: that a weight of this kind has no part in the outcome."""
    weights = checkpoint()["model_state_dict"]
    image = torch.rand(1, 3, 16, 16)
    before = forward(weights, image)
    twice: Callable[[str, Tensor], Tensor] = lambda name, tensor: 2 * tensor if change in name else tensor  # noqa: E731
    after = forward({name: twice(name, tensor) for name, tensor in weights.items()}, image)
    assert (after - before).abs().max() > 1e-3
