"""The explorer as ipywidgets: set a control, see the picture change; only the newest is computed; errors are shown."""

import asyncio
import base64
import io
import os
import time

import pytest
from PIL import Image

from lab.checkpoints import ModelCard, save_model
from lab.clustering import Thresholds
from lab.erfnet import BranchedERFNet
from lab.widgets.explorer import Explorer
from lab.widgets.explorer.models import find_models
from lab.widgets.newest import Newest
from tests.ideal import ideal_output, street


@pytest.fixture
def explorer() -> Explorer:
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    return Explorer(image, output, ("person", "car"), Thresholds(min_pixels=40, seed_threshold=0.7), 2)


def test_it_starts_with_a_picture_on_the_first_seed(explorer):
    assert explorer.picture.png.startswith(b"\x89PNG")
    first = explorer.scenery.found.trace[0]
    assert explorer.picture.pixel == [first.column, first.row] == [explorer.column.value, explorer.row.value]
    assert explorer.error.value == ""


@pytest.mark.parametrize(
    ("control", "value"),
    [("sigma_scale", 0.5), ("seed_threshold", 1.0), ("foreground_threshold", 0.9), ("min_pixels", 500)],
)
def test_a_slider_changes_picture_count_and_drawing(explorer, control, value):
    before = explorer.picture.png, explorer.picture.drawing, len(explorer.scenery.found.masks.nonzero())
    getattr(explorer, control).value = value
    after = explorer.picture.png, explorer.picture.drawing, len(explorer.scenery.found.masks.nonzero())
    assert all(a != b for a, b in zip(after, before, strict=True))
    assert f"<b>{len(explorer.scenery.found)}</b>" in explorer.count.value


def test_no_instances_at_a_seed_threshold_of_one(explorer):
    explorer.seed_threshold.value = 1
    assert "<b>0</b>" in explorer.count.value
    explorer.reset.click()
    assert explorer.seed_threshold.value == 0.7
    assert "<b>6</b>" in explorer.count.value


def test_layers(explorer):
    pictures = set()
    for layer in explorer.layer.options:
        explorer.layer.value = layer
        pictures.add(explorer.picture.png)
    assert len(pictures) == 6
    assert explorer.error.value == ""


def test_boxes_and_picture_choose_the_same_pixel(explorer):
    explorer.picture.pixel = [100, 150]
    assert (explorer.column.value, explorer.row.value) == (100, 150)
    drawing = explorer.picture.drawing
    explorer.column.value = 101
    assert explorer.picture.pixel == [101, 150]
    assert explorer.picture.drawing != drawing
    assert explorer.scenery.reading.pixel == (101, 150)


def test_a_pixel_does_not_cluster_again(explorer):
    found = explorer.scenery.found
    explorer.picture.pixel = [100, 150]
    assert explorer.scenery.found is found
    explorer.min_pixels.value += 1
    assert explorer.scenery.found is not found


def test_an_exception_is_shown_and_goes_away(explorer, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(explorer, "_look", lambda: 1 / 0)
        explorer.sigma_scale.value = 2
        assert "ZeroDivisionError" in explorer.error.value
        assert "division" in explorer.error.value
    explorer.sigma_scale.value = 1
    assert explorer.error.value == ""


def test_an_error_cannot_smuggle_in_markup(explorer, monkeypatch):
    def fail() -> None:
        raise ValueError("<script>alert(1)</script>")

    monkeypatch.setattr(explorer, "_look", fail)
    explorer.sigma_scale.value = 2
    assert "<script>" not in explorer.error.value


def test_a_page_without_a_kernel_gets_a_still_and_a_sentence(explorer):
    bundle, metadata = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    with Image.open(io.BytesIO(base64.b64decode(bundle["image/jpeg"]))) as still:
        assert still.width > 800
    assert "6 instances: 3 person, 3 car" in bundle["text/plain"]
    assert "6 instances" in metadata["image/jpeg"]["alt"]


def test_only_the_newest_is_answered():
    position, shown = 0, []
    newest = Newest(lambda: shown.append(position))

    async def drag() -> None:
        nonlocal position
        for position in range(20):  # noqa: B007
            newest.ask()
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)

    asyncio.run(drag())
    assert shown == [19]
    assert (newest.asked, newest.answered) == (20, 1)


