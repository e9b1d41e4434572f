"""Notebook 07's stills: what they are drawn from is right, and their words are there."""

import numpy as np
import pytest
import torch

from lab.clustering import cluster
from lab.embedding import sharpness_to_margin, split
from lab.exercises.clustering.lines import WORKED
from lab.exercises.clustering.perfect import perfect_output
from lab.figures.proposals import held_object, show_masks, show_rounds, show_two_objects, two_objects
from lab.figures.speakers import show_speakers, speakers
from tests.figures.checks import check_nothing_is_cut_off
from tests.ideal import ideal_output, street

image, instances, classes = street()


@pytest.fixture(scope="module")
def prediction():
    return split(ideal_output(instances, classes, 2, noise=0.6)[None], 2)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 4.0])
def test_a_perfect_prediction_gives_the_labels(sigma):
    found = cluster(perfect_output(instances, classes, 2, sigma), 2, min_pixels=40)
    assert len(found) == instances.max()
    for mask, class_index in zip(found.masks.numpy(), found.classes.tolist(), strict=True):
        k = instances[mask][0]
        assert ((instances == k) == mask).all()
        assert classes[instances == k][0] == class_index


def test_a_perfect_prediction_of_nothing():
    nothing = np.zeros_like(instances)
    assert len(cluster(perfect_output(nothing, classes, 2), 2)) == 0


@pytest.mark.parametrize(
    ("margin", "count", "whole"),
    [
        *((1.2, 4, False), (2.0, 2, False), (3.0, 2, False)),
        *((3.4, 2, True), (8.6, 2, True)),
        *((10.0, 2, False), (11.5, 2, False), (12.0, 1, False), (15.0, 1, False)),
    ],
)
def test_two_objects_are_whole_inside_the_window(margin, count, whole):
    """r = 3.3 px, D = 12 px: from 3.3 to 8.7 px each is found whole and alone; frayed below, with strangers above."""
    points, accepted = two_objects(margin)
    assert len(accepted) == count
    first = torch.arange(60) % 2 == 0
    sizes = sorted(int((taken & first).sum()) for _, taken in accepted)
    assert (sizes == [0, 30]) == whole
    assert points.shape == (2, 60)


def test_the_radius_that_the_notebook_states():
    points, _ = two_objects(5.0)
    for k, column in enumerate((24.0, 36.0)):
        own = points[:, torch.arange(60) % 2 == k]
        assert (own - torch.tensor([[column], [20.0]])).norm(dim=0).max() < 3.3


def test_at_the_distance_the_first_takes_a_third_of_the_neighbour():
    (_, taken), *more = two_objects(12.0)[1]
    first = torch.arange(60) % 2 == 0
    assert not more
    assert sorted([int((taken & first).sum()), int((taken & ~first).sum())]) == [12, 30]


def test_a_mask_is_shown_as_the_object_that_has_most_of_its_pixels():
    labels = np.zeros((4, 6), int)
    labels[:2, :3], labels[2:, :2] = 5, 2
    rest = labels == 0
    assert held_object(labels == 5, labels) == 5
    assert held_object((labels == 2) | rest, labels) == 2, "however many pixels of it lie on nothing"
    assert held_object(labels > 0, labels) == 5
    assert held_object(rest, labels) == 0


def test_mean_and_seed_of_an_object(prediction):
    mask = torch.from_numpy(instances == 1)
    both = speakers(prediction, mask, 2)
    column = 1024 * prediction.embedding[0, 0][mask].mean()
    assert both["mean"].centre[0] == pytest.approx(float(column), abs=1e-2)
    radius = sharpness_to_margin(torch.exp(10 * prediction.bandwidth[0, 0][mask].mean()))
    assert both["mean"].margin[0] == pytest.approx(float(radius)), "the mean is taken of b, not of the sharpness"
    best = (prediction.seed_map[0, 1] * mask).argmax()
    assert both["seed"].centre[0] == pytest.approx(float(1024 * prediction.embedding[0, 0].flatten()[best]), abs=1e-2)
    assert 0 < both["seed"].iou <= 1
    exact = speakers(split(ideal_output(instances, classes, 2)[None], 2), mask, 2)
    assert exact["mean"].iou == exact["seed"].iou == 1


def test_stills_have_words(prediction):
    masks = {"one": np.stack([instances == 1, instances == 2]), "nothing": np.zeros((0, *instances.shape), bool)}
    stills = (
        show_masks(image, instances, masks, "Two boxes on the left, and nothing at all on the right."),
        show_masks(
            image, instances, masks, "Both boxes in a window of the picture.", window=(50, 110, 240, 200), columns=1
        ),
        show_two_objects((1.2, 5.5)),
        show_speakers(prediction, instances, (1, 2), 2, "car"),
    )
    for still in stills:
        assert len(still.alt) > 30
        check_nothing_is_cut_off(still)
    assert "car 1: IoU" in stills[3].alt
    assert stills[2].alt.endswith("margin 1.2 px: 4 found; margin 5.5 px: 2 found.")


def test_rounds_on_a_line_are_told_one_by_one():
    found = cluster(WORKED.output(), 1, WORKED.seed_threshold, 0.5, WORKED.min_pixels, WORKED.min_unassigned)
    still = show_rounds(WORKED.points_to, found.trace, [WORKED.margin[step.column] for step in found.trace])
    assert "round 1, seed 1: accepted: 3 px, 67% of them new; round 2, seed 4: too small" in still.alt
    assert "round 3, seed 5: accepted: 5 px, 60% of them new" in still.alt
    check_nothing_is_cut_off(still)
