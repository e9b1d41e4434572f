"""Which detections of an image are right, which instances were missed: what AP counts, one by one, at one overlap."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Int8

from lab.metrics.average_precision import ignored_fraction, is_counted
from lab.metrics.records import ImageRecord


class Verdict(IntEnum):
    """Of a detection: right, false, or neither.  Of a true region: found, missed, or not to be judged."""

    FORGIVEN = 0
    RIGHT = 1
    WRONG = 2


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of one image.

    Attributes:
        detections: of each detection; WRONG is a false positive, FORGIVEN lies in void, in a group, on what is tiny.
        regions: of each true region; WRONG is a miss, FORGIVEN a group or tiny.
    """

    detections: Int8[np.ndarray, " D"]
    regions: Int8[np.ndarray, " K"]

    @property
    def right(self) -> int:
        """How many detections found an instance."""
        return int((self.detections == Verdict.RIGHT).sum())

    @property
    def false(self) -> int:
        """How many detections found none, or one that a surer detection has."""
        return int((self.detections == Verdict.WRONG).sum())

    @property
    def missed(self) -> int:
        """How many instances nobody found."""
        return int((self.regions == Verdict.WRONG).sum())

    @property
    def score(self) -> float:
        """Right / (right + false + missed); 1 where nothing is there and nothing was found."""
        total = self.right + self.false + self.missed
        return self.right / total if total else 1.0


def verdicts_at(record: ImageRecord, threshold: float, min_region: int) -> Verdicts:
    """The verdicts by the rules of `lab.metrics.detections_at`, over all classes.

    Raises:
        ValueError: a threshold under 0.5, where one detection could belong to two instances.
    """
    if not 0.5 <= threshold < 1:
        raise ValueError(f"found an overlap threshold of {threshold}, expected one from 0.5 to under 1.")
    union = record.pixels[:, None] + record.region_pixels[None] - record.shared
    hits = (record.shared / union > threshold) & (record.classes[:, None] == record.region_classes[None])
    counted = is_counted(record, min_region)
    detections = np.zeros(len(record.classes), np.int8)
    for of_class in np.unique(record.classes).tolist():
        lost = (record.classes == of_class) & ~hits.any(axis=1)
        detections[lost & (ignored_fraction(record, of_class, min_region) <= threshold)] = Verdict.WRONG
    for k in np.flatnonzero(counted):
        found = np.flatnonzero(hits[:, k])
        detections[found] = Verdict.WRONG
        if len(found):  # of several detections on one instance the best score has it
            detections[found[record.scores[found].argmax()]] = Verdict.RIGHT
    regions = np.where(hits.any(axis=0), Verdict.RIGHT, Verdict.WRONG).astype(np.int8)
    return Verdicts(detections, np.where(counted, regions, np.int8(Verdict.FORGIVEN)))
