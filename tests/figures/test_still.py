"""A picture made smaller: the same in fewer dots."""

import numpy as np
import pytest

from lab.figures.still import Still, smaller


def test_smaller_is_the_same_picture_with_fewer_dots():
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, 40:] = 200
    still = smaller(Still(pixels, "Dark left, light right.", 80, photo=True), 20)
    assert still.pixels.shape == (10, 20, 3)
    assert (still.width, still.alt, still.photo) == (20, "Dark left, light right.", True)
    assert (still.pixels[:, :8] < 20).all()
    assert (still.pixels[:, 12:] > 180).all()


@pytest.mark.parametrize("width", [0, 81])
def test_no_width_that_the_picture_does_not_have(width):
    with pytest.raises(ValueError, match=f"found {width}, expected 1 to 80"):
        smaller(Still(np.zeros((40, 80, 3), np.uint8), "Black.", 80), width)
