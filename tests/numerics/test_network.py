"""The network in half precision: its outputs, its loss and its gradients are finite, and near those of float32."""

import pytest
import torch
from torch import Tensor

from lab.clustering import cluster
from lab.erfnet import BranchedERFNet
from lab.losses import SpatialEmbeddingLoss, total_loss
from tests.numerics.extremes import labels

NEAR = 0.02  # of a term: bf16 keeps eight binary digits
HALVES = [torch.bfloat16, torch.float16]
# One of them in every run: the others' first convolutions take seconds to be prepared.
ONE_QUICK = [torch.float16, pytest.param(torch.bfloat16, marks=pytest.mark.slow)]


@pytest.fixture
def network() -> BranchedERFNet:
    """For four images, in evaluation mode: dropout would draw other places in another precision."""
    return BranchedERFNet(2, 2).eval()


def pictures(height: int = 6, width: int = 8) -> Tensor:
    """Noise, all black, all white, black beside white."""
    images = torch.zeros(4, 3, height, width)
    images[0] = torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))
    images[2], images[3, :, :, width // 2 :] = 1, 1
    return images


def step(network: BranchedERFNet, autocast: torch.dtype | None) -> tuple[dict[str, float], list[Tensor]]:
    network.zero_grad()
    with torch.autocast("cpu", dtype=autocast or torch.bfloat16, enabled=autocast is not None):
        output = network(pictures())
        terms = SpatialEmbeddingLoss()(output, *labels())
    assert output.dtype == torch.float32  # the last step's, whatever came before
    total_loss(terms).backward()
    return {name: term.item() for name, term in terms.items()}, [p.grad for p in network.parameters()]


@pytest.mark.parametrize("dtype", ONE_QUICK, ids=str)
def test_autocast_trains_on_finite_numbers_near_those_of_float32(network, dtype):
    right, _ = step(network, None)
    terms, gradients = step(network, dtype)
    assert terms == pytest.approx(right, rel=NEAR, abs=1e-3)
    assert all(gradient.dtype == torch.float32 and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("dtype", [*ONE_QUICK, pytest.param(torch.float64, marks=pytest.mark.slow)], ids=str)
def test_weights_of_another_precision_give_an_output_that_can_be_clustered(network, dtype):
    with torch.inference_mode():
        right = network(pictures())
        output = network.to(dtype)(pictures().to(dtype))
    assert output.dtype == dtype
    torch.testing.assert_close(output.float(), right, rtol=NEAR, atol=NEAR)
    for image in output:
        for implementation in ("readable", "fast"):
            cluster(image, seed_threshold=0.5, min_pixels=1, implementation=implementation)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (33, 2)])
def test_tiny_and_narrow_pictures_have_finite_outputs(network, height, width):
    with torch.inference_mode():
        output = network(pictures(height, width))
    assert output.shape == (4, 6, height, width)
    assert output.isfinite().all()


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_cuda_under_autocast_is_near_the_processor(network, dtype):
    right = network(pictures())
    with torch.autocast("cuda", dtype=dtype):
        output = network.cuda()(pictures().cuda())
    torch.testing.assert_close(output.float().cpu(), right, rtol=NEAR, atol=NEAR)
