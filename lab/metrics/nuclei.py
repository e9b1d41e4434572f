"""The nuclei field's score: TP / (TP + FP + FN) at an overlap threshold.

That field calls it average precision.  It is not: no scores enter, no curve is integrated.  It counts right
detections against everything that was found or should have been.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lab.metrics.overlap import iou_matrix, match_optimal
from lab.metrics.records import ImageRecord

# Rounded, so that an overlap of exactly 0.6 reaches the threshold 0.6.
NUCLEI_THRESHOLDS = tuple(percent / 100 for percent in range(50, 100, 5))


def nuclei_counts(
    predictions: Bool[np.ndarray, "D H W"] | Int[np.ndarray, "H W"],
    truth: Bool[np.ndarray, "K H W"] | Int[np.ndarray, "H W"],
    thresholds: Sequence[float] = NUCLEI_THRESHOLDS,
) -> Int[np.ndarray, "T 3"]:
    """True positives, false positives and misses of one image at each of T thresholds (overlap at least that)."""
    return _counts(iou_matrix(predictions, truth), thresholds)


def nuclei_counts_of(record: ImageRecord, thresholds: Sequence[float] = NUCLEI_THRESHOLDS) -> Int[np.ndarray, "T 3"]:
    """`nuclei_counts` from the few counts that AP keeps of an image, whatever its classes.

    Pixels of void count for neither side, and a detection that lies in void altogether is none.
    """
    pixels = record.pixels - record.void
    union = pixels[:, None] + record.region_pixels[None] - record.shared
    return _counts((record.shared / np.maximum(union, 1))[pixels > 0], thresholds)


def _counts(iou: Float[np.ndarray, "D K"], thresholds: Sequence[float]) -> Int[np.ndarray, "T 3"]:
    right = np.array([len(match_optimal(iou, threshold)) for threshold in thresholds])
    return np.stack([right, iou.shape[0] - right, iou.shape[1] - right], axis=1)


@dataclass(frozen=True)
class NucleiScore:
    """The score of a data set, both ways of averaging: papers differ, so each number needs its name.

    Attributes:
        pooled: counts of all images added up first.
        per_image: the mean of the images' own scores; every image weighs the same.
        thresholds: of the overlap.
    """

    pooled: Float[np.ndarray, " T"]
    per_image: Float[np.ndarray, " T"]
    thresholds: tuple[float, ...]


def _ratio(counts: Int[np.ndarray, "*any 3"]) -> Float[np.ndarray, "*any"]:
    """TP / (TP + FP + FN).  Nothing there and nothing found is a full score of 1."""
    total = counts.sum(axis=-1)
    return np.where(total > 0, counts[..., 0] / np.maximum(total, 1), 1.0)


def nuclei_score(
    counts: Sequence[Int[np.ndarray, "T 3"]], thresholds: Sequence[float] = NUCLEI_THRESHOLDS
) -> NucleiScore:
    """The score of a data set from each image's `nuclei_counts`.

    Raises:
        ValueError: no images.
    """
    if not counts:
        raise ValueError("found no images to score, expected the counts of at least one.")
    each = np.stack(counts)
    return NucleiScore(_ratio(each.sum(axis=0)), _ratio(each).mean(axis=0), tuple(thresholds))
