"""What a model got wrong in an image, side by side: the picture, what is there, what was found; errors are striped."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Int, Int8, UInt8
from PIL import Image, ImageDraw, ImageFont

from lab.figures.colours import OKABE_ITO
from lab.metrics.verdicts import Verdict
from lab.overlay import caption_box

BOX = (400, 640)  # height and width that a panel may have, px
GAP, LINE, PADDING = 8, 24, 3  # px: between panels, of a line of words, around a caption
TEXT, CAPTION = 15, 13  # px
INK, WHITE, HALO = (20, 20, 20), (255, 255, 255), (10, 10, 10)
# Sky blue and vermilion on any picture, light or dark, by the dark line around them; grey: not judged.
COLOURS = {Verdict.RIGHT: OKABE_ITO[1], Verdict.WRONG: OKABE_ITO[5], Verdict.FORGIVEN: (190, 190, 190)}
STRIPES = 5  # px wide
LEGEND = (
    "Left the picture, then what is there, then what was found.  Blue: right, by an overlap (IoU) of more than one "
    "half.  Vermilion and striped: missed, or false.  Grey: not judged."
)


def draw_errors(
    image: UInt8[np.ndarray, "H W 3"],
    there: tuple[Iterable[Bool[np.ndarray, "_ _"]], Int8[np.ndarray, " K"], Sequence[str]],
    found: tuple[Iterable[Bool[np.ndarray, "_ _"]], Int8[np.ndarray, " D"], Sequence[str]],
    words: str,
) -> UInt8[np.ndarray, "h w 3"]:
    """Three panels under a line of words: the picture, the true instances on it, the found ones on it.

    Args:
        image: RGB.
        there, found: masks of the image's size or as `shrunk`, each looked at once; the `Verdict` of each, and a
            caption for each that errors get where there is room.
    """
    size = _fitting(image.shape[:2])
    way = cv2.INTER_AREA if size[0] < image.shape[0] else cv2.INTER_CUBIC
    plain = cv2.resize(image, size[::-1], interpolation=way)
    panels = [plain, *(_marked(plain, *what) for what in (there, found))]
    gap = np.full((size[0], GAP, 3), 255, np.uint8)
    row = np.concatenate([panels[0], gap, panels[1], gap, panels[2]], axis=1)
    return np.concatenate([_line(words, row.shape[1]), row, np.full((GAP, row.shape[1], 3), 255, np.uint8)])


def stack(tiles: Sequence[UInt8[np.ndarray, "h w 3"]]) -> UInt8[np.ndarray, "H W 3"]:
    """The tiles one below the other, under the legend."""
    width = max(tile.shape[1] for tile in tiles)
    rows = [_line(words, width) for words in _wrapped(LEGEND, width)]
    for tile in tiles:
        rows.append(np.pad(tile, ((0, 0), (0, width - tile.shape[1]), (0, 0)), constant_values=255))
    return np.pad(np.concatenate(rows), ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255)


def shrunk(labels: Int[np.ndarray, "H W"]) -> Int[np.ndarray, "h w"]:
    """A label image at a panel's size, the same pixels of it that are taken of masks."""
    size = _fitting(labels.shape)
    return cv2.resize(labels.astype(np.int32), size[::-1], interpolation=cv2.INTER_NEAREST)


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    times = min(most / own for most, own in zip(BOX, size, strict=True))
    return max(1, round(times * size[0])), max(1, round(times * size[1]))


def _marked(
    picture: UInt8[np.ndarray, "h w 3"],
    masks: Iterable[Bool[np.ndarray, "_ _"]],
    verdicts: Int8[np.ndarray, " K"],
    captions: Sequence[str],
) -> UInt8[np.ndarray, "h w 3"]:
    """Outlines, in a dark line that parts them from any picture; stripes on what is wrong, drawn last."""
    size = picture.shape[1::-1]
    marked = picture.copy()
    order = sorted(range(len(verdicts)), key=lambda k: int(verdicts[k]))
    large = [cv2.resize(mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) for mask in masks]
    for k in order:
        if verdicts[k] == Verdict.WRONG:
            _stripe(marked, large[k].astype(bool))
    shapes = [cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)[0] for mask in large]
    for k in order:
        cv2.drawContours(marked, shapes[k], -1, HALO, 3)
    for k in order:
        cv2.drawContours(marked, shapes[k], -1, COLOURS[Verdict(int(verdicts[k]))], 1 + (verdicts[k] == Verdict.WRONG))
    wrong = [(large[k].astype(bool), captions[k]) for k in order if verdicts[k] == Verdict.WRONG and captions[k]]
    return _captioned(marked, wrong)


def _stripe(picture: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"]) -> None:
    rows, columns = np.nonzero(mask)
    on = (rows + columns) // STRIPES % 2 == 0
    colour = np.array(COLOURS[Verdict.WRONG], float)
    chosen = rows[on], columns[on]
    picture[chosen] = (0.35 * picture[chosen] + 0.65 * colour).astype(np.uint8)


def _captioned(
    picture: UInt8[np.ndarray, "h w 3"], wrong: Sequence[tuple[Bool[np.ndarray, "h w"], str]]
) -> UInt8[np.ndarray, "h w 3"]:
    """A caption on each mask, the largest first; those that would cover another one are left out."""
    drawn = Image.fromarray(picture)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(size=CAPTION)
    placed: list[tuple[int, ...]] = []
    for mask, words in sorted(wrong, key=lambda one: -int(one[0].sum())):
        left, top, right, bottom = pen.textbbox((0, 0), words, font=font)
        box = caption_box(mask, int(right - left) + 2 * PADDING, int(bottom - top) + 2 * PADDING)
        if box is None or any(_overlap(box, other) for other in placed):
            continue
        placed.append(box)
        pen.rectangle(box, fill=INK)
        pen.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), words, font=font, fill=WHITE, anchor="mm")
    return np.array(drawn)


def _overlap(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _line(words: str, width: int) -> UInt8[np.ndarray, "h w 3"]:
    """A line of words, dark on white."""
    line = Image.new("RGB", (width, LINE), WHITE)
    ImageDraw.Draw(line).text((0, LINE / 2), words, font=ImageFont.load_default(size=TEXT), fill=INK, anchor="lm")
    return np.array(line)


def _wrapped(words: str, width: int) -> list[str]:
    """The words in lines that fit."""
    font, lines = ImageFont.load_default(size=TEXT), [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
