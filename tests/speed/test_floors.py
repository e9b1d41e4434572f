"""Floors: hand-counted on small cases, and never above what a count by force finds."""

import pytest
import torch

from lab.clustering import cluster
from lab.embedding import bandwidth_to_sharpness, membership, split
from lab.erfnet import BranchedERFNet
from lab.losses import find_instances
from lab.speed.cases import make_case
from lab.speed.floors import (
    Item,
    Rates,
    bound_by,
    clustering_work,
    floor_milliseconds,
    loss_work,
    network_work,
    reached_pairs,
)
from lab.speed.rates import measure_rates

RATES = Rates(bytes=1e9, flops=2e9, exponentials=1e8)


def total(work: tuple[Item, ...], name: str) -> float:
    return sum(getattr(item, name) for item in work)


def test_memory_and_arithmetic_run_side_by_side():
    work = (Item("read", bytes=3e6), Item("add", flops=2e6), Item("exp", exponentials=1e5))
    assert floor_milliseconds(work, RATES) == 3.0
    assert bound_by(work, RATES) == "memory"
    more = (*work, Item("exp", exponentials=2e5))
    assert floor_milliseconds(more, RATES) == 4.0
    assert bound_by(more, RATES) == "arithmetic"


@pytest.mark.parametrize("kind", ["trained", "random"])
def test_pairs_are_those_that_the_readable_loss_keeps(kind: str):
    case = make_case(kind, 5, 48, 64, batch=2)
    prediction, kept = split(case.output, 2), 0
    for i in range(2):
        embedding, valid = prediction.embedding[i], case.classes[i] >= 0
        for o in find_instances(embedding, prediction.bandwidth[i], case.instances[i], case.classes[i], "learned"):
            phi = membership(embedding, o.centre, bandwidth_to_sharpness(o.bandwidth))
            kept += int((valid & (o.mask | (2 * phi - 1 > -1))).sum())
    assert reached_pairs(case) == pytest.approx(kept, rel=1e-3)
    if kind == "random":
        assert kept == 2 * 5 * 45 * 64  # everything but the strip of void


def test_the_loss_moves_output_labels_and_gradient():
    case = make_case("trained", 2, 32, 32, num_classes=3)
    work = loss_work(case, pairs=10)
    assert total(work, "bytes") == 32 * 32 * (7 * 4 + 2 * 8 + 7 * 4)
    assert total(work, "exponentials") == 32 * 32 * (2 + 3) + 10


def test_the_clustering_reads_the_output_once():
    case = make_case("trained", 4, 64, 64)
    found = cluster(case.output[0], min_pixels=8, implementation="readable")
    work = clustering_work(case.output[0], found)
    pixels = int(found.masks.sum())
    assert total(work, "bytes") == 12 * 64 * 64 * 4 + 9 * pixels
    assert total(work, "exponentials") == 2 * sum(step.proposal_pixels for step in found.trace)


def test_the_network_counts_its_convolutions():
    small = network_work(BranchedERFNet(2, 8).eval(), 128, 64, batch=2)
    odd = network_work(BranchedERFNet(2, 8).eval(), 121, 64, batch=2)
    assert total(small, "flops") == total(odd, "flops") > 0
    large = network_work(BranchedERFNet(1, 1).eval(), 1024, 2048)
    assert total(large, "flops") / 2 == pytest.approx(125.6e9, rel=0.005)
    weights = 2_252_128  # of branches of 3 and 1 channels, see the tests of the network
    assert total(large, "bytes") == 4 * ((3 + 4) * 2**21 + weights)


def test_a_network_in_training_is_refused():
    with pytest.raises(ValueError, match=r"call network\.eval\(\) first"):
        network_work(BranchedERFNet().train(), 64, 64)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])
def test_rates_are_those_of_a_computer(device: str):
    rates = measure_rates(device, rounds=1, share=1 / 64)
    assert rates.bytes > 1e8
    assert rates.flops > 1e8
    assert rates.exponentials > 1e6
    assert torch.isfinite(torch.tensor([rates.bytes, rates.flops, rates.exponentials])).all()
