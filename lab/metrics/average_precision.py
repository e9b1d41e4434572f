"""Cityscapes' average precision (AP), from the counts that `lab.metrics.records` keeps of each image.

A detection is right if it overlaps an instance of its class by more than a threshold.  Sort all detections of a
class by score; every score is a place to stop listening, with a precision (how many heard are right) and a recall
(how many instances are found).  AP is the area under that curve, averaged over ten thresholds, then over classes.
Equal to cityscapesscripts' own evaluation, which tests/test_official_ap.py holds it to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lab.metrics.records import ImageRecord

# Built the way cityscapesscripts builds them: 0.6 becomes 0.6000000000000001, and the comparison is strict.
AP_THRESHOLDS = tuple(float(t) for t in np.arange(0.5, 1.0, 0.05))
# Pixels.  Meant for 2048 x 1024; whoever scores at another size says so.
OFFICIAL_MIN_REGION = 100


@dataclass(frozen=True)
class Detections:
    """The detections of one class at one threshold, sorted into right and wrong; the forgiven ones are gone.

    Attributes:
        right: scores of the true positives.
        wrong: scores of the false positives.
        missed: how many instances nobody found.
    """

    right: Float[np.ndarray, " A"]
    wrong: Float[np.ndarray, " C"]
    missed: int


def is_counted(record: ImageRecord, min_region: int) -> Bool[np.ndarray, " K"]:
    """Which regions can be found or missed: no groups, nothing tiny."""
    return ~record.region_groups & (record.region_pixels >= min_region)


def ignored_fraction(record: ImageRecord, of_class: int, min_region: int) -> Float[np.ndarray, " D"]:
    """The part of each detection that lies in void, in groups of its class, or in tiny instances of its class.

    A tiny group counts twice: once as a group, once as tiny.  So does the official code.
    """
    weight = record.region_groups.astype(int) + (record.region_pixels < min_region)
    ignored = record.void + record.shared @ (weight * (record.region_classes == of_class))
    return ignored / record.pixels


def detections_at(record: ImageRecord, of_class: int, threshold: float, min_region: int) -> Detections:
    """Sort one image's detections of one class into right, wrong and forgiven, at one overlap threshold.

    Raises:
        ValueError: a threshold under 0.5, where one detection could belong to two instances.
    """
    if not 0.5 <= threshold < 1:
        raise ValueError(f"found an overlap threshold of {threshold}, expected one from 0.5 to under 1.")
    mine = record.classes == of_class
    region = record.region_classes == of_class
    union = record.pixels[:, None] + record.region_pixels[None] - record.shared
    hits = (record.shared / union > threshold) & mine[:, None] & region[None]
    right: list[float] = []
    wrong: list[float] = []
    counted = np.flatnonzero(is_counted(record, min_region) & region)
    for k in counted:
        found = np.sort(record.scores[hits[:, k]])
        right.extend(found[-1:])  # of several detections on one instance the best score has it
        wrong.extend(found[:-1])
    # What hit nothing is wrong unless most of it lies where nobody can judge.  What hit a group or a tiny
    # instance is neither right nor wrong.
    lost = mine & ~hits.any(axis=1) & (ignored_fraction(record, of_class, min_region) <= threshold)
    wrong.extend(record.scores[lost])
    return Detections(np.array(right, dtype=float), np.array(wrong, dtype=float), len(counted) - len(right))


def precision_recall(
    right: Float[np.ndarray, " A"], wrong: Float[np.ndarray, " C"], missed: int
) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, " T"]]:
    """Precision and recall at each of the T different scores, ascending by recall.

    Before the first of them stands a made-up point, recall 0 at precision 1.  Detections of equal score are
    heard together, so their order does not matter.
    """
    cuts = np.unique(np.concatenate([right, wrong]))[::-1]
    hits = len(right) - np.searchsorted(np.sort(right), cuts)
    false_alarms = len(wrong) - np.searchsorted(np.sort(wrong), cuts)
    precision = hits / np.maximum(hits + false_alarms, 1)
    recall = hits / max(len(right) + missed, 1)
    return np.concatenate([[1.0], precision]), np.concatenate([[0.0], recall])


def area_under_curve(precision: Float[np.ndarray, " T"], recall: Float[np.ndarray, " T"]) -> float:
    """The area under the curve as it is: no monotone envelope, unlike PASCAL VOC and COCO.

    Each precision is weighted by half the recall step on either side of it, which is the trapezoid rule.
    """
    return float(np.trapezoid(precision, recall))


@dataclass(frozen=True)
class AveragePrecision:
    """AP of a data set.

    Attributes:
        table: per class and threshold; nan for a class that has no instance.
        counts: instances per class that could be found.
        thresholds: of the overlap.
        min_region: pixels; smaller instances were forgiven.
    """

    table: Float[np.ndarray, "N T"]
    counts: Int[np.ndarray, " N"]
    thresholds: tuple[float, ...]
    min_region: int

    @property
    def per_class(self) -> Float[np.ndarray, " N"]:
        """AP of each class; nan where it is absent."""
        return self.table.mean(axis=1)

    @property
    def per_class_50(self) -> Float[np.ndarray, " N"]:
        """AP50 of each class, the one at the lowest threshold that is 0.5; nan where it is absent."""
        return self.table[:, int(np.argmin(np.abs(np.array(self.thresholds) - 0.5)))]

    @property
    def mean(self) -> float:
        """AP: the mean over classes that are present, and thresholds."""
        return _mean_of_present(self.per_class)

    @property
    def mean_50(self) -> float:
        """AP50: the mean over classes that are present, at an overlap of 0.5."""
        return _mean_of_present(self.per_class_50)


def _mean_of_present(values: Float[np.ndarray, " N"]) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if present.size else float("nan")


def _one_cell(records: Sequence[ImageRecord], of_class: int, threshold: float, min_region: int) -> float:
    """AP of one class at one threshold, which at least one instance of the class must be there for."""
    parts = [detections_at(record, of_class, threshold, min_region) for record in records]
    right = np.concatenate([part.right for part in parts])
    wrong = np.concatenate([part.wrong for part in parts])
    return area_under_curve(*precision_recall(right, wrong, sum(part.missed for part in parts)))


def average_precision(
    records: Sequence[ImageRecord],
    num_classes: int,
    thresholds: Sequence[float] = AP_THRESHOLDS,
    min_region: int = OFFICIAL_MIN_REGION,
) -> AveragePrecision:
    """Cityscapes' AP of a data set.

    Args:
        records: one per image, from `record_image`.
        num_classes: N; classes are 1..N.
        thresholds: overlaps to be exceeded.
        min_region: pixels; true instances smaller than that are neither found nor missed.
    """
    table = np.full((num_classes, len(thresholds)), np.nan)
    counts = np.zeros(num_classes, dtype=int)
    for index in range(num_classes):
        of_class = index + 1
        counts[index] = sum(
            (is_counted(record, min_region) & (record.region_classes == of_class)).sum() for record in records
        )
        if counts[index]:
            table[index] = [_one_cell(records, of_class, threshold, min_region) for threshold in thresholds]
    return AveragePrecision(table, counts, tuple(thresholds), min_region)
