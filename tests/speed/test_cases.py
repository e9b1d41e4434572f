"""Made-up predictions do what their kind says."""

import pytest
import torch

from lab.clustering import cluster
from lab.embedding import sharpness_to_margin, split
from lab.losses import SpatialEmbeddingLoss
from lab.speed.cases import make_case


@pytest.mark.parametrize(("instances", "height", "width"), [(1, 16, 16), (5, 64, 96), (60, 128, 130), (200, 192, 384)])
def test_no_instance_is_lost_and_classes_cycle(instances: int, height: int, width: int):
    case = make_case("trained", instances, height, width, num_classes=3, batch=2)
    assert case.output.shape == (2, 7, height, width)
    for labels, classes in zip(case.instances, case.classes, strict=True):
        assert labels.unique().tolist() == list(range(instances + 1))
        inside = labels > 0
        assert torch.equal(classes[inside], (labels[inside] - 1) % 3 + 1)
        assert (labels[inside].bincount()[1:] >= 3).all()
        assert (classes[height - height // 16 :] == -1).all()
        assert ((classes == 0) | (classes == -1)).logical_xor(inside).all()


@pytest.mark.parametrize("bandwidth_channels", [1, 2])
def test_clustering_finds_the_objects_of_a_trained_one(bandwidth_channels: int):
    case = make_case("trained", 20, 128, 256, num_classes=4, bandwidth_channels=bandwidth_channels)
    found = cluster(case.output[0], bandwidth_channels, min_pixels=8, implementation="readable")
    overlaps = []
    for k in range(1, 21):
        true = case.instances[0] == k
        overlaps += [max(float((true & m).sum() / (true | m).sum()) for m in found.masks)]
    assert 20 <= len(found) <= 24
    assert sum(overlap > 0.8 for overlap in overlaps) >= 18


def test_margins_fit_a_trained_one_and_are_beyond_measure_in_a_random_one():
    trained, random = (make_case(kind, 20, 128, 256) for kind in ("trained", "random"))
    inside = trained.instances[0] > 0
    margins = [sharpness_to_margin(split(case.output, 2).sharpness)[0][:, inside] for case in (trained, random)]
    assert 5 < margins[0].median() < 20
    assert 800 < margins[1].median() < 900
    losses = [sum(SpatialEmbeddingLoss(implementation="readable")(*case).values()) for case in (trained, random)]
    assert losses[0] < 0.5 * losses[1]


def test_only_the_seed_decides():
    once, again, other = (make_case("random", 3, 32, 32, seed=seed) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))
    assert not torch.equal(once.output, other.output)
    first, second = make_case("trained", 3, 32, 32, batch=2).output
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "perfect"}, "kind is 'perfect'; expected"),
        ({"instances": 0}, "instances is 0; expected 1 or more"),
        ({"batch": 0}, "batch is 0; expected 1 or more"),
        ({"instances": 200}, "200 instances in 64x64 px: each would have .* px of room"),
        ({"bandwidth_channels": 3}, "bandwidth_channels is 3; expected 1"),
    ],
)
def test_bad_input_is_told(changed: dict, words: str):
    good = {"kind": "trained", "instances": 2, "height": 64, "width": 64}
    with pytest.raises(ValueError, match=words):
        make_case(**(good | changed))
