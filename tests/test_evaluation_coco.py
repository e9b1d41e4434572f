"""The COCO file of `predict`: read by pycocotools, both as annotations and as results, and by the lab itself."""

import json
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from lab.checkpoints import Model, ModelCard
from lab.datasets.own import OwnFolder
from lab.evaluation import predict_files, predict_scene, thresholds_of
from lab.evaluation.coco import CocoFile, file_names
from lab.instances import Step
from lab.regions import Regions, regions_of
from tests.heart import OneClass, drawn

CARD = ModelCard(2, 2, ("big", "small"), 0.5, 0.5, 8, 0.5)


@pytest.fixture
def model() -> Model:
    scenes = [drawn("a", 1), drawn("bb", 2)]
    for scene in scenes:
        scene.classes[scene.instances > 2] = 2
    network = OneClass(scenes, num_classes=2).eval()
    network.scenes = scenes
    return Model(network, CARD)


@pytest.fixture
def written(model, tmp_path) -> Path:
    """Two pictures of one name in two folders, a broken one between them."""
    for folder, scene in zip(("x", "y"), model.network.scenes, strict=True):
        (tmp_path / "in" / folder).mkdir(parents=True)
        Image.fromarray(scene.image).save(tmp_path / "in" / folder / "same ü.png")
    (tmp_path / "in" / "x" / "z.png").write_bytes(b"nothing")
    paths = sorted((tmp_path / "in").rglob("*.png"))
    assert predict_files(model, paths, tmp_path / "out", thresholds_of(CARD), lambda _: None) == 1
    return tmp_path / "out" / "coco.json"


def test_pycocotools_reads_the_masks_that_were_predicted(written, model):
    coco = COCO(written)
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == ["x/same ü.png", "y/same ü.png"]
    assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == ["big", "small"]
    for image, scene in zip(coco.getImgIds(), model.network.scenes, strict=True):
        found = predict_scene(model, scene.image, thresholds_of(CARD))
        entries = coco.loadAnns(coco.getAnnIds(image))
        assert len(entries) == len(found) == 4
        for entry, mask, score, of_class in zip(entries, found.masks, found.scores, found.classes, strict=True):
            np.testing.assert_array_equal(coco.annToMask(entry), mask)
            rows, columns = np.nonzero(mask.numpy())
            sides = np.ptp(columns) + 1, np.ptp(rows) + 1
            assert entry["bbox"] == [columns.min(), rows.min(), *sides]
            assert entry["area"] == mask.sum()
            assert entry["score"] == pytest.approx(float(score), abs=1e-6)
            assert (entry["category_id"], entry["iscrowd"]) == (of_class, 0)


def test_its_annotations_are_results_for_cocoeval(written):
    truth = COCO(written)
    results = truth.loadRes(json.loads(written.read_text())["annotations"])
    scoring = COCOeval(truth, results, "segm")
    scoring.evaluate()
    scoring.accumulate()
    scoring.summarize()
    assert scoring.stats[0] == 1


def test_the_lab_reads_it_as_labels_of_ones_own(written, tmp_path, model):
    content = json.loads(written.read_text())
    (tmp_path / "own" / "train" / "images").mkdir(parents=True)
    for number, (image, scene) in enumerate(zip(content["images"], model.network.scenes, strict=True)):
        image["file_name"] = f"{number}.png"  # the reader asks for names without folders that differ
        Image.fromarray(scene.image).save(tmp_path / "own" / "train" / "images" / f"{number}.png")
    (tmp_path / "own" / "train" / "annotations.json").write_text(json.dumps(content))
    folder = OwnFolder(tmp_path / "own", "train")
    assert folder.class_names == ("big", "small")
    labels = predict_scene(model, model.network.scenes[1].image, thresholds_of(CARD)).labels.numpy()
    np.testing.assert_array_equal(folder[1].instances > 0, labels > 0)


def test_overlapping_masks_stay_whole():
    masks = np.zeros((2, 6, 9), bool)
    masks[0, :4, :5], masks[1, 2:, 3:] = True, True
    file = CocoFile(("thing",))
    file.add("a.png", regions(masks, (0.8, 0.9)))
    assert [entry["area"] for entry in file.annotations] == [20, 24]
    assert [entry["bbox"] for entry in file.annotations] == [[0, 0, 5, 4], [3, 2, 6, 4]]
    assert json.loads(file.content())["images"] == [{"id": 1, "file_name": "a.png", "width": 9, "height": 6}]


def regions(masks: np.ndarray, scores) -> Regions:
    """As the clustering would give them."""
    steps = [Step(1, 0, 0, score, (0.0, 0.0), (1.0, 1.0), 1, 1, True, "") for score in scores]
    return regions_of(steps, [np.flatnonzero(mask) for mask in masks], masks.shape[1:])


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7)).filter(np.any))
def test_run_lengths_are_pycocotools_own(mask):
    """Of any shape: one pixel, the first and the last one, all, runs from one column into the next."""
    file = CocoFile(("thing",))
    file.add("a.png", regions(mask[None], (0.9,)))
    (entry,), expected = file.annotations, coco_mask.encode(np.asfortranarray(mask, np.uint8))
    assert entry["segmentation"] == expected | {"counts": expected["counts"].decode()}
    assert entry["area"] == mask.sum()


def test_names_are_below_the_folder_of_all(tmp_path):
    assert file_names([tmp_path / "a.png", tmp_path / "b.png"]) == ["a.png", "b.png"]
    assert file_names([tmp_path / "a.png", tmp_path / "x" / "a.png"]) == ["a.png", "x/a.png"]


def test_a_full_disk_leaves_an_older_file_as_it_was(written, model, tmp_path, monkeypatch):
    before = written.read_bytes()
    paths = [tmp_path / "in" / "x" / "same ü.png"]

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab.folders.os.replace", full)
    with pytest.raises(OSError, match="could not save"):
        predict_files(model, paths, written.parent, thresholds_of(CARD), lambda _: None)
    assert written.read_bytes() == before
    assert not list(written.parent.glob("*.part"))
