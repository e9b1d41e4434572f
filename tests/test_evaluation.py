"""Predicting, reporting and tuning, on small streets and a network that knows them by heart."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from lab.checkpoints import Model, ModelCard
from lab.clustering import Thresholds
from lab.datasets.cityscapes import CityscapesFolder
from lab.devices import pick_device
from lab.evaluation import (
    EvaluationSettings,
    evaluate,
    find_images,
    predict_files,
    predict_scene,
    report,
    table,
    thresholds_of,
    tune_thresholds,
    tuning_table,
)
from lab.evaluation.files import output_names, passed_over
from lab.evaluation.tune import _best, default_min_pixels
from lab.images import load_image
from tests.heart import CARD, KnowsByHeart
from tests.street import write_street


@pytest.fixture
def source(tmp_path) -> CityscapesFolder:
    return CityscapesFolder(write_street(tmp_path / "street", scenes=3, split="val"), "val")


@pytest.fixture
def model(source) -> Model:
    return Model(KnowsByHeart(source[index] for index in range(3)).eval(), CARD)


class TestPredictScene:
    def test_finds_what_is_there(self, model, source):
        scene = source[0]
        found = predict_scene(model, scene.image)
        assert len(found) == len(np.unique(scene.instances)) - 1
        right = (found.labels.numpy() > 0) == (scene.instances > 0)
        assert right.mean() > 0.97

    def test_thresholds_are_the_models_own_unless_given(self, model, source):
        assert len(predict_scene(model, source[0].image, Thresholds(min_pixels=10**6))) == 0
        assert thresholds_of(CARD) == Thresholds(0.5, 0.5, 8, 0.5)
        assert thresholds_of(CARD, min_pixels=3, seed_threshold=None) == Thresholds(0.5, 0.5, 3, 0.5)

    def test_a_threshold_out_of_range_is_refused(self):
        with pytest.raises(ValueError, match=r"seed_threshold is 1\.2; expected a number from 0 to 1"):
            thresholds_of(CARD, seed_threshold=1.2)

    def test_a_prediction_that_is_not_finite_is_refused(self, model, source):
        scene = source[0]
        model.network.known[scene.image.tobytes()][0, 3, 4] = float("nan")
        with pytest.raises(ValueError, match="not finite"):
            predict_scene(model, scene.image)

    def test_devices(self):
        assert pick_device("cpu").type == "cpu"
        with pytest.raises(ValueError, match="'tpu'"):
            pick_device("tpu")


class TestEvaluate:
    def test_a_perfect_model_scores_one_and_the_report_says_how(self, model, source, tmp_path):
        settings = EvaluationSettings(min_region=20)
        result = report(evaluate(model, source, tmp_path / "submission", thresholds_of(CARD), settings))
        assert result["ap50"] == 1
        assert result["classes"]["bus"] == {"ap": None, "ap50": None, "instances": 0}
        assert result["classes"]["car"]["instances"] > 0
        assert (result["images"], result["resolution"]) == (3, ["128x64"])
        assert result["thresholds"]["min_pixels"] == 8
        assert json.loads(json.dumps(result, allow_nan=False)) == result
        text = table(result)
        assert "absent" in text
        assert "128x64 px, scored at that size by cityscapesscripts; true instances under 20 px" in text
        assert "with the start" not in text

    def test_times_of_one_image_are_said_to_be_those_of_a_start(self, model, source, tmp_path):
        settings = EvaluationSettings(limit=1, scorer="own")
        text = table(report(evaluate(model, source, tmp_path, thresholds_of(CARD), settings)))
        assert text.endswith("three images or more show how fast it is).")

    def test_own_and_official_scorer_agree(self, source, tmp_path):
        noisy = Model(KnowsByHeart([source[i] for i in range(3)], noise=0.45).eval(), CARD)
        scores = [
            evaluate(noisy, source, tmp_path / scorer, thresholds_of(CARD), EvaluationSettings(None, 20, scorer)).score
            for scorer in ("official", "own")
        ]
        assert 0 < scores[0].mean < 1
        np.testing.assert_allclose(scores[0].table, scores[1].table, atol=1e-9)
        np.testing.assert_array_equal(scores[0].counts, scores[1].counts)

    def test_limit(self, model, source, tmp_path):
        evaluate(model, source, tmp_path, thresholds_of(CARD), EvaluationSettings(limit=2))
        assert len(list(tmp_path.glob("*.txt"))) == 2

    def test_a_second_run_leaves_nothing_of_the_first(self, model, source, tmp_path):
        folder = tmp_path / "submission"
        for thresholds, found in ((thresholds_of(CARD), True), (Thresholds(min_pixels=10**6), False)):
            evaluate(model, source, folder, thresholds, EvaluationSettings(limit=1, scorer="own"))
            assert bool(list(folder.rglob("*.png"))) == found

    @pytest.mark.parametrize(("name", "value"), [("limit", 0), ("min_region", -1), ("scorer", "best")])
    def test_settings_out_of_range_are_refused(self, name, value):
        with pytest.raises(ValueError, match=str(value)):
            EvaluationSettings(**{name: value})

    def test_classes_that_are_not_cityscapes(self, model, source, tmp_path):
        other = Model(model.network, ModelCard(2, 1, ("nucleus",), 0.5, 0.5, 8, 0.5))
        with pytest.raises(ValueError, match="knows the classes nucleus"):
            evaluate(other, source, tmp_path, thresholds_of(CARD))


class TestTune:
    def test_finds_the_size_that_the_objects_ask_for(self, model, source):
        # Every object of the streets has at least 12 x 25 px and fewer than 3000.
        tuning = tune_thresholds(model, source, thresholds_of(CARD), min_pixels=(8, 3000), min_region=20)
        assert tuning.best.min_pixels == 8
        assert (tuning.ap[0] == tuning.ap[0].max()).tolist() == [True, False]
        assert "Best: seed_threshold" in tuning_table(tuning)

    def test_equals_an_evaluation_at_each_pair(self, source, tmp_path):
        """The short cut over seed thresholds changes nothing."""
        noisy = Model(KnowsByHeart([source[i] for i in range(3)], noise=0.2).eval(), CARD)
        for output in noisy.network.known.values():
            output[4:] -= torch.linspace(0, 3, 128)  # seeds are less sure to the right
            output[6, :12, :] = torch.linspace(3, 0, 128)  # and cars hang in the sky
        tuning = tune_thresholds(noisy, source, thresholds_of(CARD), None, (0.5, 0.8, 0.97), (8, 60), 20)
        settings = EvaluationSettings(min_region=20, scorer="own")
        for row, seed in enumerate((0.5, 0.8, 0.97)):
            for column, size in enumerate((8, 60)):
                score = evaluate(noisy, source, tmp_path, Thresholds(seed, 0.5, size, 0.5), settings).score
                assert tuning.ap[row, column] == pytest.approx(score.mean)
                assert tuning.ap50[row, column] == pytest.approx(score.mean_50)
        assert len(np.unique(tuning.ap)) > 2

    def test_sizes_scale_by_area(self):
        assert default_min_pixels(1024, 2048) == (64, 128, 256, 512, 1024)
        assert default_min_pixels(256, 512) == (4, 8, 16, 32, 64)

    def test_scenes_without_instances(self, model, source):
        with pytest.raises(ValueError, match="found no instance"):
            tune_thresholds(model, source, thresholds_of(CARD), min_region=10**6)


class TestImages:
    def saved(self, folder, array, mode=None, name="a.png", **options):
        path = folder / name
        image = Image.fromarray(array)
        (image.convert(mode) if mode else image).save(path, **options)
        return load_image(path)

    def test_grey_and_palette_and_cmyk(self, tmp_path):
        grey = np.array([[0, 255], [7, 8]], np.uint8)
        np.testing.assert_array_equal(self.saved(tmp_path, grey), np.repeat(grey[..., None], 3, 2))
        colour = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)
        np.testing.assert_array_equal(self.saved(tmp_path, colour, "P"), colour)
        assert self.saved(tmp_path, colour, "CMYK", "a.tif").shape == (1, 2, 3)

    def test_transparency_lies_on_white(self, tmp_path):
        rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0]]], np.uint8)
        assert self.saved(tmp_path, rgba).tolist() == [[[10, 20, 30], [255, 255, 255]]]

    @pytest.mark.parametrize(
        ("values", "expected"),
        [([0, 65535], [0, 255]), ([0, 4095], [0, 255]), ([0, 200], [0, 200]), ([256, 511], [128, 255])],
    )
    def test_16_bits_by_the_fewest_bits_that_hold_them(self, values, expected, tmp_path):
        assert self.saved(tmp_path, np.array([values], np.uint16))[0, :, 0].tolist() == expected

    def test_floating_point(self, tmp_path):
        unit = np.array([[0, 0.5, 1]], np.float32)
        assert self.saved(tmp_path, unit, name="a.tif")[0, :, 0].tolist() == [0, 128, 255]
        for wrong in (-1.0, np.inf):
            with pytest.raises(ValueError, match="expected brightness"):
                self.saved(tmp_path, np.array([[0, wrong]], np.float32), name="a.tif")

    def test_exif_rotation(self, tmp_path):
        image = Image.fromarray(np.zeros((4, 8, 3), np.uint8))
        exif = image.getexif()
        exif[0x0112] = 6  # turn by 90 degrees
        image.save(tmp_path / "a.jpg", exif=exif)
        assert load_image(tmp_path / "a.jpg").shape == (8, 4, 3)

    def test_no_image(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"gone\.png: found no file, expected an image"):
            load_image(tmp_path / "gone.png")
        for content in (b"", b"hello"):
            (tmp_path / "a.png").write_bytes(content)
            with pytest.raises(ValueError, match=r"a\.png: found a file that cannot be read"):
                load_image(tmp_path / "a.png")


class TestPredictFiles:
    def test_results_and_failures(self, model, source, tmp_path):
        folder, output = tmp_path / "in", tmp_path / "out"
        folder.mkdir()
        scene = source[0]
        Image.fromarray(scene.image).save(folder / "große straße.png")
        (folder / "broken.png").write_bytes(b"\x89PNG nothing")
        said: list[str] = []
        paths = find_images([folder])
        assert predict_files(model, paths, output, thresholds_of(CARD), said.append) == 1
        assert len(said) == 1
        assert "broken.png: found a file that cannot be read" in said[0]
        of_image = [f"große straße_{kind}" for kind in ("instances.csv", "labels.png", "overlay.png")]
        assert sorted(p.name for p in output.iterdir()) == ["coco.json", *of_image]
        labels = Image.open(output / "große straße_labels.png")
        assert labels.mode == "I;16"
        np.testing.assert_array_equal(np.asarray(labels), predict_scene(model, scene.image).labels)
        rows = (output / "große straße_instances.csv").read_text().split()
        assert rows[0] == "label,class,score,pixels,visible_pixels"
        assert {row.split(",")[1] for row in rows[1:]} <= {"person", "car"}
        with Image.open(output / "große straße_overlay.png") as picture:
            assert picture.size == (1024, 512)

    def test_a_prediction_that_fails_names_its_file(self, model, source, tmp_path):
        scene = source[0]
        model.network.known[scene.image.tobytes()][0, 0, 0] = float("inf")
        Image.fromarray(scene.image).save(tmp_path / "a.png")
        said: list[str] = []
        assert predict_files(model, [tmp_path / "a.png"], tmp_path / "out", thresholds_of(CARD), said.append) == 1
        assert "a.png: the prediction holds 1 value" in said[0]
        assert not (tmp_path / "out").exists()

    def test_inputs(self, tmp_path):
        for name in ("b.JPG", "a.png", "a_overlay.png", "a_labels.png", "notes.txt"):
            (tmp_path / name).touch()
        assert [path.name for path in find_images([tmp_path / "b.JPG", tmp_path, tmp_path / "a.png"])] == [
            "b.JPG",
            "a.png",
        ]
        (tmp_path / "empty").mkdir()
        assert [path.name for path in find_images([tmp_path])] == ["a.png", "b.JPG"]
        with pytest.raises(FileNotFoundError, match="found no images in the folder"):
            find_images([tmp_path / "empty"])
        (tmp_path / "empty" / "a.heic").touch()
        with pytest.raises(FileNotFoundError, match=r"found no images in the folder but 1 \.heic, expected"):
            find_images([tmp_path / "empty"])
        with pytest.raises(FileNotFoundError, match="found nothing there"):
            find_images([tmp_path / "gone.png"])

    def test_what_is_passed_over_is_counted(self, tmp_path):
        results = ("a_overlay.png", "a_labels.png", "a_instances.csv", "coco.json")
        for name in ("a.png", ".hidden", *results):
            (tmp_path / name).touch()
        assert passed_over(tmp_path) == ""
        for name in ("a.heic", "b.HEIC", "c.txt"):
            (tmp_path / name).touch()
        (tmp_path / "more").mkdir()
        (tmp_path / "others").mkdir()
        assert sorted(passed_over(tmp_path).split(", ")) == ["1 .txt", "2 .heic", "2 folders"]

    def test_equal_stems_get_names_of_their_own(self, tmp_path):
        paths = [tmp_path / "a.png", tmp_path / "a.jpg", tmp_path / "b.png", tmp_path / "more" / "a.png"]
        assert output_names(paths) == ["a_png", "a_jpg", "b", "a_png_2"]


class TestBest:
    SEEDS, SIZES = (0.5, 0.7, 0.9), (4, 8, 16)

    def best(self, ap, min_pixels=8):
        chosen = _best(np.array(ap), self.SEEDS, self.SIZES, Thresholds(min_pixels=min_pixels))
        return chosen.seed_threshold, chosen.min_pixels

    def test_the_highest(self):
        assert self.best([[0.1, 0.1, 0.1], [0.1, 0.1, 0.2], [0.0, 0.0, 0.0]]) == (0.7, 16)

    def test_of_equals_the_highest_seed_threshold_and_the_size_it_started_with(self):
        assert self.best([[0.2, 0.2, 0.2], [0.199, 0.199, 0.2], [0.1, 0.1, 0.1]]) == (0.7, 8)
        assert self.best([[0.2, 0.2, 0.2], [0.2, 0.2, 0.2], [0.1, 0.1, 0.1]], min_pixels=100) == (0.7, 16)
