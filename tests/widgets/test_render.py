"""The explorer's pictures and words, from numbers alone."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lab.clustering import Thresholds
from lab.figures.colours import cividis_table
from lab.widgets.explorer import overlay
from lab.widgets.explorer.compute import LAYERS, Choice, read_maps
from lab.widgets.explorer.layers import choose_ranges, paint_layer, tint
from lab.widgets.explorer.legend import legend
from lab.widgets.explorer.render import Scenery, draw, look, paint
from lab.widgets.explorer.words import count, describe, headline, tell_pixel
from tests.ideal import ideal_output, street

NAMES = ("person", "car")
SVG = "{http://www.w3.org/2000/svg}"


def scenery(layer: str = "instances", empty: bool = False, **choice) -> Scenery:
    image, instances, classes = street()
    if empty:
        instances, classes = instances * 0, classes * 0
    maps = read_maps(image, ideal_output(instances, classes, 2, noise=0.1), NAMES)
    chosen = Choice(thresholds=Thresholds(min_pixels=40, seed_threshold=0.7), pixel=(100, 150), layer=layer)
    return look(maps, choose_ranges(maps), replace(chosen, **choice))


def ellipses(drawing: str) -> int:
    """Margins drawn; each is drawn twice, rim and line."""
    return len(ET.fromstring(drawing).findall(f"{SVG}ellipse")) // 2


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("empty", [False, True])
def test_every_layer_is_a_png_of_the_images_size_with_a_drawing(layer, empty):
    seen = scenery(layer, empty)
    pixels = cv2.imdecode(np.frombuffer(paint(seen), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (256, 512, 3)
    drawing = ET.fromstring(draw(seen))
    assert drawing.get("viewBox") == "-0.5 -0.5 512 256"
    instances = 0 if layer == "image" else len(seen.found)
    assert ellipses(draw(seen)) == instances + 1  # and the chosen pixel's own
    assert [t.text for t in drawing.findall(f"{SVG}text")] == [str(k + 1) for k in range(instances)]
    assert legend(seen)


def test_layers_differ():
    assert len({paint(scenery(layer)) for layer in LAYERS}) == len(LAYERS)


def test_an_unknown_layer_is_refused():
    seen = scenery()
    with pytest.raises(ValueError, match="no layer 'depth'"):
        paint_layer(seen.maps, seen.found, seen.reading, replace(seen.choice, layer="depth"), seen.ranges)


def test_sigma_layer_gets_brighter_with_the_scale():
    narrow, wide = (paint_layer_of(scenery("sigma", sigma_scale=s)) for s in (0.5, 2.0))
    table = cividis_table()
    inside = (150, 450)
    assert (table == narrow[inside]).all(1).argmax() < (table == wide[inside]).all(1).argmax()


def paint_layer_of(seen: Scenery) -> np.ndarray:
    return paint_layer(seen.maps, seen.found, seen.reading, seen.choice, seen.ranges)


def test_tint_colours_instances_and_only_darkens_the_rest():
    image = np.full((2, 2, 3), 100, np.uint8)
    tinted = tint(image, np.array([[0, 1], [0, 0]]))
    assert (tinted[0, 0] == 75).all()
    assert tinted[0, 1, 0] > tinted[0, 1, 2]  # instance 1 is orange


def test_outline_runs_along_the_mask_with_its_holes():
    mask = np.zeros((9, 9), bool)
    mask[1:8, 1:8] = True
    assert overlay.outline(mask, "#000000").count("M") == 2  # rim and line
    mask[4, 4] = False
    assert overlay.outline(mask, "#000000").count("M") == 4
    assert "M1 1 1 7 7 7 7 1z" in overlay.outline(mask, "#000000")


def test_arrow_ends_at_the_embedding_and_vanishes_where_there_is_no_way():
    assert "L30.0 10.0" in overlay.arrow((10, 10), (30, 10), 8.0)
    assert overlay.arrow((10, 10), (10.2, 10), 8.0) == ""


def test_words_count_what_was_found():
    assert count(scenery()) == "6 instances: 3 person, 3 car"
    assert count(scenery(empty=True)) == "0 instances"
    assert count(scenery(thresholds=Thresholds(0.7, min_pixels=9000))) == "1 instance: 1 car"
    assert "<b>6</b>" in headline(scenery())


def test_words_tell_the_pixels_story():
    told = tell_pixel(scenery())
    assert "highest for car" in told
    assert "inside its margin" in told
    assert "runner-up" in told
    told = tell_pixel(scenery(pixel=(0, 0)))
    assert "takes no part" in told
    assert "none" in tell_pixel(scenery(empty=True))


def test_alternative_text_names_layer_count_and_pixel():
    words = describe(scenery("sigma"))
    assert "sigma in pixels" in words
    assert "6 instances" in words
    assert "column 100, row 150" in words


def test_scales_carry_units():
    assert "σ in px" in legend(scenery("sigma"))
    assert "px" in legend(scenery("offsets"))
    assert "membership φ in instance" in legend(scenery("membership"))
    assert "the chosen pixel as seed" in legend(scenery("membership", empty=True))
