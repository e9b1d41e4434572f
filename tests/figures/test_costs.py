"""Bars of notebook 13: what is added up, what is drawn, and what drops the profiler's chatter."""

import os

import pytest

from lab.figures.costs import REST, group_costs, show_costs
from lab.speed.silence import silenced
from tests.figures.checks import check_nothing_is_cut_off

KINDS = {"sorting": ("sort", "gather"), "memberships": ("exp",)}
EVENTS = [("aten::exp", 60.0, 3), ("aten::sort", 15.0, 2), ("gather", 5.0, 1), ("aten::view", 20.0, 7)]


def test_added_up_by_kind_the_largest_first_and_the_rest_last():
    costs = group_costs(EVENTS, KINDS)
    assert list(costs) == ["memberships", "sorting", REST]
    assert [cost.calls for cost in costs.values()] == [3, 3, 7]
    assert [cost.share for cost in costs.values()] == pytest.approx([0.6, 0.2, 0.2])


def test_no_time_at_all_is_said():
    with pytest.raises(ValueError, match="total time of 0 in 0 operations"):
        group_costs([], KINDS)


def test_bars():
    still = show_costs(group_costs(EVENTS, KINDS), "A loss by kind of work")
    check_nothing_is_cut_off(still)
    assert "memberships 60% in 3 calls; sorting 20% in 3 calls; everything else 20% in 7 calls" in still.alt


def test_silence_ends(capfd):
    with silenced():
        os.write(2, b"chatter\n")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
