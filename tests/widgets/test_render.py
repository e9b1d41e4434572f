"""What the explorer paints and says in Python, from numbers alone."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lab.clustering import Thresholds
from lab.figures.colours import cividis_table, instance_colour, tint
from lab.widgets.explorer.compute import LAYERS, Choice, read_maps
from lab.widgets.explorer.layers import GROUND, choose_ranges, paint_layer
from lab.widgets.explorer.render import Scenery, look, paint
from lab.widgets.explorer.words import count, why_none
from tests.ideal import ideal_output, street

NAMES = ("person", "car")


def scenery(layer: str = "instances", empty: bool = False, **choice) -> Scenery:
    image, instances, classes = street()
    if empty:
        instances, classes = instances * 0, classes * 0
    maps = read_maps(image, ideal_output(instances, classes, 2, noise=0.1), NAMES)
    chosen = Choice(thresholds=Thresholds(min_pixels=40, seed_threshold=0.7), pixel=(100, 150), layer=layer)
    return look(maps, choose_ranges(maps), replace(chosen, **choice))


def paint_layer_of(seen: Scenery) -> np.ndarray:
    return paint_layer(seen.maps, seen.found, seen.choice, seen.ranges)


@pytest.mark.parametrize("empty", [False, True])
def test_every_layer_is_a_png_of_the_images_size(empty):
    pngs = [paint(scenery(layer, empty)) for layer in LAYERS]
    for png in pngs:
        assert cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR).shape == (256, 512, 3)
    assert empty or len(set(pngs)) == len(LAYERS)


def test_an_unknown_layer_is_refused():
    seen = scenery()
    with pytest.raises(ValueError, match="no layer 'depth'"):
        paint_layer_of(replace(seen, choice=replace(seen.choice, layer="depth")))


def test_sigma_layer_gets_brighter_with_the_scale():
    narrow, wide = (paint_layer_of(scenery("sigma", sigma_scale=s)) for s in (0.5, 2.0))
    table = cividis_table()
    inside = (150, 450)
    assert (table == narrow[inside]).all(1).argmax() < (table == wide[inside]).all(1).argmax()


def test_seed_layer_shows_one_class_or_the_highest():
    person, car, highest = (paint_layer_of(scenery("seed map", seed_class=c)).sum(axis=2) for c in (1, 2, 0))
    assert person[150, 100] < car[150, 100]  # a car
    assert (highest >= person).all()
    assert (highest >= car).all()


def test_embeddings_lie_where_pixels_point():
    seen = scenery("embeddings")
    picture = paint_layer_of(seen)
    number = int(seen.found.labels[150, 100])
    column, row = seen.maps.embedding[:, 150, 100].round().astype(int)
    assert tuple(picture[row, column]) == instance_colour(number)
    assert (picture[0] == GROUND).all()  # nothing points to the sky


def test_tint_colours_instances_and_only_darkens_the_rest():
    image = np.full((2, 2, 3), 100, np.uint8)
    tinted = tint(image, np.array([[0, 1], [0, 0]]))
    assert (tinted[0, 0] == 75).all()
    assert tinted[0, 1, 0] > tinted[0, 1, 2]  # instance 1 is orange


@pytest.mark.parametrize(
    ("changes", "empty", "why"),
    [
        ({"seed_threshold": 0.99}, False, "no seed score reaches the seed threshold 0.99; the highest is 0.980"),
        ({}, True, "no seed score reaches the seed threshold 0.70; the highest is 0.002"),
        (
            {"seed_threshold": 0.98},
            False,
            "no seed score reaches the seed threshold 0.98; the highest is just below it",
        ),
        ({"seed_threshold": 0.0, "foreground_threshold": 0.99}, False, "is above the foreground threshold 0.99"),
        ({"min_pixels": 60_000}, False, " px of a class take part at most, more than 60000 (min_pixels) wanted"),
        ({"min_pixels": 17_000}, False, "the only proposal has 14000 px, more than 17000 (min_pixels) wanted"),
    ],
)
def test_no_instance_has_a_reason(changes, empty, why):
    seen = scenery(empty=empty, thresholds=replace(Thresholds(min_pixels=40, seed_threshold=0.7), **changes))
    assert len(seen.found) == 0
    assert why in why_none(seen.found.trace, seen.maps.seed_map, seen.choice.thresholds)


def test_proposals_that_are_all_rejected_are_the_reason():
    seen = scenery(sigma_scale=0.5)
    steps = [replace(step, accepted=False, proposal_pixels=100 * k) for k, step in enumerate(seen.found.trace[:3], 1)]
    said = [why_none(steps, seen.maps.seed_map, Thresholds(min_pixels=least)) for least in (300, 200)]
    assert said[0] == "all 3 proposals are too small: the largest has 300 px, more than 300 (min_pixels) wanted"
    assert said[1].startswith("of 3 proposals 2 are too small (more than 200 (min_pixels) wanted), the others")


def test_words_count_what_was_found():
    assert count(scenery()) == "6 instances: 3 person, 3 car"
    assert count(scenery(empty=True)) == "0 instances"
    assert count(scenery(thresholds=Thresholds(0.7, min_pixels=9000))) == "1 instance: 1 car"
