"""Wrong slopes of φ by b, in NumPy, each with what to tell who gives it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lab.embedding import PIXELS_PER_UNIT
from lab.exercises.judge import Mistake


def wrong(
    formula: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray], pixels_per_unit: float = PIXELS_PER_UNIT
) -> Callable[..., Any]:
    """A slope as a function of distance (px) and b, from a formula of d and κ in units of 1024 px, and b."""
    return lambda distance, b: formula(distance / pixels_per_unit, np.exp(10 * b), b)


SLOPE_MISTAKES = (
    Mistake(
        "forgot the ten",
        wrong(lambda d, k, b: -k * d**2 * np.exp(-k * d**2)),
        "a factor of ten is missing. κ = exp(10 b): what is ∂κ/∂b?",
    ),
    Mistake(
        "sign",
        wrong(lambda d, k, b: 10 * k * d**2 * np.exp(-k * d**2)),
        "the sign. A larger b is a narrower Gaussian: does φ at a fixed distance rise or fall with b?",
    ),
    Mistake(
        "d instead of d²",
        wrong(lambda d, k, b: -10 * k * d * np.exp(-k * d**2)),
        "the distance in front of φ has lost its square. The inner derivative of -κd² by κ is -d².",
    ),
    Mistake(
        "pixels not converted",
        wrong(lambda d, k, b: -10 * k * d**2 * np.exp(-k * d**2), pixels_per_unit=1.0),
        "units: κ is per (1024 px)², your distances are in px. As it stands every pixel is hopelessly far away "
        "and all slopes are 0.",
    ),
    Mistake(
        "stopped at κ",
        wrong(lambda d, k, b: -(d**2) * np.exp(-k * d**2)),
        "this is ∂φ/∂κ. One link is still to come: ∂κ/∂b = 10 κ.",
    ),
    Mistake(
        "forgot φ",
        wrong(lambda d, k, b: -10 * k * d**2),
        "φ itself is missing: the derivative of exp(z) is exp(z) times that of z. Without it the furthest pixel "
        "would pull hardest.",
    ),
    Mistake(
        "φ and not its slope",
        wrong(lambda d, k, b: np.exp(-k * d**2)),
        "this is φ. Asked for is how fast it changes with b.",
    ),
    Mistake(
        "by ln σ",
        wrong(lambda d, k, b: 2 * k * d**2 * np.exp(-k * d**2)),
        "this is the slope by ln σ, which is useful too: ∂φ/∂(ln σ) = 2 κd² φ. By b it is -5 times that.",
    ),
    Mistake(
        "b for κ",
        wrong(lambda d, k, b: -10 * b * d**2 * np.exp(-b * d**2)),
        "you put b in the place of κ. b is a logarithm: κ = exp(10 b), some thousands where b is near 1.",
    ),
    Mistake(
        "b for κ in front",
        wrong(lambda d, k, b: -10 * b * d**2 * np.exp(-k * d**2)),
        "φ is right, but in front of it stands b where κ belongs: ∂κ/∂b = 10 κ.",
    ),
)
