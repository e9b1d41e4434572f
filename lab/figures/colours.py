"""Colours for quantities: Okabe-Ito for instances, cividis for magnitudes, a hue wheel for directions."""

import cv2
import matplotlib
import numpy as np
from jaxtyping import Float, Int, UInt8

# Okabe and Ito's palette without black, which is lost on dark images; told apart with any colour vision.
OKABE_ITO: tuple[tuple[int, int, int], ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)


def instance_colour(number: int) -> tuple[int, int, int]:
    """RGB of the instance with this number (1, 2, …); colours repeat, so the number is always drawn too."""
    return OKABE_ITO[(number - 1) % len(OKABE_ITO)]


def scalar_colours(
    values: Float[np.ndarray, "H W"], low: float, high: float, *, log: bool = False
) -> UInt8[np.ndarray, "H W 3"]:
    """Cividis: ``low`` and below dark blue, ``high`` and above yellow.  With ``log`` equal ratios look equal."""
    if log:
        values, low, high = np.log(np.maximum(values, 1e-12)), float(np.log(low)), float(np.log(high))
    index = np.clip((values - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
    return cividis_table()[index]


def cividis_table() -> UInt8[np.ndarray, "256 3"]:
    """The 256 colours of matplotlib's cividis."""
    return (matplotlib.colormaps["cividis"](np.arange(256))[:, :3] * 255).round().astype(np.uint8)


def direction_colours(vectors: Float[np.ndarray, "2 H W"], longest: float) -> UInt8[np.ndarray, "H W 3"]:
    """Hue is the direction, strength of colour the length; white is no offset, full colour ``longest`` px or more.

    Red points right, and the hue turns through yellow (down), cyan (left) and violet (up) as on a clock whose
    y axis points down.
    """
    x, y = vectors.astype(np.float32)
    length, angle = cv2.cartToPolar(x, y, angleInDegrees=True)
    saturation = np.minimum(length / longest, 1)
    hsv = np.stack([angle, saturation, np.full_like(angle, 0.95)], axis=-1)
    return (cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).round().astype(np.uint8)


def colour_wheel(size: int) -> UInt8[np.ndarray, "{size} {size} 4"]:
    """The legend of ``direction_colours``: a disc whose rim is ``longest``, RGBA, transparent outside."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    vectors = np.stack(np.meshgrid(axis, axis))
    inside = np.clip((1 - np.hypot(*vectors)) * size / 2, 0, 1)  # one pixel of soft rim
    return np.dstack([direction_colours(vectors, 1.0), (255 * inside).astype(np.uint8)])


def fade(picture: UInt8[np.ndarray, "H W 3"], kept: np.ndarray) -> UInt8[np.ndarray, "H W 3"]:
    """Pixels that are not ``kept`` become light grey, the colour of "takes no part" in every figure."""
    return np.where(kept[..., None], picture, np.uint8(217))


def tint(
    image: UInt8[np.ndarray, "H W 3"], labels: Int[np.ndarray, "H W"], strength: float = 0.45
) -> UInt8[np.ndarray, "H W 3"]:
    """The image, a little darker, each instance under a transparent colour of its own."""
    colours = np.array([(0, 0, 0)] + [instance_colour(k) for k in range(1, int(labels.max()) + 1)], np.uint8)
    weight = np.where(labels > 0, strength, 0.25).astype(np.float32)[..., None]
    return (image * (1 - weight) + colours[labels] * weight).astype(np.uint8)


def round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, …; never under 1."""
    power = 10 ** np.floor(np.log10(max(value, 1.0)))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value or step == 10))
