"""Labels as pieces: what hangs together and bears one number."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Int32, Integer, UInt8

Box = tuple[int, int, int, int]  # top, left, bottom, right; the last two just outside
EVERY_NEIGHBOUR = np.ones((3, 3), np.uint8)  # sides and corners


@dataclass(frozen=True)
class Piece:
    """Pixels of one number that touch each other by sides or corners.

    Attributes:
        id: its number in the label image.
        pixels: how many.
        box: around it.
        thin: no pixel of it has all its eight neighbours in the piece.
        touching: it borders on a piece of another number (background is none).
    """

    id: int
    pixels: int
    box: Box
    thin: bool
    touching: bool


def find_pieces(instances: Int32[np.ndarray, "H W"]) -> list[Piece]:
    """All pieces, in the order of their numbers; those of one number largest first."""
    from scipy.ndimage import find_objects

    found = []
    for id, window in enumerate(find_objects(instances), start=1):
        if window is not None:
            found += sorted(_pieces_of(instances, id, window), key=lambda piece: -piece.pixels)
    return found


def _pieces_of(instances: Int32[np.ndarray, "H W"], id: int, window: tuple[slice, slice]) -> list[Piece]:
    top, left = window[0].start, window[1].start
    around = np.pad(instances[window], 1)  # a frame of background: bordering is asked inside the object's own box …
    outside = _with_frame(instances, window)  # … and with what lies just beyond it
    count, numbers, statistics, _ = cv2.connectedComponentsWithStats((around == id).view(np.uint8), connectivity=8)
    found = []
    for k in range(1, count):
        x, y, width, height, pixels = (int(v) for v in statistics[k])
        part = slice(y - 1, y + height + 1), slice(x - 1, x + width + 1)
        mask = (numbers[part] == k).view(np.uint8)
        box = (top + y - 1, left + x - 1, top + y - 1 + height, left + x - 1 + width)
        found.append(Piece(id, pixels, box, _is_thin(mask), _touches(mask, outside[part], id)))
    return found


def _with_frame(instances: Int32[np.ndarray, "H W"], window: tuple[slice, slice]) -> Int32[np.ndarray, "h w"]:
    """The window and one pixel around it; 0 outside the picture."""
    rows, columns = (slice(max(s.start - 1, 0), s.stop + 1) for s in window)
    part = instances[rows, columns]
    before = tuple(int(s.start == 0) for s in window)
    after = tuple(int(s.stop == extent) for s, extent in zip(window, instances.shape, strict=True))
    return np.pad(part, tuple(zip(before, after, strict=True)))


def _is_thin(mask: UInt8[np.ndarray, "h w"]) -> bool:
    return not cv2.erode(mask, EVERY_NEIGHBOUR).any()


def _touches(mask: UInt8[np.ndarray, "h w"], numbers: Int32[np.ndarray, "h w"], id: int) -> bool:
    around = cv2.dilate(mask, EVERY_NEIGHBOUR).astype(bool)
    return bool(((numbers != id) & (numbers > 0) & around).any())


def split_components(labels: Integer[np.ndarray, "H W"]) -> Int32[np.ndarray, "H W"]:
    """Every piece becomes an object of its own, numbered 1..K from the top: for a binary mask of objects that do not
    touch.  Objects that touch stay one, and an object in pieces becomes several: look at the result.

    Pieces of different numbers stay apart; 0 stays background.
    """
    result = np.zeros(labels.shape, np.int32)
    numbers = np.unique(labels[labels != 0])
    for number in numbers.tolist():
        _, parts = cv2.connectedComponents((labels == number).view(np.uint8), connectivity=8)
        result[parts > 0] = parts[parts > 0] + result.max()
    return _from_the_top(result)


def _from_the_top(labels: Int32[np.ndarray, "H W"]) -> Int32[np.ndarray, "H W"]:
    """Numbers 1..K in the order in which a reader of the rows meets them."""
    numbers, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.where(numbers == 0, -1, first), kind="stable")
    table = np.zeros(len(numbers), np.int32)
    table[order] = np.arange(len(numbers)) + (0 if 0 in numbers else 1)
    return table[inverse].reshape(labels.shape)


def touches_all_sides(mask: Bool[np.ndarray, "H W"]) -> bool:
    """Does it reach the picture's four sides?"""
    return bool(mask[0].any() and mask[-1].any() and mask[:, 0].any() and mask[:, -1].any())
