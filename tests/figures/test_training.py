"""Stills of notebook 10: what is drawn, what their words say."""

import numpy as np

from lab.figures.style import WIDTH
from lab.figures.training import show_decay, show_runs, show_spread


def dark(still) -> float:
    """Share of pixels that are not white."""
    return float((still.pixels.min(-1) < 200).mean())


def test_decay_and_spread_name_their_curves():
    rates = {"power 0.9": np.linspace(1e-3, 0, 50), "power 2": np.linspace(1e-3, 0, 50) ** 2}
    still = show_decay(rates)
    assert all(words in still.alt for words in rates)
    assert dark(still) > 0.01
    still = show_spread({"pairs": [0.2, 0.1], "dozens": np.array([0.05, 0.15])})
    assert "pairs: 0.15 on average" in still.alt
    assert "dozens: 0.10 on average" in still.alt
    assert still.width == round(100 * WIDTH)


def test_runs_give_nothing_away():
    steps = np.arange(10.0, 110, 10)
    curves = {letter: (np.full(10, 1.0 + k), np.full(10, 0.2)) for k, letter in enumerate("ABCD")}
    still = show_runs(steps, curves, second=70)
    assert "4 trainings, A, B, C, D" in still.alt
    assert "the last 30 of them stage 2" in still.alt
    assert dark(still) > 0.01
    assert not np.array_equal(still.pixels, show_runs(steps, curves | {"D": curves["A"]}, second=70).pixels)
