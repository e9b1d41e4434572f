"""Inputs on which a wrong greedy clustering shows itself."""

from typing import Any

import torch

from lab.exercises.clustering.lines import AT_THRESHOLD, BY_HAND, LEFT, MARGIN_PER_SIGMA, TIED, WORKED, Line
from lab.exercises.judge import Case


def from_line(line: Line) -> tuple[Any, ...]:
    """The line's pixels as arguments of the exercise's function, in px."""
    across = torch.tensor(line.points_to)
    sigma = torch.tensor(line.margin) / MARGIN_PER_SIGMA
    return (
        torch.stack([across, torch.zeros_like(across)]),
        (1 / (2 * sigma**2))[None],
        torch.tensor(line.score),
        line.seed_threshold,
        line.min_pixels,
        line.min_unassigned,
    )


def crowd(seed: int, channels: int, thresholds: tuple[float, int, float], pixels: int = 36) -> tuple[Any, ...]:
    """Pixels of five objects in a plane of 20 x 20 px whose margins now and then reach each other."""
    generator = torch.Generator().manual_seed(seed)
    centres = 20 * torch.rand(2, 5, generator=generator)
    of = torch.randint(5, (pixels,), generator=generator)
    embedding = centres[:, of] + 1.2 * torch.randn(2, pixels, generator=generator)
    sigma = (1.0 + 2.5 * torch.rand(channels, 5, generator=generator))[:, of]
    sigma = sigma * torch.exp(0.3 * torch.randn(channels, pixels, generator=generator))
    score = 0.5 + 0.5 * torch.rand(pixels, generator=generator)
    return (embedding, 1 / (2 * sigma**2), score, *thresholds)


# Seeds at which nearly every mistake shows, and no membership is so near one half that rounding could decide.
CASES = (
    Case("the eight pixels of the worked example", from_line(WORKED)),
    Case("the eight pixels of the exercise by hand", from_line(BY_HAND)),
    Case("36 pixels of five objects, two sharpness channels", crowd(0, 2, (0.6, 3, 0.5))),
    Case("36 pixels of five objects, one sharpness channel", crowd(37, 1, (0.55, 2, 0.4))),
    Case("36 pixels with stricter thresholds", crowd(53, 2, (0.7, 4, 0.6))),
    # min_pixels of 1 rather than 0: who compares it with >= is to be told so, not to be caught in an endless loop.
    Case("36 pixels where every share of new pixels will do", crowd(36, 2, (0.5, 1, 0.0))),
    Case("36 pixels of which no seed is good enough", crowd(0, 2, (1.0, 3, 0.5))),
    Case("eight pixels of which exactly min_pixels are left, after a proposal of exactly min_pixels", from_line(LEFT)),
    Case("six pixels, a seed's score exactly at the threshold", from_line(AT_THRESHOLD)),
    Case("six pixels, two of them with the same score", from_line(TIED)),
)
