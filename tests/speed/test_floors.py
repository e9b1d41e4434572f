"""Floors: hand-counted on small cases, and never above what a count by force finds."""

import pytest
import torch

from lab.clustering import Thresholds, candidates_of, cluster, grow
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
def test_pairs_are_those_that_change_the_loss(kind: str):
    """Of errors in falling order nothing after the last own pixel counts."""
    case = make_case(kind, 5, 48, 64, batch=2)
    prediction, kept, reached = split(case.output.double(), 2), 0, 0
    for i in range(2):
        embedding, valid = prediction.embedding[i], case.classes[i] >= 0
        for o in find_instances(embedding, prediction.bandwidth[i], case.instances[i], case.classes[i], "learned"):
            phi = membership(embedding, o.centre, bandwidth_to_sharpness(o.bandwidth))
            error = torch.where(o.mask, 2 - 2 * phi, 2 * phi)
            kept += int((valid & (o.mask | (error > error[o.mask].min())) & (o.mask | (phi > 2**-26))).sum())
            reached += int((valid & (o.mask | (phi > 2**-26))).sum())
    assert reached_pairs(case) == pytest.approx(kept, rel=1e-3)
    if kind == "random":
        assert kept == 2 * 5 * 45 * 64  # everything but the strip of void
    else:
        assert kept < 0.9 * reached


def test_the_loss_moves_output_labels_and_gradient():
    case = make_case("trained", 2, 32, 32, num_classes=3)
    work = loss_work(case, pairs=10)
    valid, own = 30 * 32, int((case.instances > 0).sum())
    assert int((case.classes >= 0).sum()) == valid
    assert total(work, "bytes") == 32 * 32 * 2 * 8 + 2 * 4 * (5 * valid + 2 * own)
    assert total(work, "exponentials") == valid * (2 + 3) + 10


@pytest.mark.parametrize(("kind", "classes"), [("trained", 8), ("random", 1), ("random", 3)])
def test_the_clustering_reads_the_output_once(kind: str, classes: int):
    output = make_case(kind, 4, 64, 64, num_classes=classes).output[0]
    output[2:4] += 0.7 * (kind == "random")  # margins that overlap: of 26 px
    found = cluster(output, min_pixels=8, seed_threshold=0.6, implementation="readable")
    work = clustering_work(output, found)
    drawn = int((found.labels > 0).sum())
    assert total(work, "bytes") == (4 + classes) * 64 * 64 * 4 + int(found.masks.sum()) + 8 * drawn
    by_force = pixels_in_proposals(output, classes)
    assert 2 * drawn <= total(work, "exponentials") <= 2 * by_force
    if classes == 1:
        assert total(work, "exponentials") == 2 * by_force
        assert by_force < sum(step.proposal_pixels for step in found.trace)


def pixels_in_proposals(output: torch.Tensor, classes: int) -> int:
    taken = torch.zeros(output.shape[1:], dtype=torch.bool)
    for class_index in range(1, classes + 1):
        candidates = candidates_of(split(output[None], 2), class_index, 0.5)
        for _, proposal in grow(candidates, class_index, Thresholds(0.6, 0.5, 8)):
            taken[candidates.row[proposal], candidates.column[proposal]] = True
    return int(taken.sum())


def test_nothing_found_is_nothing_taken():
    output = torch.full((5, 8, 8), -9.0)
    work = clustering_work(output, cluster(output, implementation="readable"))
    assert (total(work, "bytes"), total(work, "exponentials")) == (output.nbytes, 0)


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
