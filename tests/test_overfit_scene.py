"""Overfitting as a generator: what a snapshot says, and that margins move towards their objects."""

import itertools

import pytest
import torch

from lab.datasets.sample import corner
from lab.losses import SpatialEmbeddingLoss
from lab.overfit import new_network, overfit

STEPS = 30


@pytest.fixture(scope="module")
def run():
    """The first steps as a figure would take them."""
    return list(overfit(corner(), SpatialEmbeddingLoss(2, "centroid"), STEPS))


def test_a_snapshot_for_every_step_and_one_before(run):
    assert [s.step for s in run] == list(range(STEPS + 1))
    assert all(s.numbers == (4, 5, 6, 11) for s in run)
    assert all(not s.output.requires_grad for s in run)


def test_starts_at_the_initialisation(run):
    torch.testing.assert_close(run[0].margins, torch.full((4, 2), 5.7443), atol=1e-3, rtol=0)
    assert run[0].terms["smoothness"] == 0
    assert run[0].iou.max() < 0.5


def test_the_large_car_s_margin_grows_and_the_small_person_s_stays(run):
    car, person = run[-1].margins[3], run[-1].margins[0]
    assert (car > 1.5 * run[0].margins[3]).all(), car
    assert (person < 1.5 * run[0].margins[0]).all(), person


def test_loss_falls_and_overlap_rises(run):
    assert run[-1].terms["instance"] < 0.6 * run[0].terms["instance"]
    assert (run[-1].iou > run[0].iou).all()
    assert run[-1].iou[3] > 0.7


def test_the_same_seed_is_the_same_run_and_leaves_the_caller_s_random_numbers(run):
    before = torch.get_rng_state()
    again = list(itertools.islice(overfit(corner(), SpatialEmbeddingLoss(2, "centroid"), 1000), 3))
    torch.testing.assert_close(again[2].margins, run[2].margins)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_network_of_one_s_own_is_the_one_trained():
    network = new_network(corner(), SpatialEmbeddingLoss(1), seed=3)
    before = network.encoder.initial_block.conv.weight.clone()
    first, second = overfit(corner(), SpatialEmbeddingLoss(1), 1, network=network)
    assert first.margins.shape == (4, 1)
    assert not torch.equal(network.encoder.initial_block.conv.weight, before)
    assert second.terms["instance"] != first.terms["instance"]


def test_a_term_that_is_not_finite_stops_it_with_all_terms() -> None:
    class Broken(SpatialEmbeddingLoss):
        def __call__(self, output, instances, classes):
            terms = super().__call__(output, instances, classes)
            return {**terms, "seed": terms["seed"] * float("nan")}

    with pytest.raises(FloatingPointError, match=r"step 0: found the terms instance .*, smoothness .*, seed nan"):
        next(overfit(corner(), Broken(), 1))
