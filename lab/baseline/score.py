"""AP of a contender, by the lab's own scorer, equal to Cityscapes' evaluation by test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lab.baseline.contenders import Contender
from lab.evaluation.ground_truth import Judged
from lab.metrics import ImageRecord, average_precision, record_image

SCORE_THRESHOLDS = (0.05, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9)  # the same for both


@dataclass(frozen=True)
class Jury:
    """The scenes that contenders are scored on.

    Attributes:
        choosing: training scenes, of which the first ``choose`` decide on the score threshold.
        judging: validation scenes, which are reported.
        choose: how many.
        classes: N.
        min_region: pixels; smaller true instances are neither found nor missed.
    """

    choosing: Judged
    judging: Judged
    choose: int
    classes: int
    min_region: int

    def score(self, contender: Contender, most: int | None = None) -> tuple[float | None, float | None, float]:
        """AP and AP50 on the validation scenes (None without an instance), and the score threshold they are at.

        Args:
            most: only the first so many validation scenes.
        """
        tried = records(contender, self.choosing, min(self.choose, len(self.choosing)))
        threshold = best_threshold(tried, self.classes, self.min_region)
        count = min(len(self.judging), most or len(self.judging))
        found = [above(record, threshold) for record in records(contender, self.judging, count)]
        score = average_precision(found, self.classes, min_region=self.min_region)
        return _number(score.mean), _number(score.mean_50), threshold


def records(contender: Contender, scenes: Judged, count: int) -> list[ImageRecord]:
    """The counts of the first ``count`` scenes, of all that the contender finds in them."""
    pairs = (scenes[index] for index in range(count))
    return [record_image(*contender.predict(image), truth) for image, truth in pairs]


def best_threshold(found: Sequence[ImageRecord], classes: int, min_region: int) -> float:
    """The score threshold of the highest AP; of several the highest, which lets the fewest wrong detections through."""
    scores = [
        average_precision([above(record, t) for record in found], classes, min_region=min_region).mean
        for t in SCORE_THRESHOLDS
    ]
    # Where nothing is found yet, or there is nothing to find, the lowest lets the first finds be seen.
    if not max(scores) > 0:
        return SCORE_THRESHOLDS[0]
    return max(t for t, score in zip(SCORE_THRESHOLDS, scores, strict=True) if score == max(scores))


def above(record: ImageRecord, threshold: float | int) -> ImageRecord:
    """Without the detections of lower score."""
    kept = record.scores >= threshold
    names = ("scores", "classes", "pixels", "void", "shared")
    return replace(record, **{name: getattr(record, name)[kept] for name in names})


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
