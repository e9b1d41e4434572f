"""Stills of notebook 04: they draw, they speak, and they show what they are given."""

import numpy as np
import pytest

from lab.figures import pull
from lab.widgets.pull.record import load


@pytest.fixture(scope="module")
def recording():
    return load()


def different(a, b) -> bool:
    return a.pixels.shape != b.pixels.shape or bool((a.pixels != b.pixels).any())


def test_slope():
    distance = np.linspace(0, 5, 50)
    scaled = distance**2 / 2
    still = pull.show_slope(distance, np.exp(-scaled), scaled * np.exp(-scaled))
    assert still.width == 860
    assert "square root of 2" in still.alt


def test_alone_shows_every_spread():
    narrow, wide = np.full(20, 0.9), np.linspace(0.1, 0.9, 20)
    shown = pull.show_alone([1.0, 2.0], [narrow, wide], 0.95, 11)
    assert different(shown, pull.show_alone([1.0, 2.0], [narrow, narrow], 0.95, 11))
    assert "20 seed pixels" in shown.alt
    assert "off by 2.00: from 0.10 to 0.90, median 0.50" in shown.alt


def test_training_shows_both_kinds(recording):
    r = recording
    shown = pull.show_training(r.steps, r.numbers.tolist(), r.factor, r.alone[..., 0], r.iou)
    swapped = pull.show_training(r.steps, r.numbers.tolist(), r.factor[::-1], r.alone[..., 0], r.iou)
    assert different(shown, swapped)


def test_fields_show_masks():
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    sigma = [np.full((20, 20), s) + np.arange(20) / 10 for s in (5.0, 8.0)]
    seeds = np.array([[7, 7], [9, 9]])
    right = pull.show_fields(sigma, mask, mask, seeds, [[mask, mask]] * 2, ["with", "without"])
    wrong = pull.show_fields(sigma, mask, mask, seeds, [[mask, ~mask]] * 2, ["with", "without"])
    assert different(right, wrong)
