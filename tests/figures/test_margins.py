"""Stills of notebook 02: they fit a notebook, have words, and show what they are given."""

import numpy as np
import pytest

from lab.figures.margins import show_bandwidths, show_each, show_gains, show_gaussians, show_sweep, show_turning
from lab.figures.still import Still

ANGLES, BAR = np.arange(0.0, 91, 15), np.eye(81, dtype=bool)


def sweep(best: float = 7.5) -> Still:
    margins = np.arange(1, 45.5, 0.5)
    return show_sweep(margins, np.stack([np.exp(-(((margins - m) / 9) ** 2)) for m in (best, 25.5)]), {1: "a", 9: "b"})


def gains(last: float = 7.0) -> Still:
    return show_gains({10: np.linspace(5.7, 24, 50).tolist(), 1: np.linspace(5.7, last, 50).tolist()}, wanted=24.0)


def turning(circle: float = 0.9) -> Still:
    heights = {"ellipse, moved": 1.0, "circle, moved": circle, "ellipse": 0.5, "circle": 0.3}
    return show_turning(ANGLES, {name: np.full(7, h) for name, h in heights.items()}, BAR, (14.0, 16.0))


def each(second: float = 0.8) -> Still:
    ways = {
        "one for all": np.array([0.4, 0.6, 0.5]),
        "a circle each": np.array([0.8, second, 0.9]),
        "an ellipse each": np.ones(3),
    }
    return show_each(np.array([300, 20, 4000]), ways)


@pytest.mark.parametrize(
    "still",
    [sweep, gains, turning, each, show_gaussians, lambda: show_bandwidths({"car": 25.5})],
    ids=["sweep", "gains", "turning", "each", "gaussians", "bandwidths"],
)
def test_fits_a_notebook_and_says_what_it_shows(still):
    picture = still()
    assert len(picture.png()) < 60_000
    assert picture.width <= 860
    assert len(picture.alt) > 60


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (sweep(), sweep(best=12.0)),
        (gains(), gains(last=15.0)),
        (turning(), turning(circle=0.7)),
        (each(), each(second=0.2)),
        (show_gaussians(), show_gaussians(sigmas=(4.0, 8.0, 12.0))),
    ],
    ids=["sweep", "gains", "turning", "each", "gaussians"],
)
def test_shows_what_it_is_given(one, other):
    assert one.pixels.shape == other.pixels.shape
    assert (one.pixels != other.pixels).any(-1).mean() > 0.0005
