"""The evaluator that is to be mended: its three faults, and what is said of one that is mended in part."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

from lab.exercises.judge import Mistake
from lab.exercises.reference.average_precision import CurveSlips, MatchSlips, evaluate

AS_IT_WAS = "it still does what the broken one did. Find all three faults."
FAULTS = {
    "twice": "an object that is found twice counts twice: keep a note of which are still free",
    "misses": "recall reaches 1 whatever was missed: divide by the number of objects, not by that of the right ones",
    "envelope": "the curve is lifted to its envelope, which Cityscapes does not do",
}


def faulty(faults: frozenset[str] | set[str]) -> Callable[..., Any]:
    """The evaluation with these of the `FAULTS`."""
    match, curve = MatchSlips(used_twice="twice" in faults), _curve(faults)
    return lambda images, threshold: evaluate(images, threshold, match, curve)


def _curve(faults: frozenset[str] | set[str]) -> CurveSlips:
    return CurveSlips(ignores_misses="misses" in faults, envelope="envelope" in faults)


def _left(faults: tuple[str, ...]) -> Mistake:
    count = {1: "one fault is left", 2: "one fault is gone, two are left"}[len(faults)]
    return Mistake(" and ".join(faults), faulty(set(faults)), f"{count}: {'; and '.join(FAULTS[f] for f in faults)}.")


STAGES = (
    Mistake("as it was", faulty(set(FAULTS)), AS_IT_WAS),
    *(_left(pair) for pair in combinations(FAULTS, 2)),
    *(_left((fault,)) for fault in FAULTS),
    Mistake(
        "mean of the images",
        lambda images, threshold: evaluate(images, threshold, mean_of_images=True),
        "the faults are gone, but now each image has a curve of its own, and AP is their mean. All images share one "
        "curve: a score means the same in each of them.",
    ),
    Mistake(
        "best overlap first",
        lambda images, threshold: evaluate(images, threshold, MatchSlips(best_overlap_first=True)),
        "the faults are gone, but of two detections on one object now the one with the better overlap has it. The "
        "higher score decides.",
    ),
    Mistake(
        "rectangles",
        lambda images, threshold: evaluate(images, threshold, MatchSlips(), CurveSlips(steps="new")),
        "the faults are gone, but the area is a staircase now. np.trapezoid was right.",
    ),
    Mistake(
        "no beginning",
        lambda images, threshold: evaluate(images, threshold, MatchSlips(), CurveSlips(start="none")),
        "the faults are gone, and so is the curve's made-up beginning, recall 0 at precision 1. It belongs there.",
    ),
)
