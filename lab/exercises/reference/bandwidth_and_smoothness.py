"""Notebook 04 once more, slowly: NumPy and loops, nothing of lab."""

import math

import numpy as np


def slope(distance: np.ndarray, bandwidth: np.ndarray) -> np.ndarray:
    """∂φ/∂b at distances in px: the difference quotient's limit, written out."""
    kappa = math.exp(10 * float(bandwidth))
    result = np.zeros(len(distance))
    for i, d in enumerate(distance):
        scaled = kappa * (d / 1024) ** 2
        result[i] = -10 * scaled * math.exp(-scaled)
    return result


def pull(scaled: list[float], labels: list[bool]) -> float:
    """∂(Lovász hinge of 2φ - 1)/∂b for pixels with these κd², by the Jaccard loss before and after each pixel."""
    phi = [math.exp(-u) for u in scaled]
    errors = [2 - 2 * p if own else 2 * p for p, own in zip(phi, labels, strict=True)]
    order = sorted(range(len(phi)), key=lambda i: -errors[i])
    total, wrong, before = 0.0, [], 0.0
    for i in order:
        wrong.append(i)
        lost = sum(labels[j] for j in wrong)
        after = 1 - (sum(labels) - lost) / (sum(labels) + len(wrong) - lost)
        sign = 1 if labels[i] else -1
        total += -2 * sign * (after - before) * (-10 * scaled[i] * phi[i])
        before = after
    return total


def smoothness(bandwidth: np.ndarray, instances: np.ndarray) -> float:
    """Mean over objects of the mean over their pixels and channels of (b_i - b_k)²."""
    channels, height, width = bandwidth.shape
    terms = []
    for k in sorted(set(instances.ravel().tolist()) - {0}):
        pixels = [(r, c) for r in range(height) for c in range(width) if instances[r, c] == k]
        squares = []
        for s in range(channels):
            mean = sum(bandwidth[s, r, c] for r, c in pixels) / len(pixels)
            squares += [(bandwidth[s, r, c] - mean) ** 2 for r, c in pixels]
        terms.append(sum(squares) / len(squares))
    return sum(terms) / len(terms)
