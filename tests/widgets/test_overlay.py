"""Lines and arrows drawn over a picture."""

import numpy as np

from lab.widgets import overlay


def test_outline_runs_along_the_mask_with_its_holes():
    mask = np.zeros((9, 9), bool)
    mask[1:8, 1:8] = True
    assert overlay.outline(mask, "#000000").count("M") == 2  # rim and line
    mask[4, 4] = False
    assert overlay.outline(mask, "#000000").count("M") == 4
    assert "M1 1 1 7 7 7 7 1z" in overlay.outline(mask, "#000000")


def test_arrow_ends_at_the_embedding_and_vanishes_where_there_is_no_way():
    assert "L30.0 10.0" in overlay.arrow((10, 10), (30, 10), 8.0)
    assert overlay.arrow((10, 10), (10.2, 10), 8.0) == ""
