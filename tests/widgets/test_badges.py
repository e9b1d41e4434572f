"""Badges keep apart, near to where they belong, and on the picture."""

import numpy as np
import pytest

from lab.widgets.badges import FARTHEST, GAP, apart, leader

AREA = (0, 0, 200, 100)


def covering(places, sizes):
    """Pairs of badges that cover one another."""
    between = abs(places[:, None] - places) - (sizes[:, None] + sizes) / 2
    return int(np.triu(between.max(axis=-1) < 0, 1).sum())


def test_what_has_room_stays():
    wanted = np.array([[50.0, 50.0], [120.0, 50.0]])
    np.testing.assert_array_equal(apart(wanted, np.full((2, 2), 16.0), AREA), wanted)


@pytest.mark.parametrize(("place", "many"), [((100.0, 50.0), 9), ((0.0, 0.0), 5), ((200.0, 100.0), 5)])
def test_many_at_one_place_are_spread_about_the_first(place, many):
    wanted, sizes = np.tile(place, (many, 1)), np.tile([22.0, 16.0], (many, 1))
    places = apart(wanted, sizes, AREA)
    assert covering(wanted, sizes) == many * (many - 1) / 2
    assert covering(places, sizes + GAP) == 0
    assert (places - sizes / 2 >= 0).all()
    assert (places + sizes / 2 <= AREA[2:]).all()
    np.testing.assert_array_equal(places[0], np.clip(wanted[0], sizes[0] / 2, AREA[2:] - sizes[0] / 2))
    assert np.hypot(*(places - places[0]).T).max() <= FARTHEST


def test_the_second_goes_up():
    places = apart(np.full((2, 2), 50.0), np.full((2, 2), 10.0), AREA)
    assert places[1].tolist() == [50.0, 38.0]


def test_without_room_a_badge_stays_and_none_is_lost():
    wanted = np.full((3, 2), 10.0)
    np.testing.assert_array_equal(apart(wanted, np.full((3, 2), 20.0), (0, 0, 20, 20)), wanted)
    assert apart(np.zeros((0, 2)), np.zeros((0, 2)), AREA).shape == (0, 2)


def test_a_leader_ends_in_a_dot_on_the_thing():
    assert '<circle cx="3.0" cy="4.0"' in leader(3, 4, 20, 30, "#ffffff")
