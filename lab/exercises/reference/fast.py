"""References for "fast": the slow way, straight from the definitions, pixel by pixel; nothing of lab is used."""

import math

import numpy as np


def reach(kappa: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Half-widths [K, 2] in px of the boxes outside of which no background pixel can matter; kappa [K, 2], best [K].

    Found by bisection: the distance at which the membership has fallen to 1 - best, along one axis.
    """
    return np.array([[_falls_to(1 - best[k], kappa[k][d]) for d in (0, 1)] for k in range(len(best))])


def _falls_to(level: float, kappa: float) -> float:
    near, far = 0.0, 1024.0
    while math.exp(-kappa * (far / 1024) ** 2) > level:
        far *= 2
    for _ in range(80):
        middle = (near + far) / 2
        if math.exp(-kappa * (middle / 1024) ** 2) > level:
            near = middle
        else:
            far = middle
    return far


def losses(errors: np.ndarray, labels: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Σ relu(m) ΔJ of every instance by itself, the largest error first; ΔJ taken from two Jaccard losses."""
    return np.array([_hinge(errors[owner == k], labels[owner == k].astype(bool)) for k in range(count)])


def _hinge(errors: np.ndarray, labels: np.ndarray) -> float:
    order = sorted(range(len(errors)), key=lambda i: -errors[i])
    total, before, wrong = 0.0, 0.0, set()
    for i in order:
        wrong.add(i)
        now = _jaccard_loss(labels, wrong)
        total += max(float(errors[i]), 0.0) * (now - before)
        before = now
    return total


def _jaccard_loss(labels: np.ndarray, wrong: set[int]) -> float:
    mask = [bool(label) != (i in wrong) for i, label in enumerate(labels)]
    both = sum(m and bool(label) for m, label in zip(mask, labels, strict=True))
    either = sum(m or bool(label) for m, label in zip(mask, labels, strict=True))
    return 1 - both / either if either else 0.0


def fold(weight, bias, mean, variance, gamma, beta, eps) -> tuple[np.ndarray, np.ndarray]:
    """Weights [O, I, h, w] and bias [O] of the one convolution that does what convolution and batch norm do.

    Read off what the two do in a row: to nothing, which gives the bias, and to one input at a time.
    """

    def normed(values: np.ndarray) -> np.ndarray:
        return np.array(
            [gamma[o] * (values[o] - mean[o]) / math.sqrt(variance[o] + eps) + beta[o] for o in range(len(values))]
        )

    folded_bias = normed(np.asarray(bias, float))
    folded = np.empty_like(weight, dtype=float)
    for place in np.ndindex(*weight.shape[1:]):
        folded[(slice(None), *place)] = normed(weight[(slice(None), *place)] + bias) - folded_bias
    return folded, folded_bias
