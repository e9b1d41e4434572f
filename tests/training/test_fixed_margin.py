"""One margin for all: every pixel says it, before and after a training."""

from dataclasses import replace

import pytest
import torch

from lab.checkpoints import load_model
from lab.embedding import sharpness_to_margin, split
from lab.erfnet import BranchedERFNet
from lab.training.fixed_margin import pin_margin
from lab.training.loop import train
from lab.training.settings import TrainingSettings
from tests.training.conftest import OFTEN, SMALL


def margins(network, size=(24, 40)):
    image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return sharpness_to_margin(split(network.eval()(image), network.bandwidth_channels).sharpness)


@pytest.mark.parametrize("bandwidth_channels", [1, 2])
def test_every_pixel_has_the_margin(bandwidth_channels):
    network = BranchedERFNet(bandwidth_channels, 2)
    torch.nn.init.normal_(network.decoders[0].output_conv.weight)
    pin_margin(network, 12)
    torch.testing.assert_close(margins(network), torch.full((1, bandwidth_channels, 24, 40), 12.0))


def test_nothing_else_is_touched_and_zero_does_nothing():
    network = BranchedERFNet(1, 1)
    torch.nn.init.normal_(network.decoders[0].output_conv.weight)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    pin_margin(network, 0)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    pin_margin(network, 5)
    changed = [name for name, tensor in network.state_dict().items() if not torch.equal(before[name], tensor)]
    assert changed == ["decoders.0.output_conv.weight", "decoders.0.output_conv.bias"]
    last = network.decoders[0].output_conv
    assert torch.equal(last.weight[:, :2], before[changed[0]][:, :2])


def test_a_trained_model_has_kept_it(street, tmp_path):
    settings = replace(SMALL, bandwidth_channels=1, fixed_margin=9.0, instance_loss="hinge", centre="centroid")
    path = train(settings, street, tmp_path / "run", OFTEN)
    torch.testing.assert_close(margins(load_model(path).network), torch.full((1, 1, 24, 40), 9.0), rtol=3e-3, atol=0)


def test_a_hinge_wants_a_margin():
    with pytest.raises(ValueError, match="found 'hinge' without a margin, expected --fixed-margin"):
        TrainingSettings(instance_loss="hinge")
