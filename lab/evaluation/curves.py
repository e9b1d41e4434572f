"""Precision against recall, and AP against the overlap that is asked for: what the one number AP is made of."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lab.metrics import AP_THRESHOLDS, ImageRecord, area_under_curve, detections_at, precision_recall

CURVES_AT = (0.5, 0.75)


@dataclass(frozen=True)
class Curve:
    """Precision and recall of one class at one overlap, a point for each of the T different scores, falling.

    Attributes:
        name: of the class.
        overlap: to be exceeded.
        scores: what is heard down to here; the first is infinite: nothing is heard yet.
        precision, recall: of all detections with at least that score.
        ap: the area under the curve.
    """

    name: str
    overlap: float
    scores: Float[np.ndarray, " T"]
    precision: Float[np.ndarray, " T"]
    recall: Float[np.ndarray, " T"]
    ap: float


def curves_of(
    records: Sequence[ImageRecord], names: Sequence[str], min_region: int, overlaps: Sequence[float] = CURVES_AT
) -> tuple[Curve, ...]:
    """A curve for each class that has instances and each overlap, taken as the nearest of `AP_THRESHOLDS`.

    Args:
        records: one per image.
        names: of the classes 1..N.
        min_region: pixels; smaller true instances are neither found nor missed.
    """
    curves = []
    for overlap in overlaps:
        threshold = min(AP_THRESHOLDS, key=lambda t: abs(t - overlap))
        for of_class, name in enumerate(names, start=1):
            parts = [detections_at(record, of_class, threshold, min_region) for record in records]
            right, wrong = (np.concatenate([getattr(p, kind) for p in parts]) for kind in ("right", "wrong"))
            missed = sum(part.missed for part in parts)
            if len(right) + missed:
                scores = np.unique(np.concatenate([right, wrong]))[::-1]
                points = precision_recall(right, wrong, missed)
                area = area_under_curve(*points)
                curves.append(Curve(name, overlap, np.concatenate([[np.inf], scores]), *points, area))
    return tuple(curves)


def curves_table(curves: Sequence[Curve]) -> str:
    """All points as CSV, the made-up first ones left out: those that a person may choose a score from."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("class", "overlap", "score", "precision", "recall"))
    for curve in curves:
        for score, precision, recall in zip(curve.scores[1:], curve.precision[1:], curve.recall[1:], strict=True):
            rows.writerow((curve.name, curve.overlap, f"{score:.6f}", f"{precision:.6f}", f"{recall:.6f}"))
    return text.getvalue()
