"""The growth of the window: drawn whole, told in numbers."""

from lab.figures.windows import show_windows
from tests.figures.checks import check_nothing_is_cut_off


def test_windows_are_drawn_and_told():
    still = show_windows(["↓", "1", "16"], [3, 7, 1183], [3, 7, 351], {"the street's rows": 256})
    check_nothing_is_cut_off(still)
    assert "from 3 px" in still.alt
    assert "1183 px at the end" in still.alt
    assert "end at 351 px" in still.alt
    other = show_windows(["↓", "1", "16"], [3, 7, 500], [3, 7, 351], {"the street's rows": 256})
    assert (still.pixels != other.pixels).any()
