"""Curves, verdicts and the worst images of an evaluation."""

import csv
import json
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lab.checkpoints import Model, ModelCard
from lab.evaluation import EvaluationSettings, evaluate, report, thresholds_of, tune_thresholds
from lab.evaluation.curves import curves_of, curves_table
from lab.evaluation.flips import View, brought_back
from lab.evaluation.looks import write_looks
from lab.evaluation.predict import Found
from lab.evaluation.worst import WorstImages
from lab.figures.curves import show_curves
from lab.figures.errors import COLOURS, draw_errors, stack
from lab.metrics import AP_THRESHOLDS, ImageRecord, average_precision, detections_at, record_image
from lab.metrics.records import Truth
from lab.metrics.verdicts import Verdict, verdicts_at
from tests.heart import OneClass, drawn
from tests.sources import InMemory

CARD = ModelCard(2, 1, ("nucleus",), 0.5, 0.5, 8, 0.5)
RIGHT, WRONG, FORGIVEN = Verdict.RIGHT, Verdict.WRONG, Verdict.FORGIVEN


def random_record(rng: np.random.Generator) -> ImageRecord:
    """Boxes of two classes, some of them groups or tiny, some void; shifted boxes with tied scores as detections."""
    regions = np.zeros((40, 60), int)
    for k in range(1, 8):
        top, left = rng.integers(0, (34, 54))
        regions[top : top + rng.integers(3, 14), left : left + rng.integers(3, 14)] = k
    numbers = np.unique(regions[regions > 0])
    truth = Truth(
        np.searchsorted(np.array([0, *numbers]), regions),
        rng.integers(1, 3, len(numbers)),
        rng.random(len(numbers)) < 0.2,
        np.add.outer(np.arange(40), np.arange(60)) > rng.integers(80, 110),
    )
    masks = [np.roll(regions == k, rng.integers(-2, 3, 2), (0, 1)) for k in rng.choice(numbers, 9)]
    return record_image(np.stack(masks), rng.integers(1, 6, 9) / 5, rng.integers(1, 3, 9), truth)


class TestVerdicts:
    def test_count_as_ap_counts(self):
        rng = np.random.default_rng(0)
        seen = np.zeros(3, int)
        for _ in range(60):
            record, threshold = random_record(rng), rng.choice(AP_THRESHOLDS[:6])
            verdicts = verdicts_at(record, threshold, 20)
            parts = [detections_at(record, c, threshold, 20) for c in (1, 2)]
            for verdict, name in ((RIGHT, "right"), (WRONG, "wrong")):
                scores = np.sort(np.concatenate([getattr(part, name) for part in parts]))
                np.testing.assert_array_equal(np.sort(record.scores[verdicts.detections == verdict]), scores)
            assert verdicts.missed == sum(part.missed for part in parts)
            assert verdicts.right == (verdicts.regions == RIGHT).sum()
            seen += np.bincount(verdicts.detections, minlength=3)
        assert seen.min() > 20

    def test_a_threshold_under_one_half(self):
        with pytest.raises(ValueError, match=r"overlap threshold of 0\.4, expected one from 0\.5"):
            verdicts_at(random_record(np.random.default_rng(0)), 0.4, 0)


class TestCurves:
    def test_areas_are_the_cells_of_ap(self):
        rng = np.random.default_rng(1)
        records = [random_record(rng) for _ in range(6)]
        score = average_precision(records, 3, min_region=20)
        curves = curves_of(records, ("car", "bus", "train"), 20)
        assert [(c.name, c.overlap) for c in curves] == [(n, t) for t in (0.5, 0.75) for n in ("car", "bus")]
        assert [c.ap for c in curves] == pytest.approx(score.table[:2, [0, 5]].T.ravel().tolist())
        for curve in curves:
            assert len(curve.scores) == len(curve.precision) == len(curve.recall)
            assert (np.diff(curve.scores[1:]) < 0).all()

    def test_by_hand(self):
        """Two instances of 100 px; found with .9, a false one with .8, the other with .7."""
        record = ImageRecord(
            scores=np.array([0.9, 0.8, 0.7]),
            classes=np.ones(3, int),
            pixels=np.full(3, 100),
            void=np.zeros(3, int),
            shared=np.array([[100, 0], [0, 0], [0, 80]]),
            region_pixels=np.array([100, 100]),
            region_classes=np.ones(2, int),
            region_groups=np.zeros(2, bool),
        )
        low, high = curves_of([record], ("car",), 0)
        assert low.precision.tolist() == pytest.approx([1, 1, 1 / 2, 2 / 3])
        assert low.recall.tolist() == [0, 0.5, 0.5, 1]
        assert high.recall.tolist() == [0, 0.5, 0.5, 0.5]  # the last one's IoU is 80 / 120
        rows = list(csv.DictReader(curves_table([low]).splitlines()))
        assert [row["score"] for row in rows] == ["0.900000", "0.800000", "0.700000"]
        assert [row["precision"] for row in rows] == ["1.000000", "0.500000", "0.666667"]


