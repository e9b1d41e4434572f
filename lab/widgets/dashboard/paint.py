"""Small pictures of a scene: the labelled objects, and what an arm made of them."""

import base64
from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Integer, UInt8

from lab.comparison import Scenes
from lab.figures.colours import instance_colour
from lab.widgets.dashboard.compute import Key, Outcomes
from lab.widgets.shapes import borders

SIZE = 308, 154  # dots: width, height
WRONG = (200, 200, 200)
STRENGTH = 0.6
QUALITY = 85
TRUTH = "truth"


def paint_all(scenes: Scenes, outcomes: Outcomes) -> dict[Key, UInt8[np.ndarray, "h w 3"]]:
    """Every recorded picture by (arm, seeds, scene), and the labels by (TRUTH, "", scene)."""
    painted = {}
    for scene, (image, truth) in enumerate(zip(scenes.image, scenes.truth, strict=True)):
        everyone = {k: k for k in range(1, int(truth.max()) + 1)}
        painted[TRUTH, "", scene] = paint(image, truth, truth, everyone)
    for (arm, seeds, scene), owners in outcomes.owners.items():
        found = scenes.labels[arm, seeds][scene]
        painted[arm, seeds, scene] = paint(scenes.image[scene], scenes.truth[scene], found, owners)
    return painted


def paint(
    image: UInt8[np.ndarray, "H W 3"],
    truth: Integer[np.ndarray, "H W"],
    labels: Integer[np.ndarray, "H W"],
    owners: Mapping[int, int],
) -> UInt8[np.ndarray, "h w 3"]:
    """Instances in the colour of the object that is theirs, grey with a cross where there is none; truth outlined."""
    table = np.zeros((int(labels.max()) + 1, 3), np.float32)
    for number, owner in owners.items():
        table[number] = instance_colour(owner) if owner else WRONG
    small = cv2.resize(labels, SIZE, interpolation=cv2.INTER_NEAREST)
    weight = np.where(small > 0, STRENGTH, 0.25).astype(np.float32)[..., None]
    picture = cv2.resize(image, SIZE, interpolation=cv2.INTER_LINEAR) * (1 - weight) + table[small] * weight
    picture = np.ascontiguousarray(picture.astype(np.uint8))
    scale = np.array(SIZE) / (truth.shape[1], truth.shape[0])
    for number in np.unique(truth[truth > 0]).tolist():
        outline = [np.round((corners + 0.5) * scale * 16).astype(np.int32) for corners in borders(truth == number)]
        for colour, width in (((20, 20, 20), 2), ((255, 255, 255), 1)):
            cv2.polylines(picture, outline, True, colour, width, cv2.LINE_AA, shift=4)
    for number in (n for n, owner in owners.items() if not owner):
        _cross(picture, small == number)
    return picture


def _cross(picture: UInt8[np.ndarray, "h w 3"], mask: np.ndarray) -> None:
    """A cross in the mask's middle, so that what is wrong is told by more than its colour."""
    if not mask.any():
        return
    row, column = (round(float(places.mean())) for places in np.nonzero(mask))
    for colour, width in (((255, 255, 255), 4), ((20, 20, 20), 2)):
        for slope in (1, -1):
            ends = (column - 4, row - 4 * slope), (column + 4, row + 4 * slope)
            cv2.line(picture, *ends, colour, width, cv2.LINE_AA)


def pack(picture: UInt8[np.ndarray, "h w 3"]) -> str:
    """As the address of an image in an SVG: a JPEG, for most of it is a photograph."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()
