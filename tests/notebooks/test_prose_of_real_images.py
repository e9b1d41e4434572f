"""What the text of notebook 14 says without computing it there: held against what ships, packages and data."""

import csv
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lab.checkpoints import load_model, shipped_model
from lab.datasets.bbbc.command import download
from lab.datasets.scene import Scene
from lab.datasets.sources import open_source
from lab.evaluation.predict import network_output, predict_scene, thresholds_of
from lab.exercises.data_and_labels.practice import write_own
from lab.folders import data_folder
from lab.metrics import nuclei_counts
from lab.training.loop import RunOptions, train
from lab.training.presets import PRESETS
from lab.widgets.editor.compute import draw_scene, find_limits, look, look_ideally
from lab.widgets.editor.ideal import Ideal
from lab.widgets.editor.presets import PRESETS as SCENES
from tests.notebooks.exercises import read


@pytest.fixture(scope="module")
def model():
    return shipped_model("nuclei")


@pytest.fixture(scope="module")
def offline(tmp_path_factory) -> dict[str, list[Scene]]:
    """The four tiles, by split."""
    folder = tmp_path_factory.mktemp("offline") / "nuclei"
    download(folder, offline=True)
    sources = {split: open_source(folder, split) for split in ("train", "val", "test")}
    return {split: [source[i] for i in range(len(source))] for split, source in sources.items()}


def text() -> str:
    return "\n".join(cell.source for cell in read(14).cells if cell.cell_type == "markdown")


def code() -> list[str]:
    return [cell.source for cell in read(14).cells if cell.cell_type == "code"]


def right(model, image, instances, thresholds=None) -> int:
    """Nuclei found with an overlap of at least one half."""
    return int(nuclei_counts(predict_scene(model, image, thresholds).masks.numpy(), instances)[0, 0])


def test_how_many_images_the_split_has():
    with (data_folder() / "nuclei_split.csv").open() as file:
        counts = {"all": 0, "train": 0, "val": 0, "test": 0}
        for row in csv.DictReader(file):
            counts[row["split"]] += 1
            counts["all"] += 1
    assert counts == {"all": 430, "train": 313, "val": 52, "test": 65}
    assert "fetches 430 fluorescence images" in text()
    assert "313 to train on, 52 to choose by, 65 to report on" in text()


def test_the_offline_picture_is_cut_from_a_validation_image(nuclei: Path):
    """So the model was not trained on it, and its thresholds were chosen on it."""
    from stardist.data import test_image_nuclei_2d

    patch = test_image_nuclei_2d()[200:300, 200:300].astype(np.float32)
    with (nuclei / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if min(int(row["width"]), int(row["height"])) > 512]
    likeness = {}
    for row in rows:
        image = np.asarray(Image.open(nuclei / "images" / f"{row['name']}.png").convert("L"), np.float32)
        likeness[row["name"], row["split"]] = cv2.matchTemplate(image, patch, cv2.TM_CCOEFF_NORMED).max()
    (name, split), best = max(likeness.items(), key=lambda item: item[1])
    assert split == "val"
    assert best > 0.95
    assert sorted(likeness.values())[-2] < 0.8, name
    assert "one of the lab's *validation* images" in text()


def test_the_measured_results_are_of_the_model_that_ships(model):
    file = json.loads((data_folder() / "results" / "nuclei_test.json").read_text())
    assert (file["images"], file["split"]) == (65, "test")
    assert file["nuclei_score"] == model.card.evaluation["nuclei_score"]
    at = dict(zip(file["nuclei_score"]["overlaps"], file["nuclei_score"]["pooled"], strict=True))
    assert at[0.9] < 0.6 * at[0.5]  # "why do borders cost so much"
    assert 0.8 < at[0.5] < 0.95  # "in the range where good nuclei models are"
    assert file["nuclei_score"]["pooled"] != file["nuclei_score"]["per_image"]


def test_what_flips_buy():
    """Next to nothing at 0.5, a point or two at the borders; either way of averaging."""
    plain, flips = (
        json.loads((data_folder() / "results" / f"nuclei_test{name}.json").read_text()) for name in ("", "_flips")
    )
    assert (plain["flips"], flips["flips"]) == (False, True)
    overlaps = plain["nuclei_score"]["overlaps"]
    for key in ("pooled", "per_image"):
        gain = {
            t: b - a for t, a, b in zip(overlaps, plain["nuclei_score"][key], flips["nuclei_score"][key], strict=True)
        }
        assert abs(gain[0.5]) < 0.005
        assert 0.01 < gain[0.8] < 0.025
        assert 0.01 < gain[0.9] < 0.025


