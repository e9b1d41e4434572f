"""Stills of notebook 10: what is drawn, what their words say."""

import numpy as np

from lab.figures.style import WIDTH
from lab.figures.training import show_decay, show_spread


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
