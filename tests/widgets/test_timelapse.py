"""The time-lapse of a run: what a frame says, which runs there are, and the figure moved by its controls."""

import base64
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.checkpoints import ModelCard
from lab.datasets.scene import Scene
from lab.training.recorder import Record, Recorder, make_probe, read_record
from lab.widgets.board.board import Event
from lab.widgets.timelapse import Timelapse
from lab.widgets.timelapse.compute import look, probe_thresholds
from lab.widgets.timelapse.render import curve_panel, draw, nearest_frame, place_of_step, set_stage, stage_ends
from lab.widgets.timelapse.runs import find_records
from lab.widgets.timelapse.words import tell
from tests.ideal import ideal_output, street

CARD = ModelCard(2, 2, ("person", "car"), 0.7, 0.5, 40, 0.5)
STEPS = (40, 10)


class Learner(torch.nn.Module):
    """Says of a picture what it is told to: the ideal output, drowned in noise at first."""

    def __init__(self, output: torch.Tensor) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.output, self.noise = output, 1.0

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        start = torch.zeros_like(self.output)
        start[2:4] = 1
        return (self.noise * start + (1 - self.noise) * self.output)[None] + 0 * self.weight


def write_run(folder: Path, *, known: bool = True) -> Path:
    """A run of 50 steps whose network comes to know the scene (or stays ignorant), with its log."""
    image, instances, classes = street()
    scene = Scene("street", image, instances.astype(np.int32), classes.astype(np.int16))
    probe = make_probe(scene)
    inside = (probe.scene.instances, probe.scene.classes)
    network = Learner(ideal_output(*inside, 2, noise=0.1))
    folder.mkdir(parents=True)
    recorder = Recorder(folder / "record.npz", probe, STEPS, CARD)
    for step in sorted(recorder.moments):
        network.noise = 1 - step / sum(STEPS) * known
        recorder.take(step, network)
    rows = ["stage,step,instance,smoothness,seed,total,learning_rate,seconds"]
    rows += [f"pretrain,{s},{1 - s / 100},0.001,{0.5 - s / 200},{2 - s / 50},0.001,{s}" for s in range(5, 41, 5)]
    rows += [f"finetune,{s},0.5,0.002,0.2,0.72,0.0001,{40 + s}" for s in (5, 10)]
    (folder / "log.csv").write_text("\n".join(rows) + "\n")
    return folder / "record.npz"


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "mine")


@pytest.fixture(scope="module")
def record(path) -> Record:
    return read_record(path)


@pytest.fixture
def figure(path) -> Timelapse:
    return Timelapse({"mine (yours)": path})


def test_the_last_frame_finds_what_the_first_does_not(record):
    first, last = look(record, 0), look(record, len(record.steps) - 1)
    assert (first.step, first.stage, last.step, last.stage) == (0, 0, 50, 1)
    assert (first.right, first.labels.max()) == (0, 0)
    assert last.right == len(last.things) == len(np.unique(record.instances)) - 1
    assert last.mean_iou > 0.95 > 0.5 > first.mean_iou
    for view in (first, last):
        assert view.labels.shape == record.instances.shape
        assert view.embedding.dtype == np.float32


def test_an_untrained_network_points_to_itself_with_a_margin_of_574(record):
    view = look(record, 0)
    for thing in view.things:
        rows, columns = np.nonzero(record.instances == thing.number)
        own = np.array([columns.mean(), rows.mean()]) * record.stride
        np.testing.assert_allclose(thing.centre, own, atol=0.5)
        np.testing.assert_allclose(thing.margin, 5.74, rtol=0.03)


def test_lengths_are_the_pictures_not_the_probes(record):
    """With a stride of two a frame's pixels lie two px apart, and a quarter of the pixels is an object's."""
    assert record.stride == 2
    view = look(record, 0)
    np.testing.assert_allclose(view.embedding[:, 10, 20], (40, 20), atol=0.5)
    assert probe_thresholds(record).min_pixels == CARD.min_pixels / 4


def test_classes_count(record):
    """The right masks under the other class's name are not right."""
    swapped = np.where(record.classes > 0, 3 - record.classes, record.classes).astype(record.classes.dtype)
    last = len(record.steps) - 1
    assert look(replace(record, classes=swapped), last).right == 0


