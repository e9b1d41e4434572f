"""Stills of notebook 12: what is drawn, what their words say, and that nothing is cut off."""

import numpy as np
import pytest

from lab.comparison import dealings
from lab.figures.ablations import show_dealings, show_pairs, show_race, show_reported, tell_values
from tests.figures.checks import check_nothing_is_cut_off

WHERE = ("reported: Cityscapes val", "ours: a street")


def test_reported_beside_ours():
    ours = {"fixed": np.array([10.0, 12.0, 11.0]), "learned": ()}
    still = show_reported({"fixed": 28.0, "learned": 38.7}, ours, WHERE)
    check_nothing_is_cut_off(still)
    assert "fixed: 28.0 reported, ours 11.0 (10.0 to 12.0)" in still.alt
    assert "learned: 38.7 reported, ours not recorded" in still.alt


@pytest.mark.parametrize("second", [[1.0, 2.0, 3.0], [8.0, 8.5, 9.0], [6.0]])
def test_dealings(second):
    still = show_dealings(dealings([5.0, 6.0, 7.0], second), "difference (points)")
    check_nothing_is_cut_off(still)
    assert f"of {20 if len(second) == 3 else 4} at least so far ahead" in still.alt


def test_equal_results_have_equal_dealings():
    still = show_dealings(dealings([4.0, 4.0], [4.0, 4.0]), "difference (points)")
    assert "6 of 6" in still.alt


def test_pairs():
    pairs = {letter: ((30.0, 31.0), (28.0, 28.0)) for letter in "ABCD"}
    still = show_pairs(pairs, {letter: "both 400 steps" for letter in pairs})
    check_nothing_is_cut_off(still)
    assert "D (both 400 steps): new 30.5 (30.0 to 31.0), old 28.0" in still.alt


def test_race():
    minutes = {"Mask R-CNN": [1.0, 2.0], "the method": [1.0, 2.0]}
    scores = {m: {"Mask R-CNN": [np.nan, 3.0], "the method": [2.0, np.nan]} for m in ("AP", "AP50")}
    still = show_race(minutes, scores, "256x128")
    check_nothing_is_cut_off(still)
    assert "AP of Mask R-CNN 3.0 after 2 minutes" in still.alt
    assert "AP50 of the method 2.0" in still.alt
    nothing = show_race({"a": []}, {"AP": {"a": []}}, "256x128")
    assert "not measured" in nothing.alt
    assert "not recorded" in show_race({}, {"AP": {}, "AP50": {}}, "").alt


def test_values_in_words():
    assert tell_values([1.0, 2.0]) == "1.5 (1.0 to 2.0)"
    assert tell_values([]) == "not recorded"
