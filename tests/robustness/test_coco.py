"""COCO files changed in one place: used, or refused by name; never a riddle, never the end of the process."""

from pathlib import Path

import pytest

from lab.datasets.objects import index_objects
from lab.datasets.sources import open_source
from tests.robustness import coco
from tests.robustness.judging import bounded_memory, call, trouble

FILES = {**coco.TEXTS, **{name: coco.changed(change) for name, change in coco.CHANGES.items()}}
NAMED = ("annotations.json", "scene_1", "scene_2")


def use(root: Path) -> None:
    """All that a training and an evaluation ask of a data set."""
    source = open_source(root, "train")
    ", ".join(source.class_names)
    for index in range(len(source)):
        assert source.image_path(index).name.startswith(source.name(index))
        source.checked_labels(index)
        source.labels(index)
        assert all(type(number) is int for number in source.stored_ids(index))
        assert source[index].classes.shape == (48, 64)
    index_objects(source, progress=False)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_used_or_refused_by_name(name: str, tmp_path: Path):
    coco.folder(tmp_path / "train", FILES[name])
    with bounded_memory():
        outcome = call(lambda: use(tmp_path))
    assert trouble(outcome, *NAMED) == ""


def test_the_sound_file_is_used(tmp_path: Path):
    coco.folder(tmp_path / "train", coco.sound())
    assert call(lambda: use(tmp_path)).text == ""


@pytest.mark.parametrize("name", ["counts too few", "counts of fractions", "a ring of NaN", "packed counts too short"])
def test_what_would_be_drawn_by_chance_is_refused(name: str, tmp_path: Path):
    """pycocotools takes each of these, and draws something else than the file says, or what lay in memory."""
    coco.folder(tmp_path / "train", FILES[name])
    assert "annotation 1" in call(lambda: use(tmp_path)).text


def test_an_outline_without_end_is_refused(tmp_path: Path):
    """To and fro across 200,000 px a few kilobytes of numbers would take gigabytes."""
    content = coco.sound()
    content["annotations"][0]["segmentation"] = [[100_000.0, 0.0, -100_000.0, 0.0] * 500]
    coco.folder(tmp_path / "train", content)
    with bounded_memory():
        outcome = call(lambda: use(tmp_path))
    assert "annotation 1" in outcome.text
    assert "px" in outcome.text
