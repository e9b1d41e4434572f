"""Memory does not grow with the number of images, nor with the number of instances times the picture."""

import tracemalloc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from lab.checkpoints import Model
from lab.datasets.crops import CropRecipe
from lab.datasets.feed import make_feed
from lab.datasets.intensity import PERCENTILES, STRIP, stretch
from lab.datasets.objects import index_objects
from lab.datasets.own import OwnFolder
from lab.datasets.scene import Scene
from lab.evaluation import EvaluationSettings, evaluate, thresholds_of
from lab.evaluation.failures import judge_image
from lab.evaluation.predict import Found
from lab.evaluation.worst import WorstImages
from lab.limits.crowd import truth_of
from lab.limits.record import in_its_own_process
from lab.metrics import record_image
from lab.overlay import overlay
from lab.speed.cases import make_case
from tests.heart import OneClass
from tests.own import write_discs
from tests.test_evaluation_nuclei import CARD


class Followed(OwnFolder):
    """A folder that knows which of the pictures that it gave are still in memory."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.given, self.most = [], 0

    def __getitem__(self, index: int) -> Scene:
        scene = super().__getitem__(index)
        self.given.append(weakref.ref(scene.image))
        self.most = max(self.most, sum(picture() is not None for picture in self.given))
        return scene


@pytest.fixture
def source(tmp_path) -> Followed:
    return Followed(write_discs(tmp_path / "own" / "train", 9).parent, "train")


def test_an_evaluation_holds_no_picture_but_that_at_hand(source, tmp_path):
    model = Model(OneClass(list(OwnFolder(source.root, "train")), noise=0.5).eval(), CARD)
    evaluation = evaluate(model, source, tmp_path, thresholds_of(CARD), EvaluationSettings(pictures=2))
    assert len(evaluation.worst.tallies) == len(source.given) == 9
    assert source.most <= 2


def test_crops_from_files_hold_no_picture_but_that_at_hand(source):
    feed = make_feed(source, index_objects(source, progress=False), CropRecipe(32, 32, 0, 1, True), 2, "files")
    assert sum(len(batch["image"]) for batch in feed.batches(0, 6)) == 12
    assert source.most <= 2


@pytest.fixture
def measured_here() -> Iterator[None]:
    """Python and NumPy count what they take."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


def crowd(height: int, width: int, count: int) -> tuple[Found, object, np.ndarray]:
    """Masks of many objects, every class of which is wrong; their truth; a picture."""
    case = make_case("trained", count, height, width, 2)
    truth = truth_of(case)
    masks = np.stack([truth.regions == k for k in range(1, count + 1)])
    found = Found(masks, np.linspace(0.9, 0.5, count, dtype=np.float32), 3 - truth.classes)
    return found, truth, np.zeros((height, width, 3), np.uint8)


def peak(work) -> int:
    """Bytes at the peak of a call, beside what is there before it."""
    work()  # libraries are loaded
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    work()
    return tracemalloc.get_traced_memory()[1] - before


def test_failures_are_told_without_another_mask_of_each(measured_here):
    found, truth, _ = crowd(128, 160, 60)
    assert peak(lambda: judge_image(found, truth)) < found.masks.nbytes


def test_the_worst_picture_is_drawn_without_another_mask_of_each(measured_here):
    found, truth, image = crowd(900, 1440, 40)
    record = record_image(*found, truth)
    taken = peak(lambda: WorstImages(("a", "b"), 0).consider("crowd", image, found, truth, record))
    assert taken < found.masks.nbytes  # 52 MB; a panel is 400x640


def test_strips_leave_no_seam():
    """Drawn and stretched strip by strip: as at once, and as turned by a quarter."""
    height = 2 * STRIP + 40
    rows, columns = np.indices((height, 48))
    labels = ((rows // 10) * 5 + columns // 10 + 1) * ((rows % 10 < 8) & (columns % 10 < 8))
    image = np.random.default_rng(0).integers(0, 200, (height, 48, 3), dtype=np.uint8)
    scores, names = np.ones(labels.max(), np.float32), [""] * int(labels.max())
    upright = overlay(image, labels, scores, names)
    # Colours are chosen by neighbours, which stay neighbours.
    lying = overlay(image.transpose(1, 0, 2).copy(), labels.T.copy(), scores, names)
    np.testing.assert_array_equal(upright, lying.transpose(1, 0, 2))
    low, high = np.percentile(image, PERCENTILES)
    at_once = np.clip(np.rint((image.astype(np.float32) - low) * (255 / (high - low))), 0, 255)
    np.testing.assert_array_equal(stretch(image), at_once.astype(np.uint8))


@pytest.mark.slow
def test_ten_times_the_images_take_no_more_memory():
    """Of a tally, a few counts and names it is some kB an image; one picture that stays is 12 kB, its labels 50 kB."""
    few, many = (in_its_own_process(f"stream {count}", {"count": count})["rss_mib"] for count in (100, 1000))
    for step in ("indexed and streamed", "evaluated"):
        assert many[step] - few[step] < 15, (few, many)
