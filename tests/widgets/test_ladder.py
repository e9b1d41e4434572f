"""The oracle ladder: what is computed, what is drawn, and the wired figure."""

import numpy as np
import pytest
import torch

from lab.clustering import Thresholds, cluster
from lab.datasets.scene import Scene
from lab.oracle import NAMES, Switches
from lab.widgets.ladder import Ladder, compute, render
from lab.widgets.plot import colour_of
from tests.ideal import ideal_output, street

CLASSES = ("person", "car")
THRESHOLDS = Thresholds(seed_threshold=0.5, min_pixels=8)
RESULTS = {
    "data": "street",
    "split": "val",
    "images": 7,
    "min_region_pixels": 0,
    "rungs": [{"truth": [], "ap": 0.25}, {"truth": ["seeds"], "ap": 0.5}, {"truth": list(NAMES), "ap": 1.0}],
}


def make(results=None) -> Ladder:
    image, instances, classes = street(64, 128)
    output = ideal_output(instances, classes, 2, noise=0.9)
    return Ladder(Scene("street", image, instances, classes), output, CLASSES, 2, THRESHOLDS, results)


@pytest.fixture(scope="module")
def figure():
    return make(RESULTS)


@pytest.fixture(autouse=True)
def all_off(request):
    if "figure" in request.fixturenames:
        shown = request.getfixturevalue("figure")
        for name in NAMES:
            getattr(shown, name).value = False


def test_with_nothing_on_it_is_the_clustering(figure):
    expected = cluster(figure._stage.output, 2, **vars(THRESHOLDS))
    np.testing.assert_array_equal(figure.view.found.masks, expected.masks.numpy())


def test_everything_on_is_perfect(figure):
    for name in NAMES:
        getattr(figure, name).value = True
    assert figure.view.ap == figure.view.ap50 == 1
    assert figure.view.iou.tolist() == [1] * 6
    assert sorted(figure.view.object.tolist()) == [1, 2, 3, 4, 5, 6]
    assert "6 of 6 objects found; striped: 0" in figure.board.shapes
    assert "AP 100.0" in figure.board.shapes
    assert "On 7 images of street (val): AP 100.0 %" in figure.board.alt


def test_every_switch_changes_the_picture(figure):
    for name in NAMES:
        before = figure.board.shapes
        getattr(figure, name).value = True
        assert figure.switches == Switches.of(name)
        assert figure.board.shapes != before, name
        assert figure.error.value == ""
        getattr(figure, name).value = False
        assert figure.board.shapes == before, "back again"


def test_a_choice_that_was_not_measured_is_said(figure):
    figure.sigma.value = True
    assert "not measured" in figure.board.shapes
    assert "not measured" in figure.board.alt
    figure.sigma.value, figure.seeds.value = False, True
    assert "not measured" not in figure.board.shapes
    assert ">50.0<" in figure.board.shapes


def test_without_a_stored_ladder_the_scene_speaks_alone():
    figure = make()
    assert "No ladder of a data set is stored." in figure.board.shapes
    assert "images of" not in figure.board.alt


def test_one_object_is_found_once_by_the_best_score():
    iou = np.array([[0.6, 0.0], [0.9, 0.0], [0.4, 0.5]])
    assert compute._objects(iou, np.array([0.9, 0.8, 1.0])).tolist() == [1, 0, 0]


def test_an_object_of_another_class_is_not_found():
    image, instances, classes = street(64, 128)
    output = ideal_output(instances, np.where(classes == 1, 2, np.where(classes == 2, 1, 0)), 2)
    stage = compute.Stage(Scene("street", image, instances, classes), output, CLASSES, 2, THRESHOLDS)
    view = compute.look(stage, Switches())
    assert len(view.found.masks) == 6
    assert view.right == 0
    assert view.iou.tolist() == [0] * 6


def test_what_is_no_object_is_striped():
    image, instances, classes = street(64, 128)
    output = ideal_output(instances, classes, 2)
    fewer = np.where(instances == 6, 0, instances).astype(np.int32)
    stage = compute.Stage(
        Scene("s", image, fewer, np.where(fewer > 0, classes, 0).astype(np.int16)), output, CLASSES, 2, THRESHOLDS
    )
    view = compute.look(stage, Switches())
    inside = render.paint(stage, view)[instances == 6]
    assert len(np.unique(inside, axis=0)) > 1
    assert (len(view.object) - view.right, view.right) == (1, 5)


def test_found_discs_are_filled_and_missed_ones_hollow():
    image, instances, classes = street(64, 128)
    missed = max(range(1, 7), key=lambda k: render.innermost(instances == k)[2])
    fewer = np.where(instances == missed, 0, instances).astype(np.int32)
    output = ideal_output(fewer, np.where(fewer > 0, classes, 0).astype(np.int16), 2)
    stage = compute.Stage(Scene("street", image, instances, classes), output, CLASSES, 2, THRESHOLDS)
    view = compute.look(stage, Switches())
    assert sorted(view.object.tolist()) == [k for k in range(1, 7) if k != missed]
    discs = render.draw_discs(stage, view).split("<circle")
    look = {k: next(d for d in discs if f">{k}<" in d) for k in range(1, 7)}
    assert 'fill="#ffffff" stroke-dasharray' in look.pop(missed)
    for k, disc in look.items():
        assert f'fill="{colour_of(k)}"' in disc
        assert "dasharray" not in disc
    assert "missed" in render.draw_scene(stage, view)


def test_the_floor_under_the_objects_is_said(figure):
    assert "ignored" not in figure.board.shapes
    floored = make(RESULTS | {"min_region_pixels": 100})
    assert "Objects under 100 px ignored" in floored.board.shapes
    assert "(objects under 100 px ignored)" in floored.board.alt


def test_a_scene_without_objects_and_one_with_very_many():
    image, nothing = np.zeros((32, 48, 3), np.uint8), np.zeros((32, 48), np.int32)
    output = torch.zeros(6, 32, 48)
    empty = Ladder(Scene("s", image, nothing, nothing.astype(np.int16)), output, CLASSES, 2, THRESHOLDS, RESULTS)
    assert empty.error.value == ""
    assert "AP absent" in empty.board.shapes
    many = np.kron(np.arange(1, 97, dtype=np.int32).reshape(8, 12), np.ones((4, 4), np.int32))
    full = Ladder(Scene("s", image, many, np.ones_like(many, np.int16)), output, CLASSES, 2, THRESHOLDS)
    full.foreground.value = True
    assert full.error.value == ""
    assert "of 96 objects found" in full.board.shapes


def test_still_is_the_drawing_with_words(figure):
    still = figure.still()
    assert still.width == render.WIDTH
    assert still.alt == figure.board.alt
    assert still.pixels.std() > 20
