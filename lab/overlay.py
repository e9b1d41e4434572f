"""Instances drawn over their image: colours that any colour vision tells apart, outlines, class and score."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image, ImageDraw, ImageFont

from lab.figures.colours import OKABE_ITO

FILL = 0.45  # the colour's share inside an instance; the rest is the image
TEXT_HEIGHT = 1 / 48  # of the picture's height, and at least the size below
SMALLEST_TEXT = 11  # pixels; smaller is not legible
STRIP = 256  # rows coloured at a time
PADDING = 3  # pixels around a caption's text
MOST_HIDDEN = 0.3  # of a caption's area may lie on other instances
WHITE, DARK = (255, 255, 255), (20, 20, 20)

Box = tuple[int, int, int, int]  # left, top, right, bottom


def overlay(
    image: UInt8[np.ndarray, "H W 3"],
    labels: Int[np.ndarray, "H W"],
    scores: Float[np.ndarray, " K"],
    names: Sequence[str],
) -> UInt8[np.ndarray, "H W 3"]:
    """Draw K instances over their image.

    Args:
        image: RGB.
        labels: 0 background, k = the k-th instance.
        scores: of each instance.
        names: each instance's class, for its caption.

    Captions of small instances, and those that would cover another caption, are left out: better a picture that can
    be read than one that says all.
    """
    colours = np.array([(0, 0, 0), *instance_colours(labels, len(scores))], dtype=float)
    picture = np.empty_like(image)
    for top in range(0, len(labels), STRIP):  # a large picture in colours of 8 bytes would take gigabytes
        rows = slice(top, top + STRIP)
        inside = (labels[rows] > 0)[..., None]
        mixed = np.where(inside, (1 - FILL) * image[rows] + FILL * colours[labels[rows]], image[rows])
        picture[rows] = mixed.round().astype(np.uint8)
    picture[outlines(labels)] = WHITE
    captions = [f"{name} {score:.2f}" for name, score in zip(names, scores, strict=True)]
    return _with_captions(picture, labels, captions)


def instance_colours(labels: Int[np.ndarray, "H W"], count: int) -> list[tuple[int, int, int]]:
    """A colour for each of the instances 1..count; neighbours get different ones while colours last."""
    before = earlier_neighbours(labels, count)
    chosen: list[int] = []
    for k in range(count):
        taken = [chosen[other] for other in before[k]]
        order = [(k + shift) % len(OKABE_ITO) for shift in range(len(OKABE_ITO))]
        chosen.append(min(order, key=taken.count))
    return [OKABE_ITO[index] for index in chosen]


def earlier_neighbours(labels: Int[np.ndarray, "H W"], count: int) -> list[list[int]]:
    """Of each instance, counted from 0, those before it that touch it, side by side or one above the other."""
    beside, below = _touching(labels[:, :-1], labels[:, 1:]), _touching(labels[:-1], labels[1:])
    found: list[list[int]] = [[] for _ in range(count)]
    # Only pairs that there are: a table of all pairs takes gigabytes for as many instances as a label image holds.
    for low, high in sorted(beside | below):
        found[high - 1].append(low - 1)
    return found


def _touching(ones: Int[np.ndarray, "h w"], others: Int[np.ndarray, "h w"]) -> set[tuple[int, int]]:
    """Pairs of different instances, the lower number first, that have pixels in the same place of both."""
    meet = (ones != others) & (ones > 0) & (others > 0)
    low, high = np.minimum(ones[meet], others[meet]), np.maximum(ones[meet], others[meet])
    codes = np.unique(low.astype(np.int64) << 32 | high)
    return set(zip((codes >> 32).tolist(), (codes & (2**32 - 1)).tolist(), strict=True))


def outlines(labels: Int[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """The pixels of instances that border on something else; one pixel wide, two where instances touch."""
    beside, below = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edge = np.zeros(labels.shape, dtype=bool)
    edge[:, 1:] |= beside
    edge[:, :-1] |= beside
    edge[1:] |= below
    edge[:-1] |= below
    return edge & (labels > 0)


def _with_captions(
    picture: UInt8[np.ndarray, "H W 3"], labels: Int[np.ndarray, "H W"], captions: Sequence[str]
) -> UInt8[np.ndarray, "H W 3"]:
    from scipy.ndimage import find_objects

    drawn = Image.fromarray(picture)
    pen = ImageDraw.Draw(drawn)
    font = ImageFont.load_default(size=max(SMALLEST_TEXT, picture.shape[0] * TEXT_HEIGHT))
    taken = np.zeros(labels.shape, dtype=bool)  # by captions
    # The largest first: where two captions compete, it is the more prominent instance that is named.
    areas = np.bincount(labels.ravel(), minlength=len(captions) + 1)[1:]
    places = find_objects(labels, max_label=len(captions))
    for k in np.argsort(-areas, kind="stable").tolist():
        if places[k] is None:
            continue
        mask, corner = labels[places[k]] == k + 1, (places[k][0].start, places[k][1].start)
        left, top, right, bottom = pen.textbbox((0, 0), captions[k], font=font)
        size = int(right - left) + 2 * PADDING, int(bottom - top) + 2 * PADDING
        box = caption_box(mask, *size, corner, labels.shape)
        if box is None or taken[_within(box)].any() or _hides_others(box, labels, k + 1):
            continue
        taken[_within(box)] = True
        pen.rectangle(box, fill=DARK)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        pen.text(middle, captions[k], font=font, fill=WHITE, anchor="mm")
    return np.asarray(drawn)


def caption_box(
    mask: Bool[np.ndarray, "h w"],
    width: int,
    height: int,
    corner: tuple[int, int] = (0, 0),
    size: tuple[int, int] | None = None,
) -> Box | None:
    """Where a caption of this size goes, kept inside the picture.

    The mask may be a part of the picture that holds all of the instance: ``corner`` is then its place (row, column)
    and ``size`` the picture's height and width.

    The instance's innermost place if the caption is no larger than the instance, else right above it; None for an
    instance that is hidden or less than twice as high as its caption.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows) or rows[-1] - rows[0] + 1 < 2 * height:
        return None
    if columns[-1] - columns[0] + 1 < width:
        row, column = rows[0] - height // 2 - 1, (columns[0] + columns[-1]) // 2
    else:
        depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    most = size or mask.shape
    left = max(0, min(int(column) + corner[1] - width // 2, most[1] - 1 - width))
    top = max(0, min(int(row) + corner[0] - height // 2, most[0] - 1 - height))
    return left, top, left + width, top + height


def _hides_others(box: Box, labels: Int[np.ndarray, "H W"], own: int) -> bool:
    covered = labels[_within(box)]
    return float(((covered != 0) & (covered != own)).mean()) > MOST_HIDDEN


def _within(box: Box) -> tuple[slice, slice]:
    """The box's pixels, of an array by rows and columns."""
    left, top, right, bottom = box
    return slice(top, bottom), slice(left, right)
