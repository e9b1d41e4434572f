"""Notebook 09's stills: they draw, they speak, and void, numbers and rims are to be seen."""

import numpy as np
import pytest

from lab.datasets.sample import street
from lab.exercises.data_and_labels.faults import spoil
from lab.figures import labels
from lab.figures.labels import paint
from tests.figures.checks import check_nothing_is_cut_off


def test_paint_gives_each_number_its_colour_and_void_stripes():
    painted = paint(np.array([[0, 1, 8], [0, 2, 300]]), np.array([[0, 1, 1], [-1, 1, 1]]))
    assert painted[0, 0].tolist() == [labels.NOTHING] * 3
    assert painted[1, 0].tolist() in ([0] * 3, [255] * 3)
    assert painted[0, 1].tolist() == painted[0, 2].tolist() != painted[1, 1].tolist()


def stills():
    rng = np.random.default_rng(0)
    scene = street()
    window = np.s_[96:190, 30:220]
    image, numbers = scene.image[window], scene.instances[window]
    grey = rng.integers(0, 99, (40, 40), dtype=np.uint8)
    words = "A sentence that says what is to be seen in this picture, whatever it is."
    yield "label_file", labels.show_label_file(scene.image, scene.instances, scene.classes, (236, 92, 340, 144))
    yield "light", labels.show_light({w: rng.random((30, 60)) for w in ("one", "two", "three")}, np.array([[3, 4]]))
    yield "pairs", labels.show_pairs({"one": (image, numbers), "other": (image[:, :94], numbers[:, :94])}, words)
    patients = {letter: one[window] for letter, one in spoil(scene.instances).items()}
    yield "maps", labels.show_label_maps(patients, words, image)
    yield "pictures", labels.show_pictures({"a": image, "b": image[:40], "c": image, "d": image[:, :9]}, words)
    yield "stretch", labels.show_stretch({"dim": (grey, grey), "dimmer": (grey // 3, grey)}, words)


@pytest.mark.parametrize(("name", "still"), list(stills()), ids=lambda value: value if isinstance(value, str) else "")
def test_stills_are_drawn_with_words(name, still):
    if name in ("label_file", "light"):
        check_nothing_is_cut_off(still)
    assert len(still.alt) > 60
    assert still.pixels.std() > 20
    assert len(still.jpeg()) < 80_000


def test_pictures_fill_their_places():
    """Each title has a picture below it."""
    red = np.full((40, 60, 3), (255, 0, 0), np.uint8)
    still = labels.show_pictures(
        dict.fromkeys("abcd", red), "Four red sheets of paper under four letters, in two rows."
    )
    seen = (still.pixels == (255, 0, 0)).all(-1)
    assert seen.mean() > 0.2
    assert seen[: len(seen) // 2].any()
    assert seen[len(seen) // 2 :].any()


def test_numbers_are_left_out_where_they_would_hide_everything(monkeypatch):
    drawn = []
    monkeypatch.setattr(labels, "draw_badge", lambda ax, x, y, number: drawn.append((x, y, number)))
    few, many = (np.kron(np.arange(n * n).reshape(n, n), np.ones((20, 20), int)) for n in (2, 9))
    labels.show_label_maps({"x": many}, "Squares of many colours, without numbers.")
    assert drawn == []
    labels.show_label_maps({"x": few}, "Squares of three colours, with numbers.")
    assert [number for *_, number in drawn] == [1, 2, 3]
    assert all(few[int(y), int(x)] == number for x, y, number in drawn)


def test_a_number_on_two_things_stands_on_both(monkeypatch):
    drawn = []
    monkeypatch.setattr(labels, "draw_badge", lambda ax, x, y, number: drawn.append(number))
    apart = np.zeros((30, 60), int)
    apart[5:25, 5:25] = apart[5:25, 35:55] = 4
    labels.show_label_maps({"x": apart}, "Two squares with one number.")
    assert drawn == [4, 4]
