"""The one real microscope image that comes with stardist, cut into windows: who is ill, and who is tried on."""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int32, UInt8

from lab.datasets.intensity import stretch

SEEN = (256, 256, 128)  # top, left, side of the window in which the patients are shown
HELD_OUT = (256, 0, 192)  # where a mended model is scored; no figure of the exercises shows it
OTHER = ((0, 0, 128), (0, 256, 128))  # for pictures of other exposures
PRACTICE = ((128, 256, 128), (128, 384, 128))  # pictures at hand for who mends a network


class Window(NamedTuple):
    """A part of the field: grey values as in the file, and the number of each pixel's nucleus (0: none)."""

    picture: UInt8[np.ndarray, "H W"]
    truth: Int32[np.ndarray, "H W"]


@cache
def field() -> Window:
    """All of the image, 512x512 px.  Its file has 16 bits, but no value above 255."""
    from stardist.data import test_image_nuclei_2d

    picture, truth = test_image_nuclei_2d(return_mask=True)
    return Window(picture.astype(np.uint8), truth.astype(np.int32))


def window(place: tuple[int, int, int]) -> Window:
    """A square of the field: top, left, side, in px.  The caller may write into it."""
    top, left, side = place
    inside = np.s_[top : top + side, left : left + side]
    return Window(field().picture[inside].copy(), field().truth[inside].copy())


def stretched(place: tuple[int, int, int]) -> UInt8[np.ndarray, "H W"]:
    """A square of the field as the nuclei model wants it."""
    return stretch(window(place).picture)
