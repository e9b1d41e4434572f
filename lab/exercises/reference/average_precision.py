"""Matching, and the area under the precision-recall curve, in plain NumPy loops; and the wrong versions people write.

Imports nothing of the lab: a fault in the library cannot hide in here.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MatchSlips:
    """What a wrong matching does otherwise; see ``matched``."""

    as_given: bool = False
    lowest_first: bool = False
    best_overlap_first: bool = False
    used_twice: bool = False
    at_least: bool = False
    always_half: bool = False
    taken_by_failures: bool = False
    sorted_answer: bool = False
    by_object: bool = False


def match(iou, scores, threshold):
    """1 for each detection that is right, else 0; iou [D, K], scores [D]."""
    return matched(MatchSlips())(iou, scores, threshold)


def matched(slips):
    """A matching that makes these mistakes."""

    def function(iou, scores, threshold):
        right, taken = np.zeros(len(scores)), set()
        order = _order(iou, scores, slips)
        limit = 0.5 if slips.always_half else threshold
        for d in order:
            free = [k for k in range(iou.shape[1]) if slips.used_twice or k not in taken]
            if slips.taken_by_failures:  # looks at the best object only, and marks it whatever the overlap
                free = list(range(iou.shape[1]))
            if not free:
                continue
            best = max(free, key=lambda k: iou[d, k])
            good = iou[d, best] >= limit if slips.at_least else iou[d, best] > limit
            right[d] = good and (slips.used_twice or best not in taken)
            if good or slips.taken_by_failures:
                taken.add(best)
        if slips.by_object:  # how many objects are found, put at the front
            return np.arange(len(scores)) < right.sum()
        return right[order] if slips.sorted_answer else right

    return function


def _order(iou, scores, slips):
    if slips.as_given:
        return list(range(len(scores)))
    if slips.best_overlap_first:
        return sorted(range(len(scores)), key=lambda d: -max(iou[d], default=0))
    return sorted(range(len(scores)), key=lambda d: scores[d] if slips.lowest_first else -scores[d])


@dataclass(frozen=True)
class CurveSlips:
    """What a wrong area does otherwise; see ``integrated``."""

    envelope: bool = False
    steps: str = ""  # "new": rectangles of the new precision; "old": of the one before
    start: str = "one"  # precision before the first score: "one", "first", "none", "zero"
    end_at_one: bool = False
    ignores_misses: bool = False
    per_detection: bool = False
    ties_apart: bool = False
    as_given: bool = False
    lowest_first: bool = False
    mean_of_all: bool = False
    mean_of_hits: bool = False
    last_precision: bool = False
    eleven_points: bool = False
    counts_only: bool = False


def average_precision(scores, right, count):
    """The area under the curve, by half the recall step on either side of each precision."""
    return integrated(CurveSlips())(scores, right, count)


def integrated(slips):
    """An area that makes these mistakes."""

    def function(scores, right, count):
        total = sum(right) if slips.ignores_misses else len(scores) if slips.per_detection else count
        points = _points(scores, right, max(total, 1), slips)
        precision, recall = [p for p, _ in points], [r for _, r in points]
        if slips.mean_of_all or slips.mean_of_hits or slips.last_precision or slips.counts_only:
            return _shortcut(points, scores, right, count, slips)
        if slips.eleven_points:
            return sum(max([p for p, r in points if r >= level], default=0) for level in np.arange(11) / 10) / 11
        first = {"one": 1.0, "first": precision[0] if precision else 1.0, "zero": 0.0}
        if slips.start != "none":
            precision, recall = [first[slips.start], *precision], [0.0, *recall]
        if slips.end_at_one:
            precision, recall = [*precision, 0.0], [*recall, 1.0]
        if slips.envelope:
            precision = [max(precision[i:]) for i in range(len(precision))]
        return _area(precision, recall, slips)

    return function


def _points(scores, right, total, slips):
    """(precision, recall) after each score."""
    if slips.as_given or slips.ties_apart or slips.lowest_first:
        order = list(range(len(scores)))
        if not slips.as_given:
            order.sort(key=lambda d: scores[d] if slips.lowest_first else -scores[d])
        heard = [[right[d] for d in order[: n + 1]] for n in range(len(order))]
    else:
        cuts = sorted(set(np.asarray(scores).tolist()), reverse=True)
        heard = [[r for s, r in zip(scores, right, strict=True) if s >= cut] for cut in cuts]
    return [(sum(h) / len(h), sum(h) / total) for h in heard]


def _area(precision, recall, slips):
    area = 0.0
    for i in range(1, len(recall)):
        height = (precision[i - 1] + precision[i]) / 2
        height = {"new": precision[i], "old": precision[i - 1]}.get(slips.steps, height)
        area += height * (recall[i] - recall[i - 1])
    return area


def _shortcut(points, scores, right, count, slips):
    hits = float(sum(right))
    if slips.counts_only:
        return hits / (len(scores) + count - hits) if count else 0.0
    if slips.last_precision:
        return points[-1][0] if points else 0.0
    if slips.mean_of_all:
        return float(np.mean([p for p, _ in points])) if points else 0.0
    order = sorted(range(len(scores)), key=lambda d: -scores[d])
    precise = [sum(right[e] for e in order[: n + 1]) / (n + 1) for n, d in enumerate(order) if right[d]]
    return float(np.mean(precise)) if precise else 0.0


def evaluate(images, threshold, match_slips=MatchSlips(), curve_slips=CurveSlips(), mean_of_images=False):
    """AP of one class over images, each (iou [D, K], scores [D]): matched one by one, then one curve for all."""
    rights = [matched(match_slips)(iou, scores, threshold) for iou, scores in images]
    counts = [iou.shape[1] for iou, _ in images]
    area = integrated(curve_slips)
    if mean_of_images:
        each = zip(images, rights, counts, strict=True)
        return float(np.mean([area(np.asarray(scores), right, count) for (_, scores), right, count in each if count]))
    scores = np.concatenate([scores for _, scores in images])
    return area(scores, np.concatenate(rights), sum(counts))
