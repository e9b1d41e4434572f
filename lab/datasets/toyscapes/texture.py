"""Seamless noise, for asphalt, leaves and clouds."""

import cv2
import numpy as np
from jaxtyping import Float32

SIZE = 256
ROW = 4096


def noise(rng: np.random.Generator, falloff: float) -> Float32[np.ndarray, "256 256"]:
    """Tileable noise of mean 0 and deviation 1 whose spectrum falls as frequency**-falloff."""
    white = np.fft.rfft2(rng.standard_normal((SIZE, SIZE)))
    fy, fx = np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = np.inf
    picture = np.fft.irfft2(white * frequency**-falloff, s=(SIZE, SIZE))
    return (picture / picture.std()).astype(np.float32)


def look_up(
    picture: Float32[np.ndarray, "H W"], columns: np.ndarray, rows: np.ndarray, border: int
) -> Float32[np.ndarray, "..."]:
    """`picture` at fractional places of any shape, interpolated; `border` is OpenCV's way beyond the edge."""
    count = columns.size
    folded = (-(-count // ROW), ROW)  # OpenCV takes no side longer than 32766
    across, down = (
        np.resize(p.astype(np.float32).ravel(), folded) if count else np.zeros((1, ROW), np.float32)
        for p in (columns, rows)
    )
    found = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=border, borderValue=0)
    return found.ravel()[:count].reshape(columns.shape)


def sample(
    texture: Float32[np.ndarray, "256 256"], u: Float32[np.ndarray, "..."], v: Float32[np.ndarray, "..."]
) -> Float32[np.ndarray, "..."]:
    """The texture at (u, v), one unit a tile, wrapped."""
    return look_up(texture, np.mod(u * SIZE, SIZE), np.mod(v * SIZE, SIZE), cv2.BORDER_WRAP)
