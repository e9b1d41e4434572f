"""The loss where numbers are at their limits: finite, or a clear stop; the same from all versions.

Tolerances, stated once: two versions in float64 agree to 1e-9 of a term and 1e-6 of a gradient's norm, in float32 (and
in half precision, which is computed in it) to 1e-5 and 1e-4; terms under 1e-6 count as 0.
"""

import functools
import sys
import warnings

import pytest
import torch
from torch import Tensor

from lab.fast.choice import ReadableInstead
from lab.losses import TERM_WEIGHTS, SpatialEmbeddingLoss, total_loss
from tests.numerics.extremes import BANDWIDTHS, CLASSES, EXTREMES, HALF_AND_FULL, TIED, labels, output_of

VERSIONS = ("readable", "numba", "torch")
VALUE, GRADIENT = {torch.float64: 1e-9}, {torch.float64: 1e-6}  # of others 1e-5 and 1e-4
SMALLEST = 1e-6


@pytest.fixture(params=VERSIONS)
def version(request, monkeypatch):
    if request.param == "torch":
        monkeypatch.setitem(sys.modules, "numba", None)
        warnings.simplefilter("ignore", ReadableInstead)
    return request.param


def terms_and_gradient(version: str, output: Tensor, instances: Tensor, classes: Tensor, centre: str = "learned"):
    output = output.clone().requires_grad_()
    implementation = "readable" if version == "readable" else "fast"
    terms = SpatialEmbeddingLoss(centre=centre, implementation=implementation)(output, instances, classes)
    (gradient,) = torch.autograd.grad(total_loss(terms), output)
    return {name: term.item() for name, term in terms.items()}, gradient


@functools.cache
def expected(name: str, dtype: torch.dtype, centre: str):
    return terms_and_gradient("readable", output_of(name, 4, dtype), *labels(), centre)


def assert_agree(found, right, dtype: torch.dtype, images: slice) -> None:
    """The terms; and the gradient of those images where no errors tie."""
    assert found[0] == pytest.approx(right[0], rel=VALUE.get(dtype, 1e-5), abs=SMALLEST)
    one, other = (gradient[images].double() for gradient in (found[1], right[1]))
    assert (one - other).norm() <= GRADIENT.get(dtype, 1e-4) * other.norm()


@pytest.mark.parametrize("dtype", HALF_AND_FULL, ids=str)
@pytest.mark.parametrize("centre", ["learned", pytest.param("centroid", marks=pytest.mark.slow)])
def test_extreme_outputs_have_finite_terms_and_gradients_equal_in_all_versions(version, dtype, centre):
    for name in EXTREMES:
        right = terms, gradient = expected(name, dtype, centre)
        if version != "readable":
            found = terms, gradient = terms_and_gradient(version, output_of(name, 4, dtype), *labels(), centre)
            images = slice(0, 0 if name in TIED else 3)  # the fourth has many instances of one pixel: they tie, too
            assert_agree(found, right, dtype, images)
        assert gradient.isfinite().all(), name
        assert gradient.dtype == dtype
        assert 0 <= terms["instance"] <= 2 + 1e-6, name
        assert 0 <= terms["smoothness"] <= 100**2, name
        assert 0 <= terms["seed"] <= 10 * CLASSES, name


def thousand(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Instances of two pixels each in 32 x 64, 24 pixels being background and 24 void."""
    numbers = torch.arange(32 * 64).view(1, 32, 64)
    instances = torch.where(numbers < 2000, numbers // 2 + 1, 0)
    classes = torch.where(instances > 0, instances % CLASSES + 1, 0) - (numbers >= 2024).long()
    size = (1, 2 + BANDWIDTHS + CLASSES, 32, 64)
    output = torch.randn(size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    output[:, :2] *= 0.005
    output[:, 2:4] = 0.8 + 0.1 * output[:, 2:4]
    return output.to(dtype), instances, classes


@pytest.mark.parametrize("version", ["numba", "torch"], indirect=True)
def test_a_thousand_instances_are_finite(version):
    terms, gradient = terms_and_gradient(version, *thousand(torch.float32))
    assert gradient.isfinite().all()
    assert 0 < terms["instance"] < 2


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("version", ["numba", "torch"], indirect=True)
def test_a_thousand_instances_are_those_of_the_readable_version(version, dtype):
    right = terms_and_gradient("readable", *thousand(dtype))
    assert_agree(terms_and_gradient(version, *thousand(dtype)), right, dtype, slice(0, 1))


def test_a_bandwidth_whose_square_overflows_is_told_by_its_own_term(version):
    """(1e30)² is no number of float32: the training stops at the smoothness term, before a weight is touched."""
    output = output_of("nothing but zeros", 4, torch.float32)
    output[0, 2, :, ::2] = 1e30
    terms, _ = terms_and_gradient(version, output, *labels())
    assert not torch.tensor(terms["smoothness"]).isfinite()
    assert all(torch.tensor(terms[name]).isfinite() for name in ("instance", "seed"))


@pytest.mark.parametrize("autocast", [torch.bfloat16, torch.float16])
def test_autocast_does_not_reach_into_the_loss(version, autocast):
    output, (instances, classes) = output_of("all of these", 4, torch.float32), labels()
    right = terms_and_gradient(version, output, instances, classes)
    with torch.autocast("cpu", dtype=autocast):
        found = terms_and_gradient(version, output, instances, classes)
    assert found[0] == right[0]
    assert torch.equal(found[1], right[1])


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", HALF_AND_FULL, ids=str)
@pytest.mark.parametrize("implementation", ["readable", "fast"])
def test_cuda_agrees_with_the_processor(implementation, dtype):
    """Its exponential is rounded otherwise: a term to 1e-4, a gradient to 1e-3 of its norm (float64: 1e-6, 1e-5)."""
    value, slope = (1e-6, 1e-5) if dtype == torch.float64 else (1e-4, 1e-3)
    for name in EXTREMES:
        output, (instances, classes) = output_of(name, 4, dtype), labels()
        right = expected(name, dtype, "learned")
        found = terms_and_gradient(implementation, output.cuda(), instances.cuda(), classes.cuda())
        assert found[1].isfinite().all(), name
        assert found[0] == pytest.approx(right[0], rel=value, abs=value), name
        one, other = (gradient[: 0 if name in TIED else 3].double() for gradient in (found[1].cpu(), right[1]))
        assert (one - other).norm() <= slope * other.norm(), name


def test_every_term_is_looked_at():
    assert set(expected("all of these", torch.float64, "learned")[0]) == set(TERM_WEIGHTS)
