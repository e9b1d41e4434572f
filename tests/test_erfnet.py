import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lab.embedding import sharpness_to_margin, sharpness_to_sigma, split
from lab.erfnet import BranchedERFNet, Decoder, Encoder


def weights(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_number_of_weights():
    assert weights(Encoder()) == 1_874_044
    assert weights(Decoder(3)) == 189_107
    assert weights(Decoder(1)) == 188_977
    assert weights(BranchedERFNet(bandwidth_channels=1, num_classes=1)) == 2_252_128


def test_multiplications_at_two_megapixels():
    """125.6 GMAC at 1024x2048, transposed convolutions counted at their input pixels."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        pixels = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
        total += pixels[0, 0].numel() * module.weight.numel()

    network = BranchedERFNet(bandwidth_channels=1, num_classes=1).eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.register_forward_hook(count)
    network(torch.zeros(1, 3, 64, 128))
    total *= 16 * 16  # every layer's work is proportional to the pixels
    assert total / 1e9 == pytest.approx(125.6, abs=0.05)


@pytest.mark.parametrize("size", [(64, 128), (37, 50), (500, 500), (1, 1), (8, 9)])
@pytest.mark.parametrize("channels", [(1, 1), (2, 8)])
def test_any_size(size, channels):
    with torch.inference_mode():
        output = BranchedERFNet(*channels).eval()(torch.rand(1, 3, *size))
    assert output.shape == (1, 2 + sum(channels), *size)


def test_other_sizes_are_padded_at_the_right_and_bottom():
    torch.manual_seed(0)
    network, image = BranchedERFNet().eval(), torch.rand(1, 3, 37, 50)
    nn.init.normal_(network.decoders[0].output_conv.weight)
    with torch.inference_mode():
        expected = network(F.pad(image, (0, 6, 0, 3)))[..., :37, :50]
        torch.testing.assert_close(network(image), expected)


def test_starts_without_offsets_and_with_small_margins():
    network = BranchedERFNet(bandwidth_channels=2, num_classes=3)
    with torch.no_grad():
        output = network(torch.rand(2, 3, 16, 24))
    prediction = split(output, 2)
    assert (output[:, :2] == 0).all()
    assert (output[:, 2:4] == 1).all()
    assert sharpness_to_sigma(prediction.sharpness).mean().item() == pytest.approx(4.88, abs=0.005)
    assert sharpness_to_margin(prediction.sharpness).mean().item() == pytest.approx(5.74, abs=0.005)
    assert output[:, 4:].std() > 0  # only the bandwidth decoder is set by hand


def test_dropout_and_dilations():
    network = BranchedERFNet()
    blocks = [m for m in network.modules() if type(m).__name__ == "NonBottleneck1D"]
    rates = [b.dropout.p for b in blocks]
    assert rates == [0.03] * 5 + [0.3] * 8 + [0.0] * 8
    assert [b.conv3x1_2.dilation[0] for b in blocks] == [1] * 5 + [2, 4, 8, 16] * 2 + [1] * 8
    assert all(m.eps == 1e-3 for m in network.modules() if isinstance(m, nn.BatchNorm2d))


def test_gradient_reaches_every_weight_once_the_last_layer_has_moved():
    network = BranchedERFNet(1, 1)
    nn.init.normal_(network.decoders[0].output_conv.weight)
    network(torch.rand(2, 3, 32, 32)).square().sum().backward()
    # A bias before a batch norm has no effect, hence no gradient worth the name.
    assert [n for n, p in network.named_parameters() if p.grad is None] == []


def test_the_last_step_is_in_full_precision_under_autocast():
    """An offset of 200 px in bfloat16 is off by up to half a pixel."""
    network = BranchedERFNet(1, 1).eval()
    nn.init.normal_(network.decoders[0].output_conv.weight)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        output = network(torch.rand(1, 3, 16, 16))
    assert output.dtype == torch.float32
    assert (output != output.bfloat16()).any()


def test_refuses_three_bandwidth_channels():
    with pytest.raises(ValueError, match="bandwidth_channels is 3"):
        BranchedERFNet(bandwidth_channels=3)
