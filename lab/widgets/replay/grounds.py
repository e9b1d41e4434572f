"""The colours of the replay's picture: what every pixel is at this place of the clustering.

Patterns that tell the same without colour lie over it, see ``render``.
"""

import cv2
import numpy as np
from jaxtyping import Int, UInt8

from lab.figures.colours import instance_colour, scalar_colours
from lab.widgets.replay.compute import Frame, Inputs, Run

PALE = 217  # the ground of "takes no part" in every figure
REJECTED = (150, 150, 150)
STRENGTH = 0.55  # of an instance's colour over the image


def paint(inputs: Inputs, run: Run, frame: Frame, *, reveal: bool = True) -> UInt8[np.ndarray, "H W 3"]:
    """The grounds of a frame; with ``reveal`` off (the game) all candidates show their score, assigned or not."""
    picture = candidates_ground(inputs, run, frame)
    if not reveal:
        return picture
    numbers = owner_numbers(run, frame.owner)
    if frame.current:
        numbers[frame.claim] = frame.current.number
    kept, refused = numbers > 0, (numbers == 0) & ((frame.owner > 0) | frame.claim)
    picture[kept] = mix(inputs.image[kept], colour_table(int(numbers.max()))[numbers[kept]])
    picture[refused] = mix(inputs.image[refused], np.array([REJECTED], np.uint8), 0.7)
    return picture


def candidates_ground(inputs: Inputs, run: Run, frame: Frame) -> UInt8[np.ndarray, "H W 3"]:
    """Candidates in the colour of their seed score, all else as a pale grey photograph."""
    low = min(run.thresholds.foreground_threshold, 0.98)
    picture = pale(inputs.image)
    scores = inputs.seed_map(frame.class_index)[frame.candidate]
    picture[frame.candidate] = scalar_colours(scores[None], low, 1.0)[0]
    return picture


def pale(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
    """The image without colour and nearly without contrast."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    table = (PALE + 0.3 * (np.arange(256.0) - 150)).clip(0, 255).astype(np.uint8)
    return cv2.cvtColor(table[grey], cv2.COLOR_GRAY2RGB)


def mix(
    pixels: UInt8[np.ndarray, "_ 3"], colours: UInt8[np.ndarray, "_ 3"], strength: float = STRENGTH
) -> UInt8[np.ndarray, "_ 3"]:
    """Pixels under transparent colours."""
    return (pixels * np.float32(1 - strength) + colours * np.float32(strength)).astype(np.uint8)


def colour_table(count: int) -> UInt8[np.ndarray, "_ 3"]:
    """Colours of the instances 1..count, with nothing at 0."""
    return np.array([(0, 0, 0)] + [instance_colour(k) for k in range(1, count + 1)], np.uint8)


def owner_numbers(run: Run, owner: Int[np.ndarray, "H W"]) -> Int[np.ndarray, "H W"]:
    """The instance that each pixel's owner became; 0 for unassigned pixels and those of rejected proposals."""
    return np.array([0] + [p.number for p in run.proposals])[owner]