def test_what_is_asked_during_the_work_is_answered_too():
    shown = []

    def work() -> None:
        shown.append(newest.asked)
        if len(shown) == 1:
            newest.ask()

    newest = Newest(work)

    async def once() -> None:
        newest.ask()
        await asyncio.sleep(0.1)

    asyncio.run(once())
    assert shown == [1, 2]


def test_work_that_fails_does_not_silence_what_follows():
    shown = []

    def work() -> None:
        if newest.asked == 1:
            raise RuntimeError("the first")
        shown.append(newest.asked)

    newest = Newest(work)

    async def twice() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        for _ in range(2):
            newest.ask()
            await asyncio.sleep(0.05)

    asyncio.run(twice())
    assert shown == [2]


def test_without_an_event_loop_the_answer_comes_at_once():
    shown = []
    Newest(lambda: shown.append(1)).ask()
    assert shown == [1]


@pytest.fixture
def own_models(tmp_path, monkeypatch):
    """Two runs of one's own, untrained and of one class, the one named new made later."""
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))
    card = ModelCard(1, 1, ("thing",), 0.01, 0.02, 600, 0.5)
    for age, name in ((100, "old"), (0, "new")):
        path = tmp_path / name / "model.safetensors"
        save_model(path, BranchedERFNet(1, 1), card)
        os.utime(path, (time.time() - age,) * 2)
    (tmp_path / "stopped").mkdir()  # a run without a model yet
    return tmp_path


def test_models_of_ones_own_stand_after_the_shipped_ones_newest_first(own_models):
    names = list(find_models())
    assert names[0] == "toyscapes (shipped)"
    assert names[-2:] == ["new (yours)", "old (yours)"]


def test_another_model_brings_its_own_thresholds_and_classes(own_models):
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    explorer = Explorer(image, output, ("person", "car"), Thresholds(min_pixels=40, seed_threshold=0.7), 2)
    first = explorer.picture.png
    assert explorer.model.value == explorer.model.options[0] == "this notebook's"
    explorer.layer.value = "seed map"
    explorer.sigma_scale.value = 2
    explorer.model.value = "new (yours)"
    assert explorer.error.value == ""
    assert explorer.maps.class_names == ("thing",)
    assert explorer.choice.thresholds == Thresholds(0.01, 0.02, 600, 0.5)
    assert explorer.sigma_scale.value == 1
    explorer.model.value = "this notebook's"
    explorer.layer.value = "instances"
    assert explorer.choice.thresholds == Thresholds(0.7, 0.5, 40, 0.5)
    assert explorer.picture.png == first


def test_a_named_model_stands_in_the_list_once(own_models):
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2)
    explorer = Explorer(image, output, ("person", "car"), model="toyscapes (shipped)")
    assert explorer.model.options.count("toyscapes (shipped)") == 1
    assert explorer.model.value == explorer.model.options[0] == "toyscapes (shipped)"


def test_a_model_that_cannot_be_read_is_told_and_the_picture_stays(own_models):
    image, instances, classes = street()
    explorer = Explorer(image, ideal_output(instances, classes, 2), ("person", "car"))
    (own_models / "old" / "model.safetensors").write_bytes(b"broken")
    before = explorer.picture.png
    explorer.model.value = "old (yours)"
    assert "model.safetensors" in explorer.error.value
    assert explorer.model.value == "this notebook's"
    assert explorer.picture.png == before
    explorer.model.value = "new (yours)"
    assert explorer.error.value == ""
    assert explorer.picture.png != before
