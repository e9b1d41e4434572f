"""Both contenders are scored alike, at a threshold that is chosen elsewhere."""

from collections.abc import Iterable

import numpy as np
import pytest

from lab.baseline.contenders import Contender
from lab.baseline.result import levelled_off
from lab.baseline.score import SCORE_THRESHOLDS, Jury, above, best_threshold, records
from lab.baseline.settings import BaselineSettings, scaled_pixels
from lab.baseline.speed import images_per_second
from lab.baseline.state import Point
from lab.evaluation.ground_truth import Judged
from lab.evaluation.predict import Found
from lab.metrics import Truth

TRUTH = np.zeros((16, 32), int)
TRUTH[2:10, 2:10], TRUTH[4:12, 20:28] = 1, 2


class Scenes(Judged):
    """Pictures with their truths."""

    def __init__(self, pairs: Iterable):
        self.pairs = list(pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[np.ndarray, Truth]:
        return self.pairs[index]


SCENES = Scenes(
    (np.full((16, 32, 3), k, np.uint8), Truth(TRUTH, np.array([1, 1]), np.zeros(2, bool), TRUTH > 9)) for k in range(3)
)


class Knows(Contender):
    """Finds the first object surely, the second one at a score of 0.65, and one that is not there at ``wrong``."""

    name = "spatial_embeddings"

    def __init__(self, wrong: float):
        self.wrong, self.asked = wrong, []

    def predict(self, image: np.ndarray) -> Found:
        self.asked.append(image.shape[:2])
        masks = np.stack([TRUTH == 1, TRUTH == 2, (TRUTH == 0) & (np.arange(32) > 28)])
        return Found(masks, np.array([0.95, 0.65, self.wrong]), np.array([1, 1, 1]))


def test_the_threshold_cuts_wrong_detections_off():
    assert best_threshold(records(Knows(0.55), SCENES, 3), 1, 0) == 0.6
    # Nothing is gained by leaving out what comes last: the highest of all that are as good.
    assert best_threshold(records(Knows(0.01), SCENES, 3), 1, 0) == 0.6
    assert best_threshold(records(Knows(0.99), SCENES, 3), 1, 0) == 0.6  # wrong ones first: nothing to cut off


def test_where_nothing_is_found_the_lowest_stands():
    blind = Knows(0.5)
    blind.predict = lambda image: Found(np.zeros((0, 16, 32), bool), np.zeros(0), np.zeros(0, int))
    assert best_threshold(records(blind, SCENES, 3), 1, 0) == SCORE_THRESHOLDS[0]


def test_a_record_loses_what_is_below():
    record = records(Knows(0.55), SCENES, 1)[0]
    kept = above(record, 0.65)
    assert kept.scores.tolist() == [0.95, 0.65]
    assert kept.shared.tolist() == [[64, 0], [0, 64]]
    assert len(kept.region_pixels) == 2


def test_the_jury_reports_on_other_scenes_than_it_chooses_on():
    contender = Knows(0.55)
    jury = Jury(Scenes(SCENES.pairs[:2]), SCENES, choose=1, classes=1, min_region=0)
    assert jury.score(contender) == (1.0, 1.0, 0.6)
    assert len(contender.asked) == 1 + 3


def test_no_instance_no_ap():
    nothing = Truth(TRUTH * 0, np.zeros(0, int), np.zeros(0, bool), TRUTH > 9)
    empty = Scenes([(np.zeros((16, 32, 3), np.uint8), nothing)])
    assert Jury(empty, empty, 1, 1, 0).score(Knows(0.5))[:2] == (None, None)


def points(*ap: float | None) -> list[Point]:
    return [Point(60.0 * (k + 1), k, value, value, 0.5, 1.0) for k, value in enumerate(ap)]


@pytest.mark.parametrize(
    ("ap", "words"),
    [
        ((0.1, 0.2), "not levelled off: AP went from 10.0 to 20.0 over the last 50% of the budget"),
        (
            (0.1, 0.2, 0.205),
            "levelled off under this schedule, whose rate falls to 0 by then: AP went from 20.0 to 20.5",
        ),
        ((0.2, 0.1), "levelled off under this schedule"),
        ((0.0, 0.0), "levelled off under this schedule"),
        ((0.2,), "cannot be told"),
        ((0.2, None), "cannot be told"),
    ],
)
def test_whether_a_curve_has_levelled_off(ap: tuple, words: str):
    assert levelled_off(points(*ap)).startswith(words)


def test_speed_is_taken_in_turns_at_the_same_size():
    first, second = Knows(0.5), Knows(0.5)
    second.name = "mask_rcnn"
    ticks = iter(np.arange(0, 1000, 0.5))
    rates = images_per_second([first, second], [image for image, _ in SCENES.pairs], 32, lambda: next(ticks))
    assert rates == {"spatial_embeddings": 2.0, "mask_rcnn": 2.0}
    assert set(first.asked) == set(second.asked) == {(32, 64)}


def test_pixels_are_scaled_by_area():
    assert scaled_pixels(100, (1024, 2048)) == 100
    assert scaled_pixels(100, (128, 256)) == 2
    assert scaled_pixels(128, (64, 64)) == 1
    assert BaselineSettings(minutes=0.5).seconds == 30
