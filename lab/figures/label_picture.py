"""Shows a finding: outlines of all labels over the picture, the objects concerned hatched, framed and numbered."""

from collections.abc import Iterable

import cv2
import numpy as np
from jaxtyping import Bool, Int32, UInt8
from PIL import Image, ImageDraw, ImageFont

from lab.datasets.intensity import stretch
from lab.datasets.label_doctor.examine import file_numbers, read_image, read_labels
from lab.datasets.label_doctor.finding import Finding
from lab.datasets.label_doctor.pieces import Box
from lab.datasets.scene import SceneSource
from lab.figures.colours import OKABE_ITO, instance_colour
from lab.overlay import outlines

SIDE = 320  # px of the picture's longer side
CONTEXT = 12  # px around the place, at least; and half of its own size
HATCH = 7  # px from line to line, as shown
TEXT = 13  # px
WHITE, DARK, PAPER = (255, 255, 255), (20, 20, 20), (238, 238, 238)
SKY = OKABE_ITO[1]
# Kinds whose labels say more than the photograph does: both are shown, side by side.
BOTH = frozenset({"size", "lossy", "own mask", "twice", "unsound", "blank"})
DIM = 128  # a picture whose brightest pixels are darker is stretched, to be seen
MOST_NUMBERS = 9  # of one object's pieces, the largest; more cannot be read


def picture(finding: Finding, source: SceneSource) -> UInt8[np.ndarray, "h w 3"]:
    """The place of a finding, enlarged, at most `SIDE` px high and wide; without a place all of the scene.

    Labels are outlined in white on dark; the objects concerned are hatched and bear their number of the file, so that
    nothing hangs on colour.  Where labels and picture are to be compared they stand side by side.
    """
    image = _brightened(read_image(source, finding.index)[0])
    labels, _ = read_labels(source, finding.index)
    if finding.kind in BOTH or image is None or labels is None or image.shape[:2] != labels.shape:
        return _side_by_side(finding, source, image, labels)
    window = _window(finding.where, labels.shape)
    numbers = file_numbers(source, finding.index, labels)
    return _marked(image[window], labels[window], finding.ids, numbers, SIDE)


def _brightened(image: UInt8[np.ndarray, "H W 3"] | None) -> UInt8[np.ndarray, "H W 3"] | None:
    return stretch(image) if image is not None and image.max() > 0 and np.percentile(image, 99.8) < DIM else image


