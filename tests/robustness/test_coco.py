"""COCO files changed in one place: used, or refused by name; never a riddle, never the end of the process."""

import tracemalloc
from pathlib import Path

import pytest

from lab.datasets.objects import index_objects
from lab.datasets.sources import open_source
from tests.own import write_coco
from tests.robustness import coco
from tests.robustness.judging import bounded_memory, call, sample, trouble

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


@pytest.mark.parametrize("name", sample(FILES, 3))
def test_a_file_is_used_or_refused_by_name(name: str, tmp_path: Path):
    coco.folder(tmp_path / "train", FILES[name])
    with bounded_memory():
        outcome = call(lambda: use(tmp_path))
    assert trouble(outcome, *NAMED) == ""
    assert outcome.code == 1 or name in coco.USED


def test_the_sound_file_is_used(tmp_path: Path):
    coco.folder(tmp_path / "train", coco.sound())
    assert call(lambda: use(tmp_path)).text == ""


BY_CHANCE = ("counts too few", "counts of fractions", "a ring of NaN", *(name for name in FILES if "packed" in name))


@pytest.mark.parametrize("name", BY_CHANCE)
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


def test_labels_for_a_huge_picture_are_refused_before_they_are_drawn(tmp_path: Path):
    """As large as Pillow opens, beside a picture of 48x64."""
    content = coco.sound()
    for entry in content["images"]:
        entry.update(height=13000, width=13000)
    coco.folder(tmp_path / "train", content)
    with bounded_memory(1 << 28):
        outcome = call(lambda: index_objects(open_source(tmp_path, "train"), progress=False))
    assert trouble(outcome, *NAMED) == ""
    assert "labels of 13000x13000 px, expected 64x48 px" in outcome.text


def test_many_objects_take_no_more_memory_than_few(tmp_path: Path):
    side, count = 1000, 100
    ring = [0.0, 0.0, side, 0.0, side, side, 0.0, side]
    image = {"id": 1, "file_name": "large.png", "height": side, "width": side}
    marks = [{"image_id": 1, "category_id": 10, "segmentation": [ring]} for _ in range(count)]
    source = open_source(write_coco(tmp_path / "train", [image], marks).parent, "train")
    tracemalloc.start()
    try:
        source.checked_labels(0)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < side**2 * count // 2, most
