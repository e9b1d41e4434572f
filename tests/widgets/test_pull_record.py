"""The recorded training with and without smoothness: how it is measured, stored, and what ships."""

import numpy as np
import pytest
import torch

from lab.clustering import cluster
from lab.datasets.sample import corner
from lab.losses import SpatialEmbeddingLoss
from lab.widgets.pull.record import WEIGHTS, Smoothed, load, record, save, speak_alone, summary
from tests.ideal import ideal_output


@pytest.fixture(scope="module")
def scene():
    return corner()


@pytest.fixture(scope="module")
def short(scene):
    return record(scene, steps=10, seeds=(0,))


def test_weight_scales_the_smoothness_term_alone(scene):
    output = torch.randn(1, 7, 64, 64)
    labels = [torch.from_numpy(x).long()[None] for x in (scene.instances, scene.classes)]
    plain, off, same = (
        SpatialEmbeddingLoss()(output, *labels),
        Smoothed(0.0)(output, *labels),
        Smoothed(10.0)(output, *labels),
    )
    assert off["smoothness"] == 0 < plain["smoothness"]
    assert same == plain
    assert {k: v for k, v in off.items() if k != "smoothness"} == {k: v for k, v in plain.items() if k != "smoothness"}


@pytest.mark.parametrize("lend_mean", [False, True])
def test_speaking_alone_is_what_the_clustering_makes_of_a_seed(scene, lend_mean):
    output = ideal_output(scene.instances, scene.classes, 3, noise=0.3)[:4]
    output[2:4] += 0.05 * torch.randn(2, 64, 64)
    mask = scene.instances == 5
    ious = speak_alone(output, scene, 5, lend_mean=lend_mean)
    rows, columns = np.nonzero(mask)
    assert len(ious) == len(rows)
    for place in (0, 100, 300):
        seed = torch.where(torch.from_numpy(scene.classes >= 0), 0.5, -9.0)[None].clone()
        seed[0, rows[place], columns[place]] = 9.0
        b = output[2:4].clone()
        if lend_mean:
            b[:, rows[place], columns[place]] = output[2:4, mask].mean(1)
        found = cluster(torch.cat([output[:2], b, seed]), 2, min_pixels=0).masks[0].numpy()
        assert (found & mask).sum() / (found | mask).sum() == pytest.approx(ious[place], abs=0.01)


def test_recording_begins_alike_and_parts_ways(short):
    assert short.factor.shape == (2, 1, 2, 4)
    np.testing.assert_array_equal(short.factor[0, 0, 0], short.factor[1, 0, 0])
    assert (short.factor[0, 0, 1] != short.factor[1, 0, 1]).any()
    np.testing.assert_allclose(short.factor[:, :, 0], 1, atol=1e-6)  # a new network says b = 1 everywhere


def test_stored_and_read_back(short, tmp_path):
    save(short, tmp_path / "recording.npz")
    again = load(tmp_path / "recording.npz")
    for name in ("factor", "iou", "alone", "lent", "found", "steps", "numbers", "weights"):
        np.testing.assert_array_equal(getattr(again, name), getattr(short, name))
    np.testing.assert_allclose(again.output, short.output, atol=2e-3)
    assert "torch" in again.made_with


def test_what_ships_shows_what_the_notebook_says_of_it():
    shipped = load()
    assert tuple(shipped.weights) == WEIGHTS
    assert shipped.numbers.tolist() == [4, 5, 6, 11]
    spread = shipped.factor[:, :, -1].mean(1)
    assert (spread[0] < spread[1]).all(), "with the term every object's pixels agree better"
    assert spread[1, 3] > 1.6
    means = shipped.iou[:, :, -1].mean((1, 2))
    assert means[1] >= means[0] - 0.005, "the instance term does not miss the smoothness"
    worst = shipped.alone[:, :, -1, :, 0].mean(1)
    assert worst[0, 3] - worst[1, 3] > 0.1
    assert shipped.lent[1, :, -1, 3, 0].min() > 0.95, "it is the b, not the embeddings"
    assert "5th percentile" in summary(shipped, 11)
