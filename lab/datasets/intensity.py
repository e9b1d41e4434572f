"""How the values of a picture's file become the 0..255 that the network sees.

A street photograph is used as it is. Microscopes deliver pictures whose brightness depends on exposure and dye, often
in a twentieth of the range: there each picture is stretched by its own percentiles, in training and in prediction.
"""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Num, UInt8

Intensity = Literal["stored", "percentile"]
INTENSITIES: tuple[str, ...] = get_args(Intensity)
# Darkest and brightest pixels are background noise and specks of dust; the values are those in use for nuclei.
PERCENTILES = (1.0, 99.8)
STRIP = 256  # rows stretched at a time


def stretch(values: Num[np.ndarray, "H W *channels"]) -> UInt8[np.ndarray, "H W *channels"]:
    """The picture's 1st percentile becomes 0, its 99.8th 255, what lies outside is clipped; all channels alike.

    A picture of one value becomes black.
    """
    low, high = np.percentile(values, PERCENTILES)
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    stretched = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), STRIP):  # of a large picture all fractions at once would take gigabytes
        scaled = (values[top : top + STRIP].astype(np.float32) - low) * (255 / (high - low))
        stretched[top : top + STRIP] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return stretched


def check_intensity(intensity: str) -> None:
    """Raise ValueError for a word that is not one of `INTENSITIES`."""
    if intensity not in INTENSITIES:
        raise ValueError(f"intensity: found '{intensity}', expected {' or '.join(INTENSITIES)}.")


def applied(intensity: str, image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
    """An RGB picture as a network that was trained with this ``intensity`` wants it."""
    check_intensity(intensity)
    return stretch(image) if intensity == "percentile" else image
