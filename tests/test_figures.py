"""Still figures: right colours, right size, words beside the picture."""

import io

import numpy as np
import pytest
from PIL import Image

from lab.figures import (
    OKABE_ITO,
    direction_colours,
    instance_colour,
    scalar_colours,
    show_image,
    show_instances,
    show_method,
    show_offsets,
    show_seed_map,
    show_sigma,
)
from lab.figures.colours import colour_wheel, fade, round_up
from tests.ideal import street


def test_instance_colours_repeat_after_the_palette():
    assert instance_colour(1) == OKABE_ITO[0]
    assert instance_colour(len(OKABE_ITO) + 1) == instance_colour(1)
    assert len({instance_colour(k) for k in range(1, len(OKABE_ITO) + 1)}) == len(OKABE_ITO)


def test_scalar_colours_run_from_dark_blue_to_yellow():
    dark, bright = scalar_colours(np.array([[-1.0, 9.0]]), 0.0, 1.0)[0].astype(int)
    assert dark[2] > dark[0]
    assert bright[0] > 200
    assert bright[2] < 120


def test_log_scale_puts_the_geometric_mean_in_the_middle():
    log = scalar_colours(np.array([[10.0]]), 1.0, 100.0, log=True)
    assert (log == scalar_colours(np.array([[0.5]]), 0.0, 1.0)).all()


@pytest.mark.parametrize(
    ("vector", "colour"),
    [((0, 0), "white"), ((9, 0), "red"), ((0, 9), "yellow-green"), ((-9, 0), "cyan"), ((0, -9), "violet")],
)
def test_directions_have_their_hues(vector, colour):
    red, green, blue = direction_colours(np.array(vector, float).reshape(2, 1, 1), 9.0)[0, 0].astype(int)
    expected = {
        "white": red == green == blue == 242,
        "red": red > 200 and green == blue == 0,
        "yellow-green": red > 100 and green > 200 and blue == 0,
        "cyan": red == 0 and green > 200 and blue > 200,
        "violet": red > 100 and green == 0 and blue > 200,
    }
    assert expected[colour]


def test_longer_offsets_are_stronger_up_to_the_longest():
    colours = direction_colours(np.array([[[1.0, 5.0, 10.0, 20.0]], [[0.0] * 4]]), 10.0)[0]
    blue = colours[:, 2].astype(int)
    assert blue[0] > blue[1] > blue[2] == blue[3] == 0


def test_wheel_is_a_disc():
    wheel = colour_wheel(41)
    assert wheel[0, 0, 3] == 0
    assert wheel[20, 20, 3] == 255
    assert (wheel[20, 20, :3] > 230).all()


def test_fade_leaves_what_is_kept():
    picture = np.full((1, 2, 3), 10, np.uint8)
    faded = fade(picture, np.array([[True, False]]))
    assert (faded[0, 0] == 10).all()
    assert (faded[0, 1] > 150).all()


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.3, 1), (1, 1), (1.2, 2), (3, 5), (6, 10), (10, 10), (99, 100), (101, 200)]
)
def test_round_up(value, rounded):
    assert round_up(float(value)) == rounded


def figures(foreground: np.ndarray) -> dict:
    """One of each, of a scene with this foreground."""
    image, instances, _ = street()
    height, width = instances.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    offset = 9 * np.stack([np.sin(columns / 20), np.cos(rows / 30)])
    sigma = np.exp(offset / 20)
    kept = instances * foreground
    places = np.array([[100.0, 120.0, 20.0, 9.0]] * int(kept.max())).reshape(-1, 4)
    words = "A street of coloured boxes."
    return {
        "image": show_image(image, words),
        "offsets": show_offsets(offset, foreground),
        "sigma": show_sigma(sigma, foreground),
        "circular sigma": show_sigma(sigma[:1], foreground),
        "seed map": show_seed_map(foreground.astype(np.float32), places[:, :2], words),
        "instances": show_instances(image, kept, places, words),
    }


@pytest.mark.parametrize("foreground", ["objects", "nothing", "everything"])
def test_figures_fit_a_notebook_and_say_what_they_show(foreground):
    _, instances, _ = street()
    masks = {"objects": instances > 0, "nothing": instances < 0, "everything": instances >= 0}
    for name, still in figures(masks[foreground]).items():
        bundle, metadata = still._repr_mimebundle_()
        mime = next(kind for kind in bundle if kind.startswith("image/"))
        with Image.open(io.BytesIO(bundle[mime])) as picture:
            assert picture.size == still.pixels.shape[1::-1], name
        assert len(bundle[mime]) < 120_000, name
        assert len(bundle["text/plain"]) > 20, name
        assert metadata[mime]["width"] == 860, name


def test_badges_lie_on_the_offsets_where_they_are_put():
    offset, everywhere = np.ones((2, 60, 120)), np.ones((60, 120), bool)
    without, left, right = (
        show_offsets(offset, everywhere, badges=badges).pixels
        for badges in (None, {9: (20.0, 30.0)}, {9: (100.0, 30.0)})
    )
    columns = [np.flatnonzero((without != with_one).any(-1).any(0)).mean() for with_one in (left, right)]
    assert columns[0] < 0.35 * without.shape[1]
    assert columns[1] > columns[0] + 0.4 * without.shape[1]


def test_instances_change_the_picture():
    _, instances, _ = street()
    with_objects, without = (figures(mask)["instances"].pixels for mask in (instances > 0, instances < 0))
    assert (with_objects != without).any(axis=-1).mean() > 0.05


@pytest.mark.parametrize("seed", [0.9, 0.1])
def test_the_method_in_one_picture_also_where_nothing_is_found(seed):
    image, instances, _ = street(64, 128)
    zeros = np.zeros((2, 64, 128), np.float32)
    centres = np.array([[30.0, 40, 5, 8]], np.float32) if seed > 0.5 else np.zeros((0, 4), np.float32)
    still = show_method(
        image, zeros, zeros + 5, np.full((64, 128), seed, np.float32), instances.astype(np.int64), centres, instances
    )
    assert still.pixels.shape[1] > 1500
    assert still.pixels.std() > 20
