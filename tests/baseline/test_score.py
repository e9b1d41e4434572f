"""Both contenders are scored alike, at a threshold that is chosen elsewhere."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
import torch

from lab.baseline.contenders import Contender
from lab.baseline.result import levelled_off, scored_on
from lab.baseline.score import SCORE_THRESHOLDS, Jury, above, best_threshold, records
from lab.baseline.settings import BaselineSettings, chosen, differences, plain, scaled_pixels, scene_size
from lab.baseline.speed import measure, speed_words, usual_threads
from lab.baseline.state import Point
from lab.evaluation.ground_truth import Judged
from lab.evaluation.predict import Found, Timing
from lab.metrics import Truth
from tests.drawn_scenes import DrawnScenes

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
    assert jury.score(contender, most=2) == (1.0, 1.0, 0.6)
    assert len(contender.asked) == 4 + 1 + 2


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
        ((0.2, 0.2), "levelled off under this schedule"),
        ((0.2, 0.1), "fell: AP went from 20.0 to 10.0 over the last 50% of the budget"),
        ((0.2, 0.0), "fell: AP went from 20.0 to 0.0"),
        ((0.0, 0.0), "has not begun to find objects: AP went from 0.0 to 0.0"),
        ((0.002, 0.009), "has not begun to find objects: AP went from 0.2 to 0.9"),
        ((0.0, 0.02), "not levelled off"),
        ((0.2,), "cannot be told"),
        ((0.2, None), "cannot be told"),
    ],
)
def test_whether_a_curve_has_levelled_off(ap: tuple, words: str):
    assert levelled_off(points(*ap)).startswith(words)


def test_speed_is_taken_in_turns_at_the_same_size():
    first, second = Knows(0.5), Knows(0.5)
    first.timing, second.name = Timing(0.3, 0.1), "mask_rcnn"
    ticks = iter(np.arange(0, 1000, 0.5))
    images = [image for image, _ in SCENES.pairs]
    speed = measure([first, second], images, lambda: next(ticks), torch.device("cpu"))
    sizes = {"512x256", "1024x512"}
    assert speed.rates == {name: dict.fromkeys(sizes, 2.0) for name in ("spatial_embeddings", "mask_rcnn")}
    assert speed.seconds == {"spatial_embeddings": {size: {"network": 0.3, "clustering": 0.1} for size in sizes}}
    assert first.asked == second.asked == [(256, 512)] * 5 + [(512, 1024)] * 5


def test_it_is_said_how_speed_was_measured():
    cpu, cuda = (speed_words(torch.device(kind), 12, 4) for kind in ("cpu", "cuda"))
    assert cpu.startswith("images per second of the processor, all threads together,")
    assert cuda.startswith("images per second by the clock")
    for words in (cpu, cuda):
        assert "processor threads: 4;" in words
        assert "the first 12 validation scenes" in words


def test_beside_a_gpu_all_cores_cluster(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(16)), raising=False)
    assert usual_threads(torch.device("cpu")) == 1
    assert usual_threads(torch.device("cuda")) == 16


def test_it_is_said_which_scenes_were_scored():
    settings = BaselineSettings(early_scenes=20)
    assert scored_on(settings, 120) == "all 120 validation scenes at the last two points, the first 20 at those before"
    assert scored_on(settings, 20) == "all 20 validation scenes at each point"
    assert scored_on(replace(settings, shares=(0.5, 1)), 120) == "all 120 validation scenes at each point"


def test_what_a_person_gives_replaces_a_preset():
    assert chosen("cpu", 0, minutes=None, classes=None, shares=[]) == BaselineSettings(dataset="toyscapes_128")
    given = chosen("gpu", 3, minutes=5.0, classes=["car", "bus"], shares=[1.0])
    assert (given.minutes, given.classes, given.shares, given.seed) == (5.0, ("car", "bus"), (1.0,), 3)
    assert given.backbone == "resnet50"
    assert chosen("cpu", 0, classes=["all"]).classes == ()


def test_a_setting_younger_than_the_file_is_as_it_was():
    old = plain(BaselineSettings())
    del old["early_scenes"]
    assert differences(old, BaselineSettings()) == []
    assert differences(old, BaselineSettings(early_scenes=7)) == ["early_scenes: found 40, expected 7"]


def test_no_scene_names_the_whole_command():
    with pytest.raises(ValueError, match=r"toyscapes --height 128 .*gpu: --height 512 --folder data/toyscapes_512"):
        scene_size(DrawnScenes({}))


def test_pixels_are_scaled_by_area():
    assert scaled_pixels(100, (1024, 2048)) == 100
    assert scaled_pixels(100, (128, 256)) == 2
    assert scaled_pixels(128, (64, 64)) == 1
    assert BaselineSettings(minutes=0.5).seconds == 30
