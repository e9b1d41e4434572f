"""How far an object can reach: on what the answer is tried, and how it goes wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from lab.exercises.judge import Case, Mistake, compare
from lab.exercises.reference.fast import reach

# σ of 3 to 60 px, and best memberships from poor to nearly perfect.
CASES = (
    Case(
        "one object, σ 10 and 20 px, best membership 0.99", (torch.tensor([[5242.88, 1310.72]]), torch.tensor([0.99]))
    ),
    Case(
        "three objects, best memberships 0.6, 0.9 and 0.9995",
        (
            torch.tensor([[145.6, 582.5], [58254.0, 2912.7], [1310.7, 14563.6]]),
            torch.tensor([0.6, 0.9, 0.9995]),
        ),
    ),
)


def _as(rule: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[..., Any]:
    """In px, of κ [K, 2] and best [K, 1]."""
    return lambda kappa, best: 1024 * rule(kappa, best[:, None])


MISTAKES = (
    Mistake(
        "no root",
        _as(lambda kappa, best: -np.log(1 - best) / kappa),
        "κ d² is what -log gives, so this is the square of the distance. Take the root.",
    ),
    Mistake(
        "not in px",
        lambda kappa, best: np.sqrt(-np.log(1 - best[:, None]) / kappa),
        "right, but in units of 1024 px, as embeddings are. Asked are pixels.",
    ),
    Mistake(
        "neither root nor px",
        lambda kappa, best: -np.log(1 - best[:, None]) / kappa,
        "this is the square of the distance, in units of 1024 px. Take the root, and tell it in pixels.",
    ),
    Mistake(
        "best membership",
        _as(lambda kappa, best: np.sqrt(-np.log(best) / kappa)),
        "that is how far the object's *best* pixel is from its centre. A stranger matters while its error 2φ is above "
        "the smallest error of an own pixel, 2(1 - best): its φ falls to 1 - best.",
    ),
    Mistake(
        "margin",
        _as(lambda kappa, best: np.sqrt(np.log(2) / kappa) + 0 * best),
        "that is the margin, where φ is one half. A pixel beyond it is no member, but its error is not zero: the loss "
        "still pushes it away.",
    ),
    Mistake(
        "κ for 1/2σ²",
        _as(lambda kappa, best: np.sqrt(-2 * np.log(1 - best) / kappa)),
        "there is a 2 too many. φ is exp(-κ d²), without one half: κ is 1/(2σ²) already.",
    ),
    Mistake(
        "half of it",
        _as(lambda kappa, best: np.sqrt(-np.log(1 - best) / (2 * kappa))),
        "there is a 2 too many below: κ is 1/(2σ²) already, and φ is exp(-κ d²).",
    ),
    Mistake(
        "κ for σ",
        _as(lambda kappa, best: np.sqrt(-np.log(1 - best)) * kappa),
        "you multiply by κ as if it were a width. A larger κ is a *smaller* region.",
    ),
    Mistake(
        "κ as σ²",
        _as(lambda kappa, best: np.sqrt(-np.log(1 - best) * kappa)),
        "you multiply by κ as if it were σ². A larger κ is a *smaller* region.",
    ),
    Mistake(
        "divided by κ",
        _as(lambda kappa, best: np.sqrt(-np.log(1 - best)) / kappa),
        "κ belongs under the root: κ d² = -log(1 - best).",
    ),
    Mistake(
        "where strangers match the best",
        _as(lambda kappa, best: np.sqrt(-np.log((1 - best) / 2) / kappa)),
        "the twos go out: a stranger's error is 2φ, the smallest own error is 2(1 - best), so φ = 1 - best.",
    ),
    Mistake(
        "axes exchanged",
        _as(lambda kappa, best: np.sqrt(-np.log(1 - best) / kappa[:, ::-1])),
        "the axes are exchanged: κ comes as x, y, and so should the half-widths.",
    ),
    Mistake(
        "three sigma",
        _as(lambda kappa, best: 3 / np.sqrt(2 * kappa) + 0 * best),
        "that is three σ, a rule of thumb. How far an object reaches depends on its best member: best is missing.",
    ),
    Mistake(
        "logarithm to base 2",
        _as(lambda kappa, best: np.sqrt(-np.log2(1 - best) / kappa)),
        "that is the logarithm to base 2. φ is a power of e: take the natural one, torch.log.",
    ),
    Mistake(
        "half the half-width",
        lambda kappa, best: reach(kappa, best) / 2,
        "that is half of it. A unit of the embeddings is 1024 px, and the half-width reaches from the centre to one "
        "side.",
    ),
    Mistake(
        "both axes alike",
        lambda kappa, best: 1024 * np.sqrt(-np.log(1 - best) / kappa.mean(1))[:, None] * np.ones((1, 2)),
        "you take the mean of the two κ. Each axis has its own: the box of a bus is wide and low.",
    ),
    Mistake(
        "whole width",
        lambda kappa, best: 2 * reach(kappa, best),
        "that is the whole width of the box. Asked is how far it reaches to either side of the centre.",
    ),
    Mistake(
        "not negative",
        _as(lambda kappa, best: -np.sqrt(-np.log(1 - best) / kappa)),
        "a half-width is no negative number.",
    ),
)

judge_reach = compare(
    CASES,
    reach,
    MISTAKES,
    tolerance=1e-3,
    praise="outside of this box no pixel but the object's own can change its hinge, not by the last digit.",
)
