"""The explorer without a browser: set a trait, see what goes to the page; only the newest counts; errors are shown."""

import asyncio
import base64
import io
import os
import time

import numpy as np
import pytest
from PIL import Image

from lab.checkpoints import ModelCard, save_model
from lab.clustering import Thresholds
from lab.erfnet import BranchedERFNet
from lab.widgets.explorer import Explorer
from lab.widgets.explorer.compute import LAYERS
from lab.widgets.explorer.models import find_models
from lab.widgets.newest import Newest
from tests.ideal import ideal_output, street


@pytest.fixture
def explorer() -> Explorer:
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    return Explorer(image, output, ("person", "car"), Thresholds(min_pixels=40, seed_threshold=0.7), 2)


def listed(explorer: Explorer) -> np.ndarray:
    """The instances as they went to the browser: centre, sharpness, class, score, seed pixel."""
    return np.frombuffer(explorer.front.instances, "<f4").reshape(-1, 8)


def test_it_starts_on_the_first_seed_with_all_that_the_browser_needs(explorer):
    front, first = explorer.front, explorer.scenery.found.trace[0]
    assert front.pixel == [first.column, first.row] == listed(explorer)[0, 6:].tolist()
    assert len(front.image) == 256 * 512 * 3
    assert len(front.fields) == 256 * 512 * 4 * 2
    assert len(front.seeds) == 256 * 512 * 2
    assert front.own == {"seed_threshold": 0.7, "foreground_threshold": 0.5, "min_pixels": 40}
    assert front.exact["scores"] == pytest.approx(explorer.maps.seed_map[:, first.row, first.column].tolist())
    assert front.png == b""  # the browser paints
    assert explorer.error.value == ""


@pytest.mark.parametrize(
    ("control", "value"),
    [("sigma_scale", 0.5), ("seed_threshold", 1.0), ("foreground_threshold", 0.9), ("min_pixels", 500)],
)
def test_a_slider_clusters_again(explorer, control, value):
    front, before = explorer.front, explorer.scenery.found
    setattr(front, control, value)
    assert explorer.scenery.found is not before
    assert (explorer.scenery.found.labels != before.labels).any()
    assert len(listed(explorer)) == len(explorer.scenery.found)
    t = explorer.choice.thresholds
    assert front.found_for == [front.sigma_scale, t.seed_threshold, t.foreground_threshold, t.min_pixels]
    assert bool(front.why_none) == (len(explorer.scenery.found) == 0)


def test_sharpness_goes_over_as_at_scale_one(explorer):
    """The browser scales it, at once and always from there: so a seed's κ is the same at every scale."""
    once = {tuple(row[6:]): row[2:4] for row in listed(explorer)}
    explorer.front.sigma_scale = 0.5
    again = {tuple(row[6:]): row[2:4] for row in listed(explorer)}
    common = once.keys() & again.keys()
    assert common
    for seed in common:
        np.testing.assert_allclose(again[seed], once[seed], rtol=1e-4)


def test_what_the_browser_does_alone_leaves_the_instances_alone(explorer):
    found, before = explorer.scenery.found, explorer.front.instances
    explorer.front.membership_threshold = 0.8
    explorer.front.layer = "sigma"
    explorer.front.pixel = [100, 150]
    assert explorer.scenery.found is found
    assert explorer.front.instances is before
    assert explorer.front.exact["pixel"] == (100, 150)


def test_a_browser_without_webgl_gets_pictures(explorer):
    explorer.front.pictures = True
    pictures = set()
    for layer in LAYERS:
        explorer.front.layer = layer
        pictures.add(explorer.front.png)
    assert len(pictures) == len(LAYERS)
    assert all(png.startswith(b"\x89PNG") for png in pictures)
    explorer.front.membership_threshold = 0.8
    assert explorer.front.png not in pictures


@pytest.fixture
def judged() -> Explorer:
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    thresholds = Thresholds(min_pixels=40, seed_threshold=0.7)
    return Explorer(image, output, ("person", "car"), thresholds, instances=instances, classes=classes)


def test_with_labels_each_instance_is_judged(judged):
    front = judged.front
    assert len(front.truth) == 256 * 512 * 2
    assert "AP50" in front.truth_words
    assert len(front.overlaps) == len(judged.scenery.found) == 6
    assert all("right" in words for words in front.overlaps)
    before = front.truth_words
    front.min_pixels = 2000
    assert front.truth_words != before
    assert len(front.overlaps) == len(judged.scenery.found) < 6


def test_labels_that_do_not_fit_are_refused():
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2)
    with pytest.raises(ValueError, match="expected both, or neither"):
        Explorer(image, output, ("person", "car"), instances=instances)
    with pytest.raises(ValueError, match="labels of this very image"):
        Explorer(image, output, ("person", "car"), instances=instances[:-1], classes=classes[:-1])
    with pytest.raises(ValueError, match="the labels hold class 4, the model has 2"):
        Explorer(image, output, ("person", "car"), instances=instances, classes=classes * 2)
    mixed = classes.copy()
    mixed[tuple(np.argwhere(instances == 1)[0])] = 1
    with pytest.raises(ValueError, match="instance 1 has pixels of class 1 and of class 2"):
        Explorer(image, output, ("person", "car"), instances=instances, classes=mixed)


