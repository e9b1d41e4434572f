"""The still figures of "pixels that point": they fit a notebook, have words, and show what they are given."""

import io

import numpy as np
import pytest
from PIL import Image

from lab.figures.pointing import (
    show_costs,
    show_embeddings,
    show_reach,
    show_spread,
    show_sweep,
    show_touching,
)
from lab.figures.still import Still


def touching(instances: np.ndarray) -> Still:
    image = np.full((*instances.shape, 3), 120, np.uint8)
    return show_touching(image, instances > 0, instances, (30, 40))


def two_objects(gap: int = 0) -> np.ndarray:
    instances = np.zeros((30, 50), np.int32)
    instances[5:25, 5:20], instances[8:22, 20 + gap : 40] = 1, 2
    return instances


def embeddings(shift: float = 0.0) -> Still:
    rng = np.random.default_rng(0)
    places = rng.normal(0, 2, (2, 90)) + np.repeat([[20.0, 40, 60 + shift], [15, 25, 30]], 30, axis=1)
    return show_embeddings(
        np.full((50, 100, 3), 80, np.uint8), places, np.repeat([1, 2, 3], 30), "Three clouds of dots."
    )


def costs(delta: float = 9.0) -> Still:
    rng = np.random.default_rng(0)
    values = {"a large one (1)": rng.rayleigh(6, 500), "a small one (2)": rng.rayleigh(1, 100)}
    return show_costs(values, (1, 2), delta)


def sweep(peak: float = 8.0) -> Still:
    deltas = np.arange(0.5, 40, 0.5)
    curves = {3: np.exp(-((deltas - peak) ** 2) / 50), 5: deltas / 40}
    return show_sweep(deltas, {"one way": curves, "another": curves}, {3: "person", 5: "car"})


def spread(last: float = 12.0) -> Still:
    return show_spread(np.array([5.0, 10, 40]), np.array([6.0, 7, last]))


@pytest.mark.parametrize(
    "still",
    [touching(two_objects()), show_reach(), embeddings(), costs(), sweep(), spread()],
    ids=["touching", "reach", "embeddings", "costs", "sweep", "spread"],
)
def test_fits_a_notebook_and_says_what_it_shows(still):
    data = still.jpeg() if still.photo else still.png()
    assert len(data) < 60_000
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == still.pixels.shape[1::-1]
    assert still.width <= 860
    assert len(still.alt) > 20


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (touching(two_objects()), touching(two_objects(gap=6))),
        (embeddings(), embeddings(shift=20)),
        (costs(), costs(delta=4.0)),
        (sweep(), sweep(peak=12.0)),
        (spread(), spread(last=30.0)),
    ],
    ids=["touching", "embeddings", "costs", "sweep", "spread"],
)
def test_shows_what_it_is_given(one, other):
    assert one.pixels.shape == other.pixels.shape
    assert (one.pixels != other.pixels).any(-1).mean() > 0.001


def test_map_of_classes_shows_one_blob_where_the_labels_show_two():
    """In the middle panel the border between the two objects is not to be seen; in the right one it is."""
    pixels = touching(two_objects()).pixels.astype(int)
    width = pixels.shape[1] // 3
    row = pixels[pixels.shape[0] // 2 - 25]
    middle, right = row[width : 2 * width], row[2 * width :]
    white = np.flatnonzero((middle > 250).all(-1))
    inside = middle[white[len(white) // 4] : white[3 * len(white) // 4]]
    assert (inside > 250).all()
    orange, blue = (
        np.abs(right - colour).sum(-1) for colour in (right[right[:, 0].argmax()], right[right[:, 2].argmax()])
    )
    assert (orange < 30).any()
    assert (blue < 30).any()


def test_curves_need_not_start_at_zero_nor_reach_one():
    deltas = np.array([1.0, 2.0])
    assert "car" in show_sweep(deltas, {"": {1: np.zeros(2), 2: np.ones(2)}}, {1: "car", 2: "bus"}).alt


def test_no_number_hides_another():
    """Two objects at nearly one place: the first one's badge is beside the second one's, its orange rim whole."""
    apart, together = (
        (np.abs(show_spread(np.array([x, 10.0]), np.array([9.0, 9.0])).pixels - [230.0, 159, 0]).sum(-1) < 60).sum()
        for x in (20.0, 10.1)
    )
    assert together > 0.9 * apart > 0


def test_the_hinge_is_flat_up_to_the_margin():
    """Of the blue curve, 9 of 30 px of the axis lie on its lowest line."""
    blue = (np.abs(costs().pixels.astype(int) - (0, 114, 178)).sum(-1) < 30)[:200]
    lowest = np.flatnonzero(blue.any(1)).max()
    columns = np.flatnonzero(blue.any(0))
    flat = np.flatnonzero(blue[lowest - 1 : lowest + 1].any(0))
    assert np.ptp(flat) / np.ptp(columns) == pytest.approx(0.3, abs=0.04)