def test_a_picture_without_objects(record):
    empty = replace(record, instances=np.zeros_like(record.instances), classes=np.zeros_like(record.classes))
    view = look(empty, 0)
    assert (view.things, view.right, view.mean_iou) == ((), 0, 0.0)
    assert "untrained" in tell(empty, view)
    assert draw(empty, set_stage(empty), view)


def test_a_run_without_a_log_has_empty_curves(record):
    silent = replace(record, terms=np.zeros((0, 7), np.float32))
    assert "<svg" not in draw(silent, set_stage(silent), look(silent, 3))
    assert stage_ends(silent) == (40, 50)


def test_frames_lie_evenly_on_the_axis_and_are_found_again(record):
    panel = curve_panel(record)
    assert stage_ends(record) == (40, 50)
    for place, step in enumerate(record.steps):
        assert nearest_frame(record, panel.at(place_of_step(int(step)), 0)[0]) == place
    assert nearest_frame(record, -100) == 0
    assert nearest_frame(record, 5000) == len(record.steps) - 1


def test_a_frame_is_written_of_in_words(record):
    words = tell(record, look(record, list(record.steps).index(40)))
    assert "<b>step 40</b> of 50, stage 1" in words
    assert "instance 0.6" in words
    assert "learning rate 0.001" in words


def test_own_runs_stand_after_the_shipped_ones_newest_first(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))
    for age, name in ((100, "old"), (0, "new")):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "record.npz"
        file.write_bytes(b"")
        os.utime(file, (time.time() - age,) * 2)
    names = list(find_records())
    assert names[-2:] == ["new (yours)", "old (yours)"]
    assert names[0] == "tiny (shipped)"


def test_slider_moves_the_picture_and_the_words(figure):
    assert figure.place.value == len(figure.record.steps) - 1
    last, words = figure.board.shapes, figure.words.value
    figure.place.value = 0
    assert figure.board.shapes != last
    assert figure.words.value != words
    assert "step 0 of 50" in figure.board.alt
    assert figure.error.value == ""


def test_the_cursor_is_dragged_and_moved_by_key(figure):
    panel = curve_panel(figure.record)
    x = panel.at(place_of_step(10), 0)[0]
    figure._touched(Event("drag", "frame", x, 600, 0, 0))
    assert figure.record.steps[figure.place.value] == 10
    figure._touched(Event("key", "frame", 0, 0, 1, 0))
    figure._touched(Event("key", "frame", 0, 0, -1, 0))
    assert figure.record.steps[figure.place.value] == 10
    figure._touched(Event("key", "frame", 0, 0, -100, 0))
    assert figure.place.value == 0
    figure._touched(Event("press", "", x, 100, 0, 0))  # into the pictures: nothing to choose there
    assert figure.place.value == 0


def test_another_run_is_chosen(path, tmp_path):
    other = write_run(tmp_path / "other", known=False)
    figure = Timelapse({"one": path, "two": other})
    figure.place.value = 3
    figure.choose.value = "two"
    assert figure.error.value == ""
    assert figure.place.value == len(figure.record.steps) - 1
    assert figure.view(figure.place.value).right == 0
    assert "the run two" in figure.board.alt


def test_a_file_that_is_no_record_is_told_and_can_be_left(path, tmp_path):
    broken = tmp_path / "record.npz"
    broken.write_bytes(b"nothing")
    figure = Timelapse({"one": path, "two": broken})
    before = figure.board.shapes
    figure.choose.value = "two"
    assert "record.npz" in figure.error.value
    assert figure.choose.value == "one"
    assert figure.board.shapes == before


def test_nothing_recorded_and_a_wrong_name_are_said(path):
    with pytest.raises(FileNotFoundError, match="python -m lab train"):
        Timelapse({})
    with pytest.raises(ValueError, match="found 'two', expected one of one"):
        Timelapse({"one": path}, run="two")


def test_a_page_without_a_kernel_gets_a_still_and_a_sentence(figure):
    bundle, metadata = figure._repr_mimebundle_()
    assert len(base64.b64decode(bundle["image/png"])) < 150_000
    assert "Time-lapse of the run mine" in metadata["image/png"]["alt"]
    json.dumps(bundle)
