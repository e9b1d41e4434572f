"""Intersection over union of masks, and who belongs to whom.

``D`` counts detections (predicted masks), ``K`` the true instances.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

Pairs = list[tuple[int, int]]


def to_masks(masks: Bool[np.ndarray, "K H W"] | Int[np.ndarray, "H W"]) -> Bool[np.ndarray, "K H W"]:
    """One mask per instance.  A label image (0 = none) gives a mask per label, in ascending order of label.

    A stack of masks passes through: masks may overlap, which a label image cannot say.
    """
    if masks.ndim == 3:
        return masks
    labels = np.unique(masks)
    return masks[None] == labels[labels != 0][:, None, None]


def iou_matrix(
    predictions: Bool[np.ndarray, "D H W"] | Int[np.ndarray, "H W"],
    truth: Bool[np.ndarray, "K H W"] | Int[np.ndarray, "H W"],
    ignore: Bool[np.ndarray, "H W"] | None = None,
) -> Float[np.ndarray, "D K"]:
    """Intersection over union of each prediction with each true instance, both as masks or as label image.

    Args:
        predictions: what was found.
        truth: what is there.
        ignore: pixels that count for neither side, void for example.

    Two empty masks have an IoU of 0: nothing was found, and nothing was there to find.
    """
    found, true = to_masks(predictions), to_masks(truth)
    if ignore is not None:
        found, true = found & ~ignore, true & ~ignore
    # One prediction at a time: a product of all mask pairs at 2 megapixels would need gigabytes.
    shared = np.array([true[:, mask].sum(axis=1) for mask in found], dtype=float).reshape(len(found), len(true))
    area_found, area_true = found.sum(axis=(1, 2)), true.sum(axis=(1, 2))
    union = area_found[:, None] + area_true[None] - shared
    return shared / np.maximum(union, 1)


def match_greedy(iou: Float[np.ndarray, "D K"], scores: Float[np.ndarray, " D"], threshold: float = 0.5) -> Pairs:
    """Pairs (prediction, instance) by descending score: each prediction takes the best instance still free.

    The overlap must be strictly above ``threshold``.  Equal scores go in the order of the predictions.  Above
    0.5 a mask cannot overlap two disjoint instances, so then only the score decides, as in Cityscapes' AP:
    of two predictions on one instance the better-scored one has it.
    """
    free = np.ones(iou.shape[1], dtype=bool)
    pairs: Pairs = []
    for prediction in np.argsort(-scores, kind="stable"):
        candidates = np.where(free, iou[prediction], -1.0)
        if candidates.size and candidates.max() > threshold:
            instance = int(candidates.argmax())
            free[instance] = False
            pairs.append((int(prediction), instance))
    return pairs


def match_optimal(iou: Float[np.ndarray, "D K"], threshold: float = 0.5) -> Pairs:
    """One-to-one pairs with overlap of at least ``threshold``: as many as can be, and of those the best overlap.

    Asks for no scores, so it serves where a method gives none (the nuclei field).
    """
    from scipy.optimize import linear_sum_assignment  # half a second that most who ask for an overlap need not wait

    if iou.size == 0:
        return []
    allowed = iou >= threshold
    # The overlaps of all pairs together stay under 1, so one pair more always outweighs a better overlap.
    gain = allowed + np.where(allowed, iou, 0) / (2 * min(iou.shape))
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if allowed[row, column]]
