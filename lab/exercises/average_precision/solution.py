"""Matching, the area, and a whole evaluation, as a learner may write them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

Image = tuple[Float[np.ndarray, "_ _"], Float[np.ndarray, " _"]]  # D and K differ from image to image


def match_detections(
    iou: Float[np.ndarray, "D K"], scores: Float[np.ndarray, " D"], threshold: float | int
) -> Bool[np.ndarray, " D"]:
    """Which of D detections are right: best score first, each of K objects once."""
    right, free = np.zeros(len(scores), bool), np.ones(iou.shape[1], bool)
    for d in np.argsort(-scores):
        good = free & (iou[d] > threshold)
        if good.any():
            right[d], free[good.argmax()] = True, False
    return right


def area_under_curve(scores: Float[np.ndarray, " D"], right: Bool[np.ndarray, " D"], count: int) -> float:
    """AP of D detections of ``count`` objects."""
    precision, recall = [1.0], [0.0]
    for cut in np.unique(scores)[::-1]:
        heard = scores >= cut
        precision.append(right[heard].sum() / heard.sum())
        recall.append(right[heard].sum() / count)
    return float(np.trapezoid(precision, recall))


def evaluate(images: Sequence[Image], threshold: float | int) -> float:
    """AP of a class over images, each given as overlaps and scores of its detections."""
    scores, right, count = [], [], 0
    for iou, given in images:
        free = np.ones(iou.shape[1], bool)
        count += len(free)
        for d in np.argsort(-given):
            good = free & (iou[d] > threshold)
            if good.any():
                free[good.argmax()] = False
            scores.append(given[d])
            right.append(good.any())
    return area_under_curve(np.array(scores), np.array(right), count)