def test_an_exception_is_shown_and_goes_away(explorer, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(explorer, "_look", lambda: 1 / 0)
        explorer.front.sigma_scale = 2
        assert "ZeroDivisionError" in explorer.error.value
        assert "division" in explorer.error.value
    explorer.front.sigma_scale = 1
    assert explorer.error.value == ""


def test_an_error_cannot_smuggle_in_markup(explorer, monkeypatch):
    def fail() -> None:
        raise ValueError("<script>alert(1)</script>")

    monkeypatch.setattr(explorer, "_look", fail)
    explorer.front.sigma_scale = 2
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
    thresholds = Thresholds(min_pixels=40, seed_threshold=0.7)
    explorer = Explorer(image, output, ("person", "car"), thresholds, 2, instances=instances, classes=classes)
    front = explorer.front
    first = front.fields, front.seeds, front.instances
    assert front.model_name == front.models[0] == "this notebook's"
    front.layer = "seed map"
    front.seed_class = 2
    front.sigma_scale = 2
    front.model_name = "new (yours)"
    assert explorer.error.value == ""
    assert front.class_names == ["thing"]
    assert explorer.choice.thresholds == Thresholds(0.01, 0.02, 600, 0.5)
    assert (front.sigma_scale, front.seed_class) == (1, 0)
    assert (
        "The labels are of person and car. This model looks for thing, of which they say nothing" in front.truth_words
    )
    front.model_name = "this notebook's"
    assert explorer.choice.thresholds == Thresholds(0.7, 0.5, 40, 0.5)
    assert (front.fields, front.seeds, front.instances) == first
    assert "AP50" in front.truth_words


def test_no_message_to_the_page_mixes_two_models(own_models, monkeypatch):
    """Two classes to one: an instance of class 2 has no name in the new list."""
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2, noise=0.3)
    thresholds = Thresholds(min_pixels=40, seed_threshold=0.7)
    explorer = Explorer(image, output, ("person", "car"), thresholds, instances=instances, classes=classes)
    front = explorer.front
    seen = {name: getattr(front, name) for name in front.keys}
    messages = []

    def send(key: str | set[str]) -> None:
        seen.update({name: getattr(front, name) for name in ({key} if isinstance(key, str) else key)})
        listed = np.frombuffer(seen["instances"], "<f4").reshape(-1, 8)
        messages.append((seen["found_by"], len(listed), len(seen["overlaps"])))
        assert (listed[:, 4] <= len(seen["class_names"])).all()
        assert len(seen["exact"].get("scores", seen["class_names"])) == len(seen["class_names"])
        assert not len(listed) or seen["found_for"]

    assert front.found_by == "this notebook's"
    monkeypatch.setattr(front, "send_state", send)
    with monkeypatch.context() as later:
        later.setattr(explorer.newest, "ask", lambda: None)  # as where an event loop runs
        front.model_name = "new (yours)"
    assert messages[-1] == ("this notebook's", 0, 0)
    assert (front.found_for, front.truth_words, front.exact) == ([], "", {})
    explorer.newest.ask()
    assert front.found_by == "new (yours)"
    front.model_name = "this notebook's"
    assert messages[-1] == ("this notebook's", 6, 6)
    assert explorer.error.value == ""  # where an assertion of send() would stand


def test_what_failed_once_is_made_up_for(explorer, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("lab.widgets.explorer.shell.judge", lambda *_: 1 / 0)
        explorer.front.min_pixels = 2000
        assert "ZeroDivisionError" in explorer.error.value
        assert len(listed(explorer)) == 6
    explorer.front.pixel = [100, 150]
    assert explorer.error.value == ""
    assert len(listed(explorer)) == len(explorer.scenery.found) < 6
    assert explorer.front.found_for[3] == 2000


def test_a_pixel_that_is_not_there_keeps_no_instances_from_the_page(explorer):
    explorer.front.pixel = [9999, 0]
    assert "outside" in explorer.error.value
    explorer.front.min_pixels = 2000
    assert len(listed(explorer)) == len(explorer.scenery.found) < 6


def test_a_named_model_stands_in_the_list_once(own_models):
    image, instances, classes = street()
    output = ideal_output(instances, classes, 2)
    front = Explorer(image, output, ("person", "car"), model="toyscapes (shipped)").front
    assert front.models.count("toyscapes (shipped)") == 1
    assert front.model_name == front.models[0] == "toyscapes (shipped)"


def test_a_model_that_cannot_be_read_is_told_and_the_picture_stays(own_models):
    image, instances, classes = street()
    explorer = Explorer(image, ideal_output(instances, classes, 2), ("person", "car"))
    front = explorer.front
    (own_models / "old" / "model.safetensors").write_bytes(b"broken")
    before = front.fields
    front.model_name = "old (yours)"
    assert "model.safetensors" in explorer.error.value
    assert front.model_name == "this notebook's"
    assert front.fields == before
    front.model_name = "new (yours)"
    assert explorer.error.value == ""
    assert front.fields != before
