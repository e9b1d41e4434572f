"""Detections on which a wrong matching, or a wrong area, shows itself.

Overlaps are those of stretches on a line, so that no detection overlaps two objects by more than half: what masks of a
real image could do, and nothing else.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from lab.exercises.judge import Case
from lab.real import Real


class Copied(Case):
    """A case whose arguments are NumPy arrays, or lists of them: the learner gets copies, to write into."""

    def for_learner(self) -> tuple[Any, ...]:
        """Copies."""
        return copy.deepcopy(self.arguments)


def overlaps(detections: Sequence[tuple[Real, Real]], objects: Sequence[tuple[Real, Real]]) -> Float[np.ndarray, "D K"]:
    """IoU of stretches (from, to) on a line, rounded to thousandths."""
    table = np.zeros((len(detections), len(objects)))
    for d, (a, b) in enumerate(detections):
        for k, (c, e) in enumerate(objects):
            shared = max(0.0, min(b, e) - max(a, c))
            table[d, k] = shared / (b - a + e - c - shared)
    return table.round(3)


ROW = [(0.0, 10.0), (10.0, 20.0), (24.0, 30.0), (40.0, 60.0)]  # four objects, the first two touch
CROWD = [
    (0.5, 9.5),  # object 0, closely
    (3.5, 10.0),  # object 0 again
    (10.0, 18.0),  # object 1
    (9.0, 19.0),  # object 1 again, better
    (25.0, 29.0),  # object 2, by two thirds
    (24.0, 27.0),  # object 2, by exactly one half
    (44.0, 56.0),  # object 3, by 0.6
    (70.0, 80.0),  # nothing
]
CROWD_SCORES = np.array([0.71, 0.93, 0.88, 0.64, 0.97, 0.75, 0.82, 0.90])
MATCHINGS = (
    Copied("two detections of one object", (overlaps([(0, 10), (1, 10)], ROW[:1]), np.array([0.6, 0.9]), 0.5)),
    Copied(
        "three detections of one object",
        (overlaps([(0, 7), (0, 8), (0, 10)], ROW[:1]), np.array([0.6, 0.9, 0.7]), 0.5),
    ),
    Copied("eight detections of four objects, above 0.5", (overlaps(CROWD, ROW), CROWD_SCORES, 0.5)),
    Copied("the same above 0.6", (overlaps(CROWD, ROW), CROWD_SCORES, 0.6)),
    Copied("the same above 0.75", (overlaps(CROWD, ROW), CROWD_SCORES, 0.75)),
    Copied(
        "an overlap of exactly the threshold, before a better one",
        (overlaps([(24, 27), (24, 29)], ROW), np.array([0.9, 0.8]), 0.5),
    ),
    Copied(
        "a poor detection of an object before a good one",
        (overlaps([(0, 3), (0, 9), (41, 60)], ROW), np.array([0.95, 0.6, 0.7]), 0.5),
    ),
    Copied("three detections, and no object", (np.zeros((3, 0)), np.array([0.9, 0.8, 0.7]), 0.5)),
)

CARS = np.array([0.949, 0.995, 0.761, 0.852, 0.991, 0.803])
CARS_RIGHT = np.array([True, True, False, False, True, True])
TIED = np.array([0.7, 0.9, 0.7, 0.5, 0.9, 0.7])
AREAS = (
    Copied("three right ones of three objects", (np.array([0.9, 0.8, 0.7]), np.array([True, True, True]), 3)),
    Copied("the six cars, in another order", (CARS, CARS_RIGHT, 7)),
    Copied("a wrong one first", (np.array([0.6, 0.9, 0.7]), np.array([True, False, True]), 4)),
    Copied("scores that are equal", (TIED, np.array([True, False, False, True, True, True]), 5)),
    Copied(
        "wrong, right, wrong, right, right",
        (np.array([0.95, 0.9, 0.8, 0.7, 0.6]), np.array([False, True, False, True, True]), 6),
    ),
    Copied("two detections, both wrong", (np.array([0.9, 0.4]), np.array([False, False]), 2)),
)

SECOND = [(1.0, 9.0), (0.0, 9.0), (41.0, 59.0), (30.0, 34.0)]
STREETS = (
    (overlaps(CROWD, ROW), CROWD_SCORES),
    (overlaps(SECOND, ROW), np.array([0.99, 0.85, 0.66, 0.95])),
)
EVALUATIONS = (
    Copied("one image", (STREETS[:1], 0.5)),
    Copied("two images", (STREETS, 0.5)),
    Copied("two images, above 0.75", (STREETS, 0.75)),
    Copied("an image without objects beside it", ((*STREETS, (np.zeros((2, 0)), np.array([0.98, 0.3]))), 0.5)),
    Copied("an image in which nothing was found", ((*STREETS, (np.zeros((0, 3)), np.zeros(0))), 0.6)),
)
