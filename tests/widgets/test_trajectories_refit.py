"""The seed branch trained on with two targets: what is trained, what a pixel is worth, what ships."""

import json

import numpy as np
import pytest
import torch

from lab.checkpoints import Model
from lab.datasets.cityscapes import CityscapesFolder
from lab.embedding import sigma_to_bandwidth, split
from lab.erfnet import BranchedERFNet
from lab.losses import SpatialEmbeddingLoss
from lab.widgets.trajectories import refit
from tests.heart import CARD
from tests.ideal import ideal_output
from tests.street import write_street


@pytest.fixture
def model() -> Model:
    return Model(BranchedERFNet(2, 8), CARD)


def test_only_the_two_seed_branches_learn_and_differently(model, tmp_path, monkeypatch):
    monkeypatch.setattr(refit, "CROP", (32, 64))
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    branches, history = refit.refit(model, CityscapesFolder(write_street(tmp_path), "train"), 2, 0)
    for name, value in model.network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    phi, mask = (dict(branch.named_parameters()) for branch in branches.seeds)
    assert any(not torch.equal(phi[name], mask[name]) for name in phi)
    assert np.shape(history) == (2, 2)
    assert history[0][0] != history[0][1]


@pytest.mark.parametrize("target", refit.TARGETS)
def test_batch_term_is_the_losses_seed_term(target):
    instances = torch.zeros(2, 16, 24, dtype=torch.int64)
    instances[0, 2:8, 3:9], instances[1, 5:12, 10:20] = 1, 4
    classes = (instances > 0).long()
    output = torch.randn(2, 12, 16, 24) * 0.1
    batch = {"instances": instances, "classes": classes}
    expected = SpatialEmbeddingLoss(seed_target=target)(output, instances, classes)["seed"]
    torch.testing.assert_close(refit.batch_term(split(output, 2), batch, target), expected)


def test_a_pixel_is_worth_the_iou_of_what_it_grows():
    """All pixels of a 6x6 block point to its middle but one, which points far away and gathers only itself."""
    instances = np.zeros((16, 20), np.int64)
    instances[5:11, 4:10] = 1
    output = ideal_output(instances, instances, 1)
    output[2:4] = sigma_to_bandwidth(torch.tensor(1.5))
    output[0, 5, 4] = 300 / 1024
    mask, valid = torch.from_numpy(instances == 1), torch.ones(16, 20, dtype=torch.bool)
    pixels = torch.tensor([[7, 7], [5, 4]])
    valid_worth = refit.grown_iou(split(output[None], 2), pixels, mask, valid)
    assert valid_worth == pytest.approx([35 / 36, 1 / 36])


@pytest.mark.parametrize(("path", "steps", "seed"), refit.RECORDINGS)
def test_what_ships_is_whole_and_says_where_it_is_from(path, steps, seed):
    with np.load(path) as file:
        content = dict(file)
    origin = json.loads(str(content["origin"]))
    assert {"device", "versions", "commit", "recipe"} <= set(origin)
    assert (origin["steps"], origin["seed"]) == (steps, seed)
    objects = len(content["class_index"])
    assert content["history"].shape == (steps, 2)
    assert content["sample_seed"].shape == (objects, 2, refit.SAMPLES)
    assert content["sample_iou"].shape == (objects, refit.SAMPLES)
    assert content["chosen_iou"].shape == (objects, 2)
    assert content["pixels"].min() >= refit.SAMPLES
    assert content["ap"].shape == (2, len(refit.SEED_THRESHOLDS), 2)
    for name in ("sample_seed", "sample_iou", "chosen_iou", "ap"):
        assert content[name].min() >= 0
        assert content[name].max() <= 1


def test_study_is_what_the_file_holds():
    study = refit.load()
    with np.load(refit.RECORDINGS[0][0]) as file:
        np.testing.assert_array_equal(study.score[1, 7], file["sample_seed"][7, 1])
        np.testing.assert_array_equal(study.chosen[0], file["chosen_iou"][:, 0])
        np.testing.assert_array_equal(study.worth, file["sample_iou"])
        assert study.ap[1] == max(file["ap"][1, :, 0])


def test_recorder_writes_what_load_reads(model, tmp_path, monkeypatch):
    root = write_street(tmp_path / "streets", scenes=2)
    write_street(root, scenes=2, split="val")
    monkeypatch.setattr(refit, "CROP", (32, 64))
    monkeypatch.setattr(refit, "shipped_model", lambda name: model)
    monkeypatch.setattr(refit, "dataset_folder", lambda name: root)
    refit.record(tmp_path / "recordings" / "some.npz", 1, 3)
    study = refit.load(tmp_path / "recordings" / "some.npz")
    objects = study.worth.shape[0]
    assert 2 <= objects <= 4, "a car and a person in each scene, unless one hides the other"
    assert study.score.shape == (2, objects, refit.SAMPLES)
    assert study.chosen.shape == (2, objects)
    assert (study.score[0] != study.score[1]).any(), "each target has its own seed map"