def _window(where: Box | None, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The place with context, inside the picture."""
    if where is None:
        return slice(0, shape[0]), slice(0, shape[1])
    top, left, bottom, right = where
    margin = max(CONTEXT, (bottom - top) // 2, (right - left) // 2)
    return slice(max(top - margin, 0), bottom + margin), slice(max(left - margin, 0), right + margin)


def _side_by_side(
    finding: Finding,
    source: SceneSource,
    image: UInt8[np.ndarray, "H W 3"] | None,
    labels: Int32[np.ndarray, "h w"] | None,
) -> UInt8[np.ndarray, "a b 3"]:
    """Picture and labels, each with its size."""
    half = SIDE // 2 - 2
    window = slice(None), slice(None)
    if image is not None and labels is not None and image.shape[:2] == labels.shape:
        window = _window(finding.where, labels.shape)
    parts = [
        _captioned(None if image is None else _enlarged(image[window], half), "image", image, half),
        _captioned(None if labels is None else _coloured(labels[window], half), "labels", labels, half),
    ]
    height = max(part.shape[0] for part in parts)
    parts = [np.pad(p, ((0, height - p.shape[0]), (0, 4), (0, 0)), constant_values=255) for p in parts]
    return np.concatenate(parts, axis=1)[:, :-4]


def _captioned(
    shown: UInt8[np.ndarray, "h w 3"] | None, word: str, stored: np.ndarray | None, side: int
) -> UInt8[np.ndarray, "a b 3"]:
    """A line of text above a picture; a crossed-out sheet where there is none."""
    words = f"{word}: unreadable" if stored is None else f"{word} {stored.shape[1]}x{stored.shape[0]}"
    sheet = Image.new("RGB", (side, TEXT + 6 + (side if shown is None else shown.shape[0])), WHITE)
    pen = ImageDraw.Draw(sheet)
    pen.text((1, 1), words, font=ImageFont.load_default(size=TEXT), fill=DARK)
    if shown is None:
        box = (0, TEXT + 6, side - 1, sheet.height - 1)
        pen.rectangle(box, fill=PAPER, outline=DARK)
        pen.line(box, fill=DARK)
        pen.line((box[0], box[3], box[2], box[1]), fill=DARK)
    else:
        sheet.paste(Image.fromarray(shown), (0, TEXT + 6))
    return np.array(sheet)


def _marked(
    image: UInt8[np.ndarray, "h w 3"],
    labels: Int32[np.ndarray, "h w"],
    ids: Iterable[int],
    numbers: Iterable[int],
    side: int,
) -> UInt8[np.ndarray, "a b 3"]:
    shown, large = _enlarged(image, side), _enlarged(labels, side)
    concerned = np.isin(large, list(ids))
    edge = outlines(large)
    shown[_wider(edge)] = DARK
    shown[edge] = WHITE
    shown[concerned & _stripes(concerned.shape) & ~_wider(edge)] = SKY
    shown[_wider(edge & concerned)] = SKY
    return _numbered(shown, large, ids, list(numbers))


def _wider(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    return cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)


def _stripes(shape: tuple[int, ...]) -> Bool[np.ndarray, "h w"]:
    rows, columns = np.indices(shape)
    return (rows + columns) % HATCH < 2


def _numbered(
    shown: UInt8[np.ndarray, "h w 3"], labels: Int32[np.ndarray, "h w"], ids: Iterable[int], numbers: list[int]
) -> UInt8[np.ndarray, "h w 3"]:
    """The file's number beside every piece of the objects concerned, the largest few."""
    drawn = Image.fromarray(shown)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(size=TEXT)
    for id in ids:
        _, _, boxes, _ = cv2.connectedComponentsWithStats((labels == id).view(np.uint8), connectivity=8)
        largest = sorted(boxes[1:].tolist(), key=lambda box: -box[4])[:MOST_NUMBERS]
        for x, y, width, height, _ in largest:
            text = str(numbers[id - 1])
            _, _, right, bottom = pen.textbbox((0, 0), text, font=font)
            column = min(max(x + width // 2 - right // 2, 2), drawn.width - right - 2)
            row = y + height + 2 if y + height + bottom + 4 < drawn.height else max(y - bottom - 4, 0)
            pen.rectangle((column - 2, row, column + right + 2, row + bottom + 2), fill=DARK)
            pen.text((column, row), text, font=font, fill=WHITE)
    return np.array(drawn)


def _coloured(labels: Int32[np.ndarray, "h w"], side: int) -> UInt8[np.ndarray, "a b 3"]:
    """Labels alone: a colour for each number, on black."""
    table = np.array([(0, 0, 0), *(instance_colour(k) for k in range(1, 1 + int(labels.max(initial=0))))], np.uint8)
    return _enlarged(table[labels], side)


def _enlarged(values: np.ndarray, side: int) -> np.ndarray:
    """The longer side becomes ``side`` px; every value is one that was there."""
    height, width = values.shape[:2]
    scale = side / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    smooth = values.ndim == 3 and values.dtype == np.uint8 and scale < 1
    if values.dtype == np.int32:
        values = values.astype(np.float64)  # OpenCV resizes no int32; these hold all numbers
    result = cv2.resize(values, size, interpolation=cv2.INTER_AREA if smooth else cv2.INTER_NEAREST)
    return result.astype(np.int32) if result.ndim == 2 else result
