"""How good is a segmentation into instances: overlaps, matching, Cityscapes' AP, the nuclei score.

overlap.py            intersection over union, masks from labels, greedy and optimal matching
records.py            ground truth and, per image, the few counts that AP needs
average_precision.py  Cityscapes' AP, from those counts
verdicts.py           the same counts one by one: which detection is right, which instance was missed
failures.py           merged, split, missed, false alarm, ragged: in which way it went wrong
nuclei.py             TP / (TP + FP + FN), which the nuclei field calls average precision and which is not AP
"""

from lab.metrics.average_precision import (
    AP_THRESHOLDS,
    OFFICIAL_MIN_REGION,
    AveragePrecision,
    Detections,
    area_under_curve,
    average_precision,
    detections_at,
    precision_recall,
)
from lab.metrics.nuclei import NUCLEI_THRESHOLDS, NucleiScore, nuclei_counts, nuclei_counts_of, nuclei_score
from lab.metrics.overlap import iou_matrix, match_greedy, match_optimal, to_masks
from lab.metrics.records import ImageRecord, Truth, record_image, truth_from_scene

__all__ = [
    "AP_THRESHOLDS",
    "NUCLEI_THRESHOLDS",
    "OFFICIAL_MIN_REGION",
    "AveragePrecision",
    "Detections",
    "ImageRecord",
    "NucleiScore",
    "Truth",
    "area_under_curve",
    "average_precision",
    "detections_at",
    "iou_matrix",
    "match_greedy",
    "match_optimal",
    "nuclei_counts",
    "nuclei_counts_of",
    "nuclei_score",
    "precision_recall",
    "record_image",
    "to_masks",
    "truth_from_scene",
]
