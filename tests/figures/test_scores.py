"""The score against the overlap: every line and mark is drawn and told."""

import pytest

from lab.figures.scores import show_scores
from tests.figures.checks import check_nothing_is_cut_off

OVERLAPS = (0.5, 0.7, 0.9)


def test_lines_and_published_marks_are_drawn_and_told():
    still = show_scores(OVERLAPS, {"pooled": (0.9, 0.7, 0.3)}, {"others": (0.5, 0.887)})
    check_nothing_is_cut_off(still)
    assert "pooled: from 0.90 at 0.5 to 0.30 at 0.9" in still.alt
    assert "others: 0.887 at 0.5" in still.alt
    lower = show_scores(OVERLAPS, {"pooled": (0.8, 0.7, 0.3)}, {"others": (0.5, 0.887)})
    without = show_scores(OVERLAPS, {"pooled": (0.9, 0.7, 0.3)}, {})
    assert (still.pixels != lower.pixels).any()
    assert (still.pixels != without.pixels).any()


def test_no_more_lines_than_can_be_told_apart():
    with pytest.raises(ValueError, match="found 5 curves"):
        show_scores(OVERLAPS, {str(k): (0.9, 0.7, 0.3) for k in range(5)}, {})