def test_no_score_of_ours_is_typed_into_the_text():
    """The measured numbers come from the files, so that another model does not make the page wrong."""
    file = json.loads((data_folder() / "results" / "nuclei_test.json").read_text())["nuclei_score"]
    ours = {f"{value:.3f}" for values in (file["pooled"], file["per_image"]) for value in values}
    others = {"0.835", "0.887"}
    assert not (ours - others) & set(re.findall(r"0\.\d{3}\b", text() + "\n".join(code())))


def test_a_rim_of_one_pixel():
    """A nucleus of 20 px across."""
    area, smaller = math.pi * 10**2, math.pi * 9**2
    assert round(area, -1) == 310
    assert round(area - smaller, -1) == 60
    assert smaller / area == pytest.approx(0.81)


def test_raw_outputs_of_far_places():
    assert [round(math.atanh(px / 1024), 2) for px in (100, 512)] == [0.10, 0.55]
    assert [round(math.atanh(px / 1024), 1) for px in (1000, 1023)] == [2.2, 3.8]
    assert "100 px take a raw value of 0.10, 512 px 0.55, 1000 px 2.2 and 1023 px 3.8" in text()


def test_who_finds_what_in_the_editors_scenes(model):
    """Of each scene: what an ideal network that points to centroids misses, and what the model does."""
    thresholds = thresholds_of(model.card)
    lost = {"model": set(), "centroids": set(), "learned": set()}
    for name, things in SCENES.items():
        drawn = draw_scene(things)
        view = look(drawn, network_output(model, drawn.image, prepared=True), 2, thresholds)
        limits = find_limits(drawn, 2, 1, thresholds)
        for who, found in (("model", view.right), ("centroids", limits.centroid), ("learned", limits.learned)):
            if found < limits.objects:
                lost[who].add(name)
    assert lost["centroids"] == {"tiny ones", "concentric"}
    assert lost["learned"] == {"tiny ones"}
    assert lost["model"] > {"thin rods", "diagonal rods", "one huge", "tiny ones"}
    assert not lost["model"] & {"ordinary", "two touching", "nested"}
    rings = look_ideally(draw_scene(SCENES["concentric"]), Ideal(), 2, 1, thresholds)
    assert len(rings.found) == 1


def test_the_shipped_model_knows_bright_on_dark_only(model, offline):
    (scene,) = offline["test"]
    dark = np.clip(225 - 0.75 * scene.image, 0, 255).astype(np.uint8)
    assert right(model, dark, scene.instances) == 0
    plain = right(model, scene.image, scene.instances)
    assert abs(right(model, dark.max() - dark, scene.instances) - plain) <= 2


@pytest.mark.slow
def test_the_same_steps_from_random_weights_find_nothing(tmp_path: Path, offline):
    """The control to the notebook's fine-tuning: the same data and steps, without the shipped weights."""
    for scene in offline["train"]:
        dark = np.clip(225 - 0.75 * scene.image, 0, 255).astype(np.uint8)
        write_own(tmp_path / "own", scene.name, dark, scene.instances, "train")
    settings = replace(
        PRESETS["nuclei"],
        dataset=str(tmp_path / "own"),
        pretrain_steps=45,
        pretrain_crop=(96, 96),
        pretrain_batch=3,
        pretrain_rate=1e-3,
        finetune_steps=0,
    )
    source = open_source(tmp_path / "own", "train", intensity=settings.intensity)
    fresh = load_model(train(settings, source, tmp_path / "run", RunOptions(progress=False)))
    (scene,) = offline["test"]
    dark = np.clip(225 - 0.75 * scene.image, 0, 255).astype(np.uint8)
    for seed_threshold in (0.7, 0.5):
        assert right(fresh, dark, scene.instances, thresholds_of(fresh.card, seed_threshold=seed_threshold)) == 0
    (cell,) = (cell for cell in code() if "start_from=" in cell)
    for line in ("pretrain_steps=45", "pretrain_crop=(96, 96)", "pretrain_batch=3", "pretrain_rate=1e-3"):
        assert line in cell


def test_what_is_said_of_torchvisions_mask_r_cnn():
    import inspect

    from torchvision.models.detection import MaskRCNN
    from torchvision.models.detection.mask_rcnn import MaskRCNNPredictor

    assert inspect.signature(MaskRCNN).parameters["box_nms_thresh"].default == 0.5
    enlarging = MaskRCNNPredictor(8, 8, 2).conv5_mask
    assert "output_size=14" in inspect.getsource(MaskRCNN.__init__)
    assert (enlarging.kernel_size, enlarging.stride, enlarging.padding) == ((2, 2), (2, 2), (0, 0))
    assert "28 x 28 px in torchvision" in text()
    assert "in torchvision's Mask R-CNN the threshold is 0.5" in text()