@pytest.fixture
def source() -> InMemory:
    """Four images; a model that knows them by heart is then made to err in two."""
    scenes = (drawn("a", 1), drawn("bb", 2), drawn("ccc", 3), drawn("dddd", 4))
    return InMemory(*scenes, class_names=("nucleus",))


@pytest.fixture
def model(source) -> Model:
    network = OneClass(source.scenes).eval()
    outputs = list(network.known.values())
    outputs[1][4, :, 32:] = -6  # the right half of bb is not seen: 2 of 4 missed
    outputs[3][4, :21] = -6  # the upper half of dddd neither: 2 of 4 missed ...
    outputs[3][4, 2:8, 26:36] = 5.0  # ... and something seen where nothing is
    outputs[3][:2, 2:8, 26:36] = 0
    outputs[3][2:4, 2:8, 26:36] = 0.95
    return Model(network, CARD)


@pytest.fixture
def read(monkeypatch) -> list[weakref.ref]:
    """What was read of the source so far.  When the next scene is read, at most the one before it is still there."""
    images: list[weakref.ref] = []

    def fresh(self, index):
        assert sum(image() is not None for image in images) <= 1
        scene = self.scenes[index]
        image = scene.image.copy()
        images.append(weakref.ref(image))
        return replace(scene, image=image)

    monkeypatch.setattr(InMemory, "__getitem__", fresh)
    return images


def test_tuning_keeps_no_image(source, read):
    """Nor anything else that grows with the picture: an output, masks.  With flips, which take two outputs."""
    network = OneClass(source.scenes).eval()
    known, outputs = network.known.copy(), []
    for scene in source.scenes:
        mirrored = np.ascontiguousarray(scene.image[:, ::-1])
        known[mirrored.tobytes()] = brought_back(known[scene.image.tobytes()], View(mirrored=True), 2)

    def forward(image):
        assert sum(output() is not None for output in outputs) <= 1
        pixels = (image[0] * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
        output = known[pixels.tobytes()].clone()[None]
        outputs.append(weakref.ref(output))
        return output

    network.forward = forward
    tuning = tune_thresholds(Model(network, CARD), source, thresholds_of(CARD), None, (0.5, 0.7), (4, 20), flips=True)
    assert (len(read), len(outputs)) == (4, 8)
    assert tuning.nuclei.max() > 0.9


class TestWorst:
    def test_the_worst_come_first_and_the_faultless_are_not_drawn(self, source, model, tmp_path):
        evaluation = evaluate(model, source, tmp_path, thresholds_of(CARD), EvaluationSettings(pictures=3))
        rows = list(csv.DictReader(evaluation.worst.table().splitlines()))
        assert [row["image"] for row in rows] == ["dddd", "bb", "a", "ccc"]
        assert [(row["right"], row["false"], row["missed"]) for row in rows[:2]] == [("2", "1", "2"), ("2", "0", "2")]
        assert float(rows[0]["score"]) == pytest.approx(2 / 5)
        sheet = evaluation.worst.sheet()
        one = draw_errors(source[0].image, *[(np.zeros((0, 48, 64), bool), np.zeros(0, np.int8), ())] * 2, "a")
        assert sheet.shape == stack([one, one]).shape  # two tiles

    def test_no_errors_no_sheet(self, source, tmp_path):
        model = Model(OneClass(source.scenes).eval(), CARD)
        settings = EvaluationSettings(pictures=3)
        assert evaluate(model, source, tmp_path, thresholds_of(CARD), settings).worst.sheet() is None

    def test_pictures_are_kept_of_the_worst_only_and_no_image_is(self, source, model, read, tmp_path, monkeypatch):
        def drawing(*arguments):
            drawn_words.append(arguments[-1].split(":")[0])
            return draw_errors(*arguments)

        drawn_words: list[str] = []
        monkeypatch.setattr("lab.figures.errors.draw_errors", drawing)
        worst = evaluate(model, source, tmp_path, thresholds_of(CARD), EvaluationSettings(pictures=1)).worst
        assert len(read) == 4
        assert drawn_words == ["bb", "dddd"]  # bb is the worst until dddd comes
        assert [worst.tallies[index].name for index in worst._tiles] == ["dddd"]

    def test_ties_go_to_more_errors(self):
        worst = WorstImages(("nucleus",), 0, 0)
        image, nothing = np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8, 8), bool)
        for name, count in (("few", 1), ("many", 3)):
            regions = np.zeros((8, 8), int)
            regions[0, :count] = range(1, count + 1)
            truth = Truth(regions, np.ones(count, int), np.zeros(count, bool), regions < 0)
            found = Found(nothing, np.zeros(0), np.zeros(0, int))
            worst.consider(name, image, found, truth, record_image(*found, truth))
        assert [row.split(",")[0] for row in worst.table().splitlines()] == ["image", "many", "few"]


