"""Which other pixels can change an instance's Lovász hinge, and what leaving out more of them costs.  Pure.

An own pixel's error is 2 (1 - φ).  All others are background to this instance, also those of other objects, and
their error is 2 φ.  The hinge walks through the pixels by falling error, and a background pixel behind the last own one
adds nothing: then no foreground is left whose share it could lower.  The last own one is the one that sits best, so a
background pixel matters exactly if φ > 1 - max φ, the maximum over the own pixels.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from lab.lovasz import jaccard_increments


def slack(own: Float[np.ndarray, " G"]) -> float:
    """1 - max φ over the own pixels, from their -log φ; not by 1 - φ, which loses the digits of a pixel near 0."""
    return float(-np.expm1(-own.min()))


def reach(membership: float | int) -> float:
    """The -log φ at which φ falls to this; infinite for 0."""
    return -math.log(membership) if membership > 0 else math.inf


def errors_of(distance: Float[np.ndarray, " P"], own: Bool[np.ndarray, " P"]) -> Float[np.ndarray, " P"]:
    """1 - logit · sign with the logit 2φ - 1, from -log φ: 2 (1 - φ) for own pixels, 2 φ for background."""
    return 2 * np.where(own, -np.expm1(-distance), np.exp(-distance))


def kept(
    distance: Float[np.ndarray, "*P"], own: Bool[np.ndarray, "*P"], epsilon: float | int
) -> Bool[np.ndarray, "*P"]:
    """The background that no cut leaves out: φ above 1 - max φ and above ``epsilon``."""
    return ~own & (np.exp(-distance) > max(slack(distance[own]), epsilon))


@dataclass(frozen=True, eq=False)
class Ranked:
    """Pixels by falling error, summed from the front, so that the hinge of any cut is read off.

    Attributes:
        errors: by falling value.
        hinge: what the first i pixels add to the hinge, i = 0 … P.
        own: sum of the own errors among the first i.
        background: how many of the first i are background.
        total: G, own pixels in all.
    """

    errors: Float[np.ndarray, " P"]
    hinge: Float[np.ndarray, " I"]
    own: Float[np.ndarray, " I"]
    background: Int[np.ndarray, " I"]
    total: int


def rank(distance: Float[np.ndarray, " P"], own: Bool[np.ndarray, " P"]) -> Ranked:
    """Sort once; ``distance`` is -log φ."""
    errors = errors_of(distance, own)
    order = np.argsort(-errors)
    errors, labels = errors[order], own[order]
    increments = jaccard_increments(torch.from_numpy(labels), torch.float64).numpy()
    sums = (np.cumsum(values) for values in (errors * increments, errors * labels, ~labels))
    hinge, before, background = (np.insert(values, 0, 0) for values in sums)
    return Ranked(errors, hinge, before, background, int(own.sum()))


def hinge_with_cut(ranked: Ranked, epsilon: Float[np.ndarray, " E"]) -> Float[np.ndarray, " E"]:
    """The hinge without background of φ <= ε: nothing changes before that place, and behind it only own pixels stand.

    With b background pixels before it, each own error behind it counts 1 / (G + b).
    """
    first = np.searchsorted(-ranked.errors, -2 * epsilon, side="left")
    behind = ranked.own[-1] - ranked.own[first]
    return ranked.hinge[first] + behind / (ranked.total + ranked.background[first])
