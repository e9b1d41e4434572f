"""What the playground computes: verdicts, counts, the curve and its area, for any thresholds.  Pure."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from lab.clustering import Thresholds
from lab.metrics import AP_THRESHOLDS, area_under_curve, match_greedy, precision_recall
from lab.real import Real
from lab.widgets.thresholds.proposals import LOWEST, Rounds, Subject, accepted, cluster_once

Verdict = Literal["right", "wrong", "forgiven"]


@dataclass(frozen=True)
class Choice:
    """What the controls say.

    Attributes:
        class_index: whose detections are looked at, 1..N.
        thresholds: of the clustering; the seed threshold is at least `LOWEST`.
        overlap: that a detection must exceed to be right, from 0.5 to under 1.
    """

    class_index: int
    thresholds: Thresholds
    overlap: Real = 0.5


@dataclass(frozen=True)
class Detection:
    """One detection and what becomes of it.

    Attributes:
        round: which of the proposals it is.
        score: its seed's.
        overlap: with the object of its class that it overlaps most.
        object: that object's number in the scene; 0 where it meets none.
        verdict: right, wrong, or forgiven.
    """

    round: int
    score: float
    overlap: float
    object: int
    verdict: Verdict


@dataclass(frozen=True)
class View:
    """All that is shown.

    Attributes:
        detections: by falling score, those that the seed threshold keeps.
        missed: numbers of the objects that nobody found.
        count: objects of the class.
        precision, recall: after each different score that is heard, with the point (recall 0, precision 1) before.
        whole: precision and recall as they would go on, down to the score `LOWEST`.
        scores: of all detections down to that, by falling value.
        ap: the area under the curve as far as it is heard; nan if the class has no object.
        mean_ap: its mean over the ten official overlaps.
    """

    choice: Choice
    detections: tuple[Detection, ...]
    missed: tuple[int, ...]
    count: int
    precision: Float[np.ndarray, " T"]
    recall: Float[np.ndarray, " T"]
    whole: tuple[np.ndarray, np.ndarray]
    scores: Float[np.ndarray, " A"]
    ap: float
    mean_ap: float

    def number(self, verdict: Verdict) -> int:
        """How many detections have this verdict."""
        return sum(d.verdict == verdict for d in self.detections)

    @property
    def nuclei_score(self) -> float:
        """TP / (TP + FP + FN), which the nuclei field calls average precision; nan where nothing is there."""
        right = self.number("right")
        total = right + self.number("wrong") + len(self.missed)
        return right / total if total else float("nan")


def judge(rounds: Rounds, kept: Int[np.ndarray, " D"], overlap: Real) -> list[Detection]:
    """The detections ``kept``, by falling score, each with its verdict."""
    iou = rounds.iou[kept]
    right = dict(match_greedy(iou, rounds.scores[kept], float(overlap)))
    hits = (iou > overlap).any(axis=1)
    found = []
    for d, r in enumerate(kept.tolist()):
        best = int(iou[d].argmax()) if iou.shape[1] else -1
        meets = best >= 0 and iou[d, best] > 0
        # As in the official evaluation: most of it lies where nobody can judge.
        forgiven = not hits[d] and rounds.void[r] > overlap
        verdict: Verdict = "right" if d in right else "forgiven" if forgiven else "wrong"
        value, number = (float(iou[d, best]), int(rounds.objects[best])) if meets else (0.0, 0)
        found.append(Detection(r, float(rounds.scores[r]), value, number, verdict))
    return found


def curve(detections: list[Detection], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall at each different score, by falling score, after the point before the first."""
    scores = {v: np.array([d.score for d in detections if d.verdict == v], dtype=float) for v in ("right", "wrong")}
    return precision_recall(scores["right"], scores["wrong"], count - len(scores["right"]))


def look(subject: Subject, choice: Choice) -> View:
    """Judge, count and integrate.

    Raises:
        ValueError: a seed threshold below `LOWEST`, or an overlap that is not from 0.5 to under 1.
    """
    if choice.thresholds.seed_threshold < LOWEST:
        raise ValueError(f"seed_threshold: found {choice.thresholds.seed_threshold}, expected {LOWEST} or more.")
    if not 0.5 <= choice.overlap < 1:
        raise ValueError(f"overlap: found {choice.overlap}, expected one from 0.5 to under 1.")
    rounds = cluster_once(subject, choice.class_index, choice.thresholds.foreground_threshold)
    every = np.flatnonzero(accepted(rounds, _with_lowest_seed(choice.thresholds)))
    kept = every[rounds.scores[every] >= choice.thresholds.seed_threshold]
    found, count = judge(rounds, kept, choice.overlap), len(rounds.objects)
    precision, recall = curve(found, count)
    hit = {d.object for d in found if d.verdict == "right"}
    areas = [area_under_curve(*curve(judge(rounds, kept, t), count)) if count else np.nan for t in AP_THRESHOLDS]
    return View(
        choice,
        tuple(found),
        tuple(k for k in rounds.objects.tolist() if k not in hit),
        count,
        precision,
        recall,
        curve(judge(rounds, every, choice.overlap), count),
        rounds.scores[every],
        area_under_curve(precision, recall) if count else float("nan"),
        float(np.mean(areas)),
    )


def _with_lowest_seed(thresholds: Thresholds) -> Thresholds:
    return Thresholds(LOWEST, thresholds.foreground_threshold, thresholds.min_pixels, thresholds.min_unassigned)


def move_threshold(view: View, heard: int) -> float:
    """The seed threshold, in thousandths, for hearing this many detections.

    Where scores are nearer together than that, more are heard on the way down, and fewer on the way up: a step always
    leads somewhere.
    """
    scores, now = view.scores, len(view.detections)
    if heard <= 0 or not len(scores):
        return 1.0
    if heard < now:
        return round(float(np.floor(scores[heard] * 1000)) / 1000 + 0.001, 3)
    return max(LOWEST, float(np.floor(scores[min(heard, len(scores)) - 1] * 1000)) / 1000)
