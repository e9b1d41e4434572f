"""Notebook 06's still figures."""

import numpy as np
import pytest

from lab.datasets.sample import corner
from lab.exercises.the_whole_loss.record import recording
from lab.figures.terms import (
    Run,
    _label_places,
    objects_within,
    shares_colour,
    show_drift,
    show_hearing,
    show_trainings,
)


@pytest.fixture(scope="module")
def recorded():
    return recording()


def test_hearing_says_exact_zeros_and_numbers():
    norms = {"instance": {"offset": 2.0, "seed": 0.0}, "seed": {"offset": 0.0, "seed": 0.001}}
    still = show_hearing(norms)
    assert "instance: offset 2, seed 0" in still.alt
    louder = show_hearing(norms | {"instance": {"offset": 2.0, "seed": 1.0}})
    assert not np.array_equal(still.pixels, louder.pixels)


def test_what_a_mask_holds():
    instances = np.array([[5, 5, 5, 6], [0, 4, 4, 6]])
    assert objects_within(instances > 4, instances) == [5, 6]
    assert objects_within(np.array([[1, 1, 0, 0], [1, 1, 0, 0]], bool), instances) == [5]
    assert objects_within(instances == 0, instances) == []


def test_of_two_with_one_colour_the_lower_gets_squares():
    numbers = (4, 5, 6, 11)
    assert [k for k in numbers if shares_colour(k, numbers)] == [4]


def test_each_training_gets_its_row(recorded):
    one = show_trainings(corner(), {"sound": recorded.outputs["learned 0"]}, ("embeddings", "found", "car"))
    outputs = {name: recorded.outputs[name] for name in ("learned 0", "A")}
    two = show_trainings(corner(), outputs, ("embeddings", "sigma", "person"))
    assert two.pixels.shape[0] > 1.7 * one.pixels.shape[0]
    assert two.pixels.shape[1] == one.pixels.shape[1]
    assert one.alt.endswith("sound, margins of 6 to 10 px, centres 17 to 41 px apart.")


def test_drift_tells_its_ends(recorded):
    paths = {name: recorded.offsets[name] for name in ("learned 0", "centroid 0")}
    still = show_drift(recorded.steps, paths, Run(corner(), recorded.outputs["learned 0"]))
    x, y = recorded.offsets["learned 0"][-1, 0]
    assert f"learned 0: {x:.0f} px right, {y:.0f} px down" in still.alt


def test_runs_are_what_the_notebook_says_of_them(recorded):
    """Sound: four margins apart. A: all in one place. B: wide. One at a time: two places for four objects."""

    def places(name):
        return {k: centre for k, (centre, _) in Run(corner(), recorded.outputs[name]).margins().items()}

    def nearest(name):
        centres = np.array(list(places(name).values()))
        apart = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
        return apart[~np.eye(4, dtype=bool)]

    assert nearest("learned 0").min() > 14
    assert nearest("A").max() < 4
    single = places("one at a time")
    assert np.linalg.norm(single[4] - single[11]) < 4
    assert np.linalg.norm(single[5] - single[6]) < 4
    assert np.linalg.norm(single[4] - single[5]) > 14
    radii = [radius for _, radius in Run(corner(), recorded.outputs["B"]).margins().values()]
    assert np.min(radii) > 25
    assert np.max(radii) < 60


def test_number_labels_keep_apart():
    margins = {k: (np.array([50.0, 50.0 + 0.1 * k]), np.array([5.0, 6.0])) for k in (4, 5, 6, 11)}
    places = np.array(list(_label_places(margins, 100.0).values()))
    assert (np.abs(np.diff(places[:, 1])) > 8).all()
