"""The clustering where numbers are at their limits: the same instances from all versions, bit for bit."""

import math

import pytest
import torch

from lab.clustering import cluster
from lab.embedding import at_least_float32
from lab.fast.clustering_rounds import cluster_in_rounds
from lab.instances import Instances, Thresholds
from tests.ideal import ideal_output
from tests.numerics.extremes import EXTREMES, HALF_AND_FULL, output_of

SETTING = {"seed_threshold": 0.6, "min_pixels": 2}


def assert_same(found: Instances, right: Instances) -> None:
    assert found.trace == right.trace
    for name in ("masks", "labels", "scores", "classes", "centres", "sharpness"):
        assert torch.equal(getattr(found, name), getattr(right, name)), name


@pytest.mark.parametrize("dtype", HALF_AND_FULL[1:], ids=str)
@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_outputs_give_finite_instances_equal_in_all_versions(name, dtype):
    output = output_of(name, 1, dtype)[0]
    right = cluster(output, **SETTING, implementation="readable")
    assert all(part.isfinite().all() for part in (right.scores, right.centres, right.sharpness))
    assert_same(cluster(output, **SETTING, implementation="fast"), right)
    assert_same(cluster_in_rounds(at_least_float32(output), 2, Thresholds(**SETTING)), right)


@pytest.mark.parametrize("bandwidth", [50.0, -50.0])
def test_beyond_its_limit_a_sharpness_stands_at_it(bandwidth):
    """-50: a margin as wide as all images holds every pixel. 50: so narrow that it holds the seed alone."""
    output = torch.zeros(5, 6, 7)
    output[2:4], output[4] = bandwidth, 5.0
    found = cluster(output, min_pixels=0)
    if bandwidth < 0:
        assert found.masks.tolist() == torch.ones(1, 6, 7, dtype=torch.bool).tolist()
        assert found.sharpness.tolist() == [[pytest.approx(math.exp(-80))] * 2]
    else:
        assert len(found) == 0
        assert [step.proposal_pixels for step in found.trace] == [1] * 42


def test_of_equal_scores_the_first_pixel_is_the_seed_in_every_class():
    output = torch.zeros(6, 6, 7)
    output[2:4], output[4:] = -50.0, 3.0
    found = cluster(output, seed_threshold=0.9, min_pixels=0)
    assert [(step.class_index, step.row, step.column) for step in found.trace] == [(1, 0, 0), (2, 0, 0)]
    assert found.scores.unique().numel() == 1
    assert (found.labels == 1).all()  # of equal scores the one accepted first is on top


def test_a_thousand_instances():
    rows, columns = torch.meshgrid(torch.arange(100), torch.arange(160), indexing="ij")
    instances = (rows // 4) * 40 + columns // 4 + 1
    output = ideal_output(instances.numpy(), torch.ones_like(instances).numpy(), 1)
    found = cluster(output, min_pixels=8)
    assert len(found) == 1000
    assert found.masks.flatten(1).sum(1).tolist() == [16] * 1000


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", HALF_AND_FULL, ids=str)
def test_what_is_no_number_is_refused_with_its_place(dtype, value):
    for channel in range(6):
        output = output_of("all of these", 1, dtype)[0]
        output[channel, 4, 5] = output[5, 5, 7] = value
        message = rf"2 value\(s\) that are not finite, the first in channel {channel} at row 4, column 5: {value}"
        for implementation in ("readable", "fast"):
            with pytest.raises(ValueError, match=message):
                cluster(output, **SETTING, implementation=implementation)


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", HALF_AND_FULL, ids=str)
@pytest.mark.parametrize("name", EXTREMES)
def test_cuda_equals_the_readable_version_beside_it(name, dtype):
    output = output_of(name, 1, dtype)[0].cuda()
    right = cluster(output, **SETTING, implementation="readable")
    assert_same(cluster(output, **SETTING, implementation="fast"), right)
