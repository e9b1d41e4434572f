"""The board's events in Python: each is heard once, also those that were merged on their way."""

from lab.widgets.board import Board


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
