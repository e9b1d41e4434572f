"""What is read off the live network: counts that are known, windows against what really depends on what."""

import pytest
import torch
from torch import nn

from lab.anatomy import dissect, heard_by, way_to, window, window_width
from lab.erfnet import BranchedERFNet


@pytest.fixture(scope="module")
def network() -> BranchedERFNet:
    """With every weight positive: no contribution cancels and every ReLU is open, so whatever is seen shows."""
    torch.manual_seed(0)
    network = BranchedERFNet(2, 3).eval().requires_grad_(False)
    for weights in network.parameters():
        weights.abs_().clamp_(min=1e-3)
    return network


@pytest.fixture(scope="module")
def parts(network):
    return dissect(network, torch.rand(1, 3, 32, 64))


def test_counts_are_those_of_the_paper():
    network = BranchedERFNet(1, 1).eval()
    parts = dissect(network, torch.zeros(1, 3, 64, 128))
    weights = {b: sum(p.weights for p in parts if p.branch == b) for b in ("encoder", "decoder 1", "decoder 2")}
    assert weights == {"encoder": 1_874_044, "decoder 1": 189_107, "decoder 2": 188_977}
    assert sum(weights.values()) == sum(p.numel() for p in network.parameters())
    assert sum(p.multiply_adds for p in parts) * 256 / 1e9 == pytest.approx(125.6, abs=0.05)


def test_parts_are_in_order_with_their_shapes(network, parts):
    assert [p.kind[0] for p in parts] == list("ddbbbbbdbbbbbbbb" + 2 * "ubbubbo")
    assert parts[0].shape_in == (3, 32, 64)
    assert parts[15].shape_out == (128, 4, 8)
    assert [p.shape_out for p in parts if p.kind == "output"] == [(4, 32, 64), (3, 32, 64)]
    assert [p.dilation for p in parts[8:16]] == [2, 4, 8, 16] * 2
    assert [layer.name for layer in parts[2].layers][:3] == ["conv3x1_1", "conv1x3_1", "bn1"]
    image = torch.rand(1, 3, 32, 64)
    with torch.inference_mode():
        seen = network.encoder.initial_block(image)[0]
    assert torch.equal(dissect(network, image)[0].activations, seen)


def test_nothing_is_left_in_the_network(network, parts):
    assert not any(m._forward_hooks for m in network.modules())


def support(values: torch.Tensor) -> list[tuple[int, int]]:
    """First and last row, first and last column of what is not zero."""
    return [(int(i.min()), int(i.max())) for i in values.nonzero().T]


@pytest.mark.parametrize("index", [0, 1, 2, 6, 7])
def test_a_window_is_what_a_unit_depends_on(network, index):
    image = torch.rand(1, 3, 128, 144, requires_grad=True)
    parts = dissect(network, torch.zeros(1, 3, 128, 144))
    x = image
    for part in way_to(parts, index):
        x = network.get_submodule(part.path)(x)
    row, column = x.shape[2] // 2, x.shape[3] // 2
    x[0, :, row, column].sum().backward()
    assert support(image.grad[0].sum(0)) == list(window(way_to(parts, index), row, column))


@pytest.mark.parametrize("place", [(40, 40), (41, 46), (43, 39), (47, 44)])
def test_a_decoders_window_is_what_its_pixel_depends_on(network, parts, place):
    """On the features, where it is small enough to be seen whole; it is not the same for all pixels."""
    features = torch.rand(1, 128, 12, 12, requires_grad=True)
    network.decoders[1](features)[0, :, place[0], place[1]].sum().backward()
    decoder = [p for p in parts if p.branch == "decoder 2"]
    assert support(features.grad[0].sum(0)) == list(window(decoder, *place))


def test_widths_by_the_formula_in_the_encoder_and_exactly_behind(parts):
    size, step = 1, 1
    for n in range(16):
        for layer in (layer for layer in parts[n].layers if layer.kind == "Conv2d"):
            size += (layer.kernel[0] - 1) * layer.dilation[0] * step
            step *= layer.stride[0]
        assert window_width(way_to(parts, n)) == size
    assert [window_width(way_to(parts, n)) for n in (15, 22, 29)] == [1183, 1239, 1239]


def test_who_hears_a_term():
    left, right = nn.Linear(2, 2), nn.Linear(2, 2)
    x = torch.ones(1, 2)
    modules = {"left": left, "right": right}
    assert heard_by(left(x).sum(), modules) == {"left": True, "right": False}
    assert heard_by((left(x) + 0 * right(x)).sum(), modules) == {"left": True, "right": False}
    assert heard_by(right(left(x)).sum(), modules) == {"left": True, "right": True}
