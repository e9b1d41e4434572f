"""The board's events in Python: each is heard once, also those that were merged on their way."""

import numpy as np

from lab.widgets.board import Board
from lab.widgets.plot import Panel, handle


def event(count: int, kind: str = "key", earlier: tuple = ()) -> dict:
    return {
        "kind": kind, "handle": "a", "x": 0, "y": 0, "dx": count, "dy": 0, "count": count, "earlier": list(earlier),
    }  # fmt: skip


def test_each_event_is_heard_once_and_in_order():
    board, heard = Board(), []
    board.on_event(lambda e: heard.append(e.dx))
    board.event = event(1)
    board.event = event(4, earlier=[event(1), event(2), event(3)])
    board.event = event(5, "drag", earlier=[event(3), event(4)])
    assert heard == [1, 2, 3, 4, 5]


def test_what_came_before_listening_is_not_heard():
    board, heard = Board(), []
    board.event = event(2, earlier=[event(1)])
    board.on_event(lambda e: heard.append(e.dx))
    board.event = event(3, earlier=[event(1), event(2)])
    assert heard == [3]


def test_charts_without_points_and_with_ticks_in_an_array():
    panel = Panel(40, 20, 100, 50, (0, 10), (0, 1))
    for shape in (panel.line([], []), panel.area([], []), panel.dots([], [])):
        assert 'd=""' in shape
    assert panel.line([0, 10], [0, 1]).startswith('<path d="M40.0 70.0L140.0 20.0"')
    assert panel.frame("", "x", "y", np.array([0, 5]), np.array([0.5])) == panel.frame("", "x", "y", (0, 5), (0.5,))


def test_what_moves_along_a_scale_is_a_slider_and_what_moves_in_the_plane_is_not():
    bar = handle("bar", "<path/>", "pixel 1", "logit 0.5", (-2, 0.5, 2))
    assert 'role="slider" aria-label="pixel 1" aria-valuemin="-2" aria-valuenow="0.5" aria-valuemax="2"' in bar
    tip = handle("tip", "<path/>", "arrow 1", "ends at column 3")
    assert "slider" not in tip
    assert "aria-value" not in tip
    assert 'aria-label="arrow 1: ends at column 3"' in tip