class TestErrors:
    def test_wrong_is_striped_right_is_outlined_only(self):
        image = np.full((100, 160, 3), 90, np.uint8)
        masks = np.zeros((2, 100, 160), bool)
        masks[0, 20:60, 20:60], masks[1, 20:60, 90:130] = True, True
        verdicts = np.array([RIGHT, WRONG], np.int8)
        nothing = masks[:0], verdicts[:0], ()
        tile = draw_errors(image, (masks, verdicts, ("", "")), nothing, "words")
        middle = tile[:, tile.shape[1] // 3 + 8 : 2 * tile.shape[1] // 3]  # the second panel
        times = 4  # 400 px high
        inside = [
            middle[24 + 30 * times : 24 + 50 * times, column * times : (column + 20) * times] for column in (30, 100)
        ]
        assert (inside[0] == 90).all()
        assert 0.3 < (inside[1] != 90).any(axis=2).mean() < 0.7
        assert (middle == COLOURS[RIGHT]).all(axis=2).any()
        assert (middle == COLOURS[WRONG]).all(axis=2).any()

    def test_a_caption_where_there_is_room(self):
        image = np.full((100, 160, 3), 90, np.uint8)
        mask, verdict = np.zeros((1, 100, 160), bool), np.array([WRONG], np.int8)
        mask[0, 20:60, 20:60] = True
        nothing = mask[:0], verdict[:0], ()
        with_words, without = (draw_errors(image, (mask, verdict, (name,)), nothing, "") for name in ("bus", ""))
        assert (with_words != without).any()
        mask[0, 22:] = False  # 2 px high
        with_words, without = (draw_errors(image, (mask, verdict, (name,)), nothing, "") for name in ("bus", ""))
        assert (with_words == without).all()


class TestWriteLooks:
    def test_files(self, source, model, tmp_path):
        evaluation = evaluate(model, source, tmp_path, thresholds_of(CARD), EvaluationSettings(pictures=2))
        names = ["curves.csv", "images.csv", "curves.png", "worst.png"]
        assert [path.name for path in write_looks(tmp_path / "out", evaluation)] == names
        for name in names[2:]:
            with Image.open(tmp_path / "out" / name) as picture:
                assert picture.width > 800
        by_overlap = report(evaluation)["ap_by_overlap"]
        assert list(by_overlap) == [f"{t:.2f}" for t in AP_THRESHOLDS]
        assert by_overlap["0.50"] == report(evaluation)["ap50"]
        assert json.loads(json.dumps(by_overlap)) == by_overlap

    def test_pictures_of_an_earlier_evaluation_do_not_stay(self, source, model, tmp_path):
        for pictures, expected in ((2, 4), (0, 2)):
            settings = EvaluationSettings(pictures=pictures)
            write_looks(tmp_path / "out", evaluate(model, source, tmp_path, thresholds_of(CARD), settings))
            assert len(list((tmp_path / "out").iterdir())) == expected

    def test_of_many_classes_the_first_are_drawn(self):
        rng = np.random.default_rng(2)
        curves = curves_of([random_record(rng) for _ in range(3)], ("a", "b"), 20)
        by_overlap = {name: np.linspace(1, 0, 10) for name in ("a", "b", *"cdefghijkl")}
        still = show_curves(curves, by_overlap, AP_THRESHOLDS)
        assert still.alt.startswith("Precision against recall, and AP against the overlap. AP: a ")
