"""The tiny run's scenes: drawn once, the probe not among those that are trained on."""

import json

import pytest

from lab.folders import data_folder
from lab.recordings import read_recording
from lab.training import tiny
from lab.training.presets import PRESETS
from lab.training.settings import differences, settings_to_json
from lab.training.tiny import DATASET, RECIPE, SCENES, SETTINGS, open_tiny, tiny_scenes


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(tiny, "SCENES", {"train": (7,), "val": (9,)})


def test_scenes_are_drawn_once(few, tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))
    folder = tiny_scenes()
    assert folder == tmp_path / "tiny_scenes"
    source, probe = open_tiny(folder)
    assert (len(source), source.class_names) == (1, ("car",))
    assert source[0].image.shape == probe.image.shape == (128, 256, 3)
    assert source.name(0) != probe.name
    assert source[0].instances.max() > 0 < probe.instances.max()
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    (missing := sorted(times)[0]).unlink()
    tiny_scenes()
    assert missing.exists()
    changed = [path for path, time in times.items() if path.stat().st_mtime_ns != time]
    assert {path.name[:22] for path in changed} == {missing.name[:22]}


def test_the_probe_is_never_trained_on():
    """Numbers of the two splits are different streets; the preset knows cars only."""
    assert set(SCENES) == {"train", "val"}
    assert PRESETS["tiny"].classes == ("car",)


def test_it_is_not_taken_for_the_presets_training_on_toyscapes():
    found = json.loads(settings_to_json(PRESETS["tiny"]))
    assert differences(found, SETTINGS) == [f"dataset: found 'toyscapes', expected '{DATASET}'"]


def test_what_ships_says_what_it_was_trained_on():
    """The card as text, the card in the model's header, and the one in the record."""
    from lab.checkpoints import load_model

    models = data_folder() / "models"
    _, origin = read_recording(data_folder() / "recordings" / "run_tiny.npz", RECIPE)
    cards = (
        json.loads((models / "tiny.json").read_text())["settings"],
        load_model(models / "tiny.safetensors").card.settings,
        origin["card"]["settings"],
    )
    for settings in cards:
        assert differences(settings, SETTINGS) == []
