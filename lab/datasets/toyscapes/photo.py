"""From linear light to a photograph: bloom, exposure, tone curve, vignette, sensor noise."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from lab.datasets.toyscapes.light import Light, ambient

CONTRAST = 0.035  # of the S-shaped curve that every camera's rendering has


@dataclass(frozen=True)
class Film:
    """How the camera takes the picture.

    Attributes:
        gain: exposure.
        balance: white balance per channel.
        vignette: darkening in the corners, 0..1.
        noise: standard deviation in 8-bit steps.
        softness: blur in pixels at a width of 512.
    """

    gain: float
    balance: tuple[float, float, float]
    vignette: float
    noise: float
    softness: float


def draw_film(rng: np.random.Generator, light: Light) -> Film:
    """Exposed for the light on the ground, give or take half a stop; dusk stays darker than day."""
    ground = ambient(light, np.ones(1))[0] + 0.6 * light.sun * light.to_sun[1]
    warm = rng.normal(0, 0.035)
    return Film(
        gain=float((1.15 - 0.5 * light.lamps) * 2.0 ** rng.normal(0, 0.25) / ground.mean()),
        balance=(1 + warm, 1.0, 1 - warm),
        vignette=float(rng.uniform(0.0, 0.35)),
        noise=float(rng.uniform(0.6, 2.4) * (1 + 0.8 * light.lamps)),
        softness=float(rng.uniform(0.0, 0.55)),
    )


def develop(colour: Float32[np.ndarray, "H W 3"], film: Film, rng: np.random.Generator) -> UInt8[np.ndarray, "H W 3"]:
    """Linear light to 8-bit sRGB."""
    height, width = colour.shape[:2]
    light = np.minimum(colour * np.float32(film.gain) * np.asarray(film.balance, np.float32), 8.0)
    bright = cv2.GaussianBlur(np.maximum(light - 1.1, 0), (0, 0), width / 110)
    light = light + 0.35 * bright
    y, x = np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32)
    light *= (1 - film.vignette * (0.35 * y[:, None] ** 2 + 0.65 * x**2))[..., None]
    picture = np.power(1 - np.exp(-1.25 * light), np.float32(1 / 2.2))
    picture = 255 * (picture - np.float32(CONTRAST) * np.sin(np.float32(2 * np.pi) * picture))
    blur = film.softness * width / 512
    if blur > 0.2:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    grain = rng.standard_normal((height, width, 1), np.float32) + 0.4 * rng.standard_normal(
        (height, width, 3), np.float32
    )
    return np.clip(picture + film.noise * grain, 0, 255).round().astype(np.uint8)
