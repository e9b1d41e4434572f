"""Weather and time of day: where the light comes from and what colour it has. All colours are linear RGB."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Linear = Float[np.ndarray, "3"]


@dataclass(frozen=True)
class Light:
    """One moment's light.

    Attributes:
        to_sun: unit vector towards the sun.
        sun: colour and strength of the direct light; its share of all light is what a shadow takes away.
        zenith, horizon: the sky's gradient; `horizon` is also what haze fades to.
        haze: distance in metres after which 63 % of the contrast is gone.
        clouds: share of the sky under cloud, 0..1.
        lamps: 0 lamps are off, 1 lamps are lit (dusk).
    """

    to_sun: Linear
    sun: Linear
    zenith: Linear
    horizon: Linear
    haze: float
    clouds: float
    lamps: float


# name: (weight, sun strength, sun colour, elevation range in degrees, zenith, horizon, haze range, clouds, lamps)
MOODS = {
    "clear": (0.36, 2.3, (1.0, 0.93, 0.82), (28, 62), (0.14, 0.31, 0.68), (0.62, 0.76, 0.92), (350, 900), 0.4, 0.0),
    "overcast": (0.22, 0.35, (1, 0.98, 0.95), (35, 65), (0.5, 0.54, 0.6), (0.72, 0.75, 0.78), (300, 800), 1.0, 0.1),
    "hazy": (0.14, 1.2, (1.0, 0.92, 0.8), (22, 50), (0.4, 0.5, 0.66), (0.82, 0.82, 0.8), (120, 260), 0.7, 0.0),
    "golden": (0.16, 2.0, (1.0, 0.66, 0.36), (14, 24), (0.2, 0.3, 0.55), (0.95, 0.68, 0.44), (160, 500), 0.5, 0.15),
    "dusk": (0.12, 0.12, (1.0, 0.55, 0.4), (8, 16), (0.04, 0.06, 0.16), (0.34, 0.2, 0.22), (160, 400), 0.6, 1.0),
}


def draw_light(rng: np.random.Generator) -> Light:
    """A mood with its own jitter."""
    names = list(MOODS)
    weights = np.array([MOODS[name][0] for name in names])
    mood = MOODS[names[rng.choice(len(names), p=weights / weights.sum())]]
    _, strength, colour, elevation, zenith, horizon, haze, clouds, lamps = mood
    # Mostly along the street, before or behind the camera: across it, houses would shade all of the ground.
    azimuth = np.radians(rng.choice([0.0, 180.0]) + rng.normal(0, 38.0))
    height = np.radians(rng.uniform(*elevation))
    tint = rng.uniform(0.93, 1.07, 3)
    return Light(
        to_sun=np.array([np.cos(height) * np.sin(azimuth), np.sin(height), np.cos(height) * np.cos(azimuth)]),
        sun=np.asarray(colour) * strength * rng.uniform(0.8, 1.15),
        zenith=np.asarray(zenith) * tint,
        horizon=np.asarray(horizon) * tint,
        haze=float(rng.uniform(*haze)),
        clouds=float(np.clip(clouds + rng.uniform(-0.25, 0.25), 0, 1)),
        lamps=lamps,
    )


def linear(colour: np.ndarray) -> np.ndarray:
    """sRGB in 0..1 to linear light, by the plain power 2.2."""
    return np.power(np.clip(colour, 0.0, 1.0), 2.2)


def ambient(light: Light, up: np.ndarray) -> np.ndarray:
    """Light from the sky and from the ground for faces whose normals have the vertical part `up` [F] -> [F, 3]."""
    sky = 0.45 * light.zenith + 0.55 * light.horizon
    ground = 0.22 * sky + 0.1 * light.sun * light.to_sun[1]
    share = (0.5 + 0.5 * up)[:, None]
    return 0.95 * (share * sky + (1 - share) * ground)
