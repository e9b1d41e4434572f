"""The Lovász hinge of a list of pixels in NumPy, pixel by pixel.  Imports nothing of the lab."""

from typing import Any

import numpy as np


def jaccard_loss(wrong: list[Any], labels: list[Any]) -> float:
    """1 - IoU of the mask in which exactly these pixels are wrong; 0 where mask and labels are both empty."""
    mask = [bool(label) != bool(w) for label, w in zip(labels, wrong, strict=True)]
    intersection = sum(m and bool(label) for m, label in zip(mask, labels, strict=True))
    union = sum(m or bool(label) for m, label in zip(mask, labels, strict=True))
    return 1 - intersection / union if union else 0.0


def jaccard_increments(sorted_labels: np.ndarray) -> np.ndarray:
    """How much 1 - IoU grows as the pixels turn wrong one after the other."""
    count, before, increments = len(sorted_labels), 0.0, []
    for n in range(1, count + 1):
        now = jaccard_loss([i < n for i in range(count)], list(sorted_labels))
        increments.append(now - before)
        before = now
    return np.array(increments)


def errors_of(logits: np.ndarray, labels: np.ndarray) -> list[float]:
    """m = 1 - logit · sign."""
    return [float(1 - z if label else 1 + z) for z, label in zip(logits, labels, strict=True)]


def lovasz_hinge(logits: np.ndarray, labels: np.ndarray) -> float:
    """Σ relu(m) ΔJ, the largest error first."""
    errors = errors_of(logits, labels)
    order = sorted(range(len(errors)), key=lambda i: -errors[i])
    increments = jaccard_increments(np.array([labels[i] for i in order]))
    return sum(max(errors[i], 0.0) * float(step) for i, step in zip(order, increments, strict=True))


def height(level: float, errors: list[float], labels: list[bool]) -> float:
    """1 - IoU when exactly the pixels with an error above the level are wrong; 0 below level 0, where no area is."""
    return jaccard_loss([e > level for e in errors], labels) if level >= 0 else 0.0
