"""Both contenders train, and find what they have learned; Mask R-CNN is told what a scene holds."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lab.baseline.command import open_contenders
from lab.baseline.embeddings import rate_at, training_settings
from lab.baseline.mask_rcnn import build, pace, targets
from lab.baseline.settings import BaselineSettings
from lab.datasets.cityscapes import CityscapesFolder
from lab.training.run_options import RunOptions
from tests.street import SIZE, write_street

SMALL = BaselineSettings(anchors=(8, 16, 32, 64, 128), proposals=20, sampled_boxes=8, mask_batch=1, embedding_batch=2)


@pytest.fixture(scope="module")
def contenders(tmp_path_factory: pytest.TempPathFactory):
    torch.set_num_threads(1)
    root: Path = write_street(tmp_path_factory.mktemp("street"), scenes=2)
    source = CityscapesFolder(root, "train", ("car",))
    options = RunOptions(device="cpu", progress=False)
    return open_contenders(replace(SMALL, dataset=str(root)), source, SIZE, torch.device("cpu"), root, options)


def test_a_scene_becomes_boxes_labels_and_masks():
    instances, classes = torch.zeros(8, 10, dtype=torch.long), torch.zeros(8, 10, dtype=torch.long)
    instances[1:4, 2:7], classes[1:4, 2:7] = 3, 2
    instances[7, 9], classes[7, 9] = 5, 1
    instances[5, 0:2], classes[5, 0:2] = 6, -1  # void: no object
    found = targets(instances, classes)
    assert found["boxes"].tolist() == [[2, 1, 7, 4], [9, 7, 10, 8]]
    assert found["labels"].tolist() == [2, 1]
    assert torch.equal(found["masks"], torch.stack([instances == 3, instances == 5]).to(torch.uint8))


def test_an_empty_scene_has_empty_targets():
    empty = torch.zeros(8, 10, dtype=torch.long)
    found = targets(empty, empty)
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "boxes": (0, 4),
        "labels": (0,),
        "masks": (0, 8, 10),
    }


def test_the_rates_rise_and_fall():
    assert pace(0.0) == pytest.approx(0.01)
    assert pace(0.05) == 1
    assert pace(0.525) == pytest.approx(0.5)
    assert pace(1.0) == pytest.approx(0)
    settings = training_settings(BaselineSettings(), (128, 256))
    assert rate_at(settings, 0.75, 0.0) == (0, 5e-4)
    assert rate_at(settings, 0.75, 0.375) == (0, pytest.approx(5e-4 * 0.5**0.9))
    assert rate_at(settings, 0.75, 0.75) == (1, 2e-4)
    assert rate_at(settings, 0.75, 0.875) == (1, pytest.approx(2e-4 * 0.5**0.9))


def test_crops_and_pixels_belong_to_the_scenes_size():
    settings = training_settings(BaselineSettings(), (128, 256))
    assert (settings.pretrain_crop, settings.finetune_crop, settings.min_pixels) == ((96, 96), (128, 256), 2)
    assert settings.seed_threshold == settings.foreground_threshold == 0.5


def test_both_train_and_predict(contenders):
    image = np.full((*SIZE, 3), 128, np.uint8)
    for contender in contenders:
        before = [weight.detach().clone() for weight in contender.network.parameters()]
        losses = [contender.step(0, 0.2), contender.step(1, 0.8)]
        assert all(map(math.isfinite, losses)), contender.name
        moved = [not torch.equal(*pair) for pair in zip(before, contender.network.parameters(), strict=True)]
        assert np.mean(moved) > 0.8, contender.name
        for picture in (image, image[:40, :50]):
            found = contender.predict(picture)
            assert found.masks.shape[1:] == picture.shape[:2]
            assert found.masks.dtype == bool
            assert len(found.masks) == len(found.scores) == len(found.classes)
        assert str(SIZE[1]) in contender.what
        assert "random weights" in contender.what


def test_both_draw_the_same_whole_scenes(contenders):
    mask_rcnn, embeddings = contenders
    embeddings._begin(1, 5)
    theirs, ours = next(mask_rcnn.feed.batches(5, 6)), next(embeddings._batches)
    assert theirs["scene"] == ours["scene"][:1]
    assert torch.equal(theirs["image"], ours["image"][:1])


def test_the_architecture_is_torchvisions_but_for_the_norm():
    from torchvision.models.detection import maskrcnn_resnet50_fpn

    settings = BaselineSettings(backbone="resnet50")
    with torch.device("meta"):
        ours = build(settings, 1, (512, 1024))
        usual = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2)
    kinds = [[type(module) for module in network.modules()] for network in (ours, usual)]
    norms = {nn.GroupNorm: nn.BatchNorm2d}
    assert [norms.get(kind, kind) for kind in kinds[0]] == kinds[1]
    sizes = [sum(weight.numel() for weight in network.parameters()) for network in (ours, usual)]
    assert sizes[0] == sizes[1]
