"""What the text of notebook 10 says of the tiny run and of the main model's log, held against what ships."""

import re
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.checkpoints import shipped_model
from lab.evaluation.predict import network_output, predict_scene
from lab.folders import data_folder
from lab.losses import SpatialEmbeddingLoss
from lab.metrics import iou_matrix
from lab.training.presets import PRESETS
from lab.training.recorder import read_record
from lab.training.tiny import open_tiny, tiny_scenes
from lab.widgets.curves import read_log
from lab.widgets.timelapse.compute import look
from tests.notebooks.exercises import read
from tests.own import write_discs

LEAST = 150  # px, as in the notebook


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    source, probe = open_tiny(tiny_scenes(tmp_path_factory.mktemp("scenes")))
    return [source[i] for i in range(len(source))], probe


def found(scene) -> tuple[int, int]:
    """Cars of at least 150 px that the shipped tiny model finds, and how many there are."""
    masks = predict_scene(shipped_model("tiny"), scene.image).masks.numpy()
    large = [k for k in np.unique(scene.instances) if k and (scene.instances == k).sum() >= LEAST]
    iou = iou_matrix(masks, np.where(np.isin(scene.instances, large), scene.instances, 0))
    return int((iou > 0.5).any(0).sum()), len(large)


def term(scene, name: str) -> float:
    labels = (torch.from_numpy(a).long()[None] for a in (scene.instances, scene.classes))
    return float(SpatialEmbeddingLoss()(network_output(shipped_model("tiny"), scene.image)[None], *labels)[name])


def test_what_a_minute_has_taught(streets):
    trained, probe = streets
    assert tuple(np.sum([found(scene) for scene in trained], 0)) == (10, 12)
    assert found(probe) == (2, 3)
    assert np.mean([term(scene, "instance") for scene in trained]) == pytest.approx(0.83, abs=0.01)
    assert term(probe, "instance") == pytest.approx(0.99, abs=0.01)


def test_the_record_that_ships():
    record = read_record(data_folder() / "recordings" / "run_tiny.npz")
    assert record.steps[-1] == 530
    last = look(record, len(record.steps) - 1)
    assert last.right == 2
    assert look(record, 0).right == 0
    assert record.terms[-1, 5] < record.terms[0, 5] / 2


def test_the_main_models_log():
    log = read_log(data_folder() / "results" / "toyscapes_training.csv")
    first = log.ends[0]
    assert log.mean_of("instance", 1, 50) > 1.2
    assert log.mean_of("instance", first - 100, first) < 1.1
    assert log.mean_of("total", first + 1, first + 30) > log.mean_of("total", first - 100, first) + 0.1  # the step up


def code() -> list[str]:
    return [cell.source for cell in read(10).cells if cell.cell_type == "code"]


def test_the_live_training_is_no_presets_run():
    """The cells with the settings and with the run: a preset's run of that name would go on with other data."""
    lines = "\n".join(code()).splitlines()
    (made,) = (line for line in lines if line.startswith("settings = "))
    (run,) = (line for line in lines if line.startswith("run = "))
    assert "dataset=scenes.name" in made
    assert re.fullmatch(r'run = runs_folder\(\) / "(\w+)"', run)[1] not in PRESETS


def test_the_switch_trains_as_the_command_does(tmp_path: Path):
    """Pictures prepared as the settings say, with a probe and with scenes to validate on."""
    for split in ("train", "val"):
        write_discs(tmp_path / "data" / split)
    (cell,) = (source for source in code() if source.startswith("FULL = False"))
    asked = []
    told = {
        "PRESETS": {"laptop": replace(PRESETS["nuclei"], dataset=str(tmp_path / "data"))},
        "runs_folder": lambda: tmp_path / "runs",
        "Curves": lambda folder: nullcontext(type("Curves", (), {"watch": None})),
        "RunOptions": lambda **options: options,
        "train": lambda *args, **words: asked.append((args, words)),
    }
    exec(cell.replace("FULL = False", "FULL = True"), told)
    ((settings, source, folder, _), words) = asked[0]
    assert (source.split, source.intensity, folder) == ("train", settings.intensity, tmp_path / "runs" / "laptop")
    assert words["probe"].name == "scene_0"
    assert (words["validation"].split, words["validation"].intensity) == ("val", "percentile")


def test_the_text_starts_as_many_processes_as_every_preset_allows():
    text = "\n".join(cell.source for cell in read(10).cells if cell.cell_type == "markdown")
    (count,) = map(int, re.findall(r"--nproc-per-node (\d+)", text))
    assert not any(p.pretrain_batch % count or p.finetune_batch % count for p in PRESETS.values())
