"""What holds for every still figure."""

from lab.figures.still import Still


def check_nothing_is_cut_off(still: Still) -> None:
    """Something is drawn, and its first and last lines are empty: no title and no label lost its top or foot."""
    drawn = (still.pixels < 200).any(-1)
    assert drawn.mean() > 0.005
    assert not drawn[[0, -1]].any(), "cut off at the top or at the foot"
    assert not drawn[:, [0, -1]].any(), "cut off at a side"
