"""The editor's picture: bright objects with texture on a dark ground, blurred and noisy, as nuclei look.  Pure."""

from functools import cache

import cv2
import numpy as np
from jaxtyping import Float, Int32, UInt8

from lab.widgets.editor.things import SIDE, Things

# Taken from pictures of nuclei after they are stretched to 0..255: see lab.datasets.intensity.
GROUND, NOISE = 7.0, 5.0
BLUR = 1.0  # px
RIM = 4.0  # px from the border over which an object grows to its brightness
RIM_BRIGHTNESS = 0.6
ROUGHNESS = 0.1


def draw_picture(things: Things, labels: Int32[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """The picture as the network gets it: as if stretched already, whatever is in it.

    The same objects always give the same picture.
    """
    texture, noise = _patterns()
    light = np.full(labels.shape, GROUND, np.float32)
    for k, thing in enumerate(things, start=1):
        own = labels == k
        depth = cv2.distanceTransform(np.pad(own, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
        dome = RIM_BRIGHTNESS + (1 - RIM_BRIGHTNESS) * np.minimum(depth / RIM, 1)
        light[own] += (255 * thing.brightness * dome * (1 + ROUGHNESS * texture))[own]
    blurred = cv2.GaussianBlur(light, (0, 0), BLUR)
    grey = np.clip(np.rint(blurred + NOISE * noise), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


@cache
def _patterns() -> tuple[Float[np.ndarray, "H W"], Float[np.ndarray, "H W"]]:
    """Chromatin's clumps and the camera's noise, both of spread 1."""
    generator = np.random.default_rng(0)
    clumps = cv2.GaussianBlur(generator.standard_normal((SIDE, SIDE)), (0, 0), 1.8)
    return clumps / clumps.std(), generator.standard_normal((SIDE, SIDE))
