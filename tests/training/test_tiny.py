"""The tiny run's scenes: drawn once, the probe not among those that are trained on."""

import pytest

from lab.training import tiny
from lab.training.settings import PRESETS
from lab.training.tiny import SCENES, open_tiny, tiny_scenes


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
    """Numbers of the two splits are different streets; the recipe's settings are the preset's."""
    assert set(SCENES) == {"train", "val"}
    assert PRESETS["tiny"].classes == ("car",)
