"""Evaluating and tuning on data in any layout; predicting at another size; the card's intensity."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from lab.__main__ import app
from lab.checkpoints import Model, ModelCard
from lab.clustering import Thresholds
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.intensity import stretch
from lab.datasets.nuclei import NucleiFolder
from lab.datasets.scene import Scene
from lab.evaluation import EvaluationSettings, commands, evaluate, predict_files, report, table, tune_thresholds
from lab.evaluation.ground_truth import Judged, class_table
from lab.evaluation.predict import network_output, predict_at_height, scaled, scaled_masks, thresholds_of
from lab.evaluation.tune import tuning_table
from lab.metrics import nuclei_counts, nuclei_counts_of, record_image, truth_from_scene
from tests import heart
from tests.heart import OneClass, drawn
from tests.own import discs, picture, write_own
from tests.street import write_street

CARD = ModelCard(2, 1, ("nucleus",), 0.5, 0.5, 8, 0.5)


class Listed:
    """A source made of scenes at hand."""

    def __init__(self, scenes: list[Scene], class_names=("nucleus",)):
        self.scenes, self.class_names = scenes, class_names

    def __len__(self):
        return len(self.scenes)

    def __getitem__(self, index):
        return self.scenes[index]

    def name(self, index):
        return self.scenes[index].name

    def image_path(self, index):
        return Path(f"{self.name(index)}.png")

    label_path = image_path

    def labels(self, index):
        return self.scenes[index].instances, self.scenes[index].classes

    checked_labels = labels


@pytest.fixture
def source() -> Listed:
    return Listed([drawn("a", 1), drawn("bb", 2), drawn("ccc", 3)])


def ideal(source, **options) -> Model:
    return Model(OneClass([source[i] for i in range(len(source))], **options).eval(), CARD)


class TestEvaluate:
    def test_real_nuclei_by_heart_score_one(self, nuclei, tmp_path):
        source = NucleiFolder(nuclei, "val")
        small = [i for i, entry in enumerate(source.entries) if entry.width == 256 and entry.instances < 25][:3]
        source.entries = [source.entries[i] for i in small]
        result = report(evaluate(ideal(source), source, tmp_path / "s", thresholds_of(CARD)))
        assert result["nuclei_score"]["pooled"][0] == result["nuclei_score"]["per_image"][0] == 1
        assert result["nuclei_score"]["mean_pooled"] > 0.9
        assert result["ap50"] == 1
        assert result["classes"]["nucleus"]["instances"] == sum(entry.instances for entry in source.entries)
        assert (result["min_region_pixels"], result["scored_by"]) == (0, "lab.metrics")
        assert not (tmp_path / "s").exists()

    def test_report_and_table_say_both_ways_of_averaging(self, source, tmp_path):
        source.scenes[0] = replace(source[0], instances=np.minimum(source[0].instances, 1))  # image a: one nucleus
        result = report(evaluate(ideal(source), source, tmp_path, thresholds_of(CARD, min_pixels=100)))
        score = result["nuclei_score"]
        # Discs of 197, 253, 81 and 29 px: of 4 two are found; of 1, which has them all, that one.
        assert (score["overlaps"][0], score["overlaps"][-1], len(score["overlaps"])) == (0.5, 0.95, 10)
        assert json.loads(json.dumps(result, allow_nan=False)) == result
        lines = table(result).splitlines()
        assert "TP / (TP + FP + FN)" in lines[5]
        assert lines[7].split()[:3] == ["all", "images", "pooled"]
        assert lines[7].split()[3] == f"{score['pooled'][0]:.3f}"
        assert lines[8].split()[-1] == f"{score['mean_per_image']:.3f}"
        assert "scored at that size by lab.metrics; all true instances count, however small." in table(result)
        assert score["pooled"] != score["per_image"]

    def test_pooled_and_per_image_by_hand(self, source, tmp_path):
        """Image a: 2 of 4 found; b: 4 of 4; c: nothing but a false one."""
        model = ideal(source)
        outputs = list(model.network.known.values())
        outputs[0][4, :, 32:] = -6  # a's right half is not seen
        empty = replace(source[2], instances=np.zeros((48, 64), np.int32), classes=np.zeros((48, 64), np.int16))
        source.scenes[2] = empty
        outputs[2][4] = torch.where(torch.from_numpy(drawn("ccc", 3).instances) == 1, outputs[2][4], -6.0)
        score = report(evaluate(model, source, tmp_path, thresholds_of(CARD)))["nuclei_score"]
        assert score["pooled"][0] == pytest.approx(6 / (6 + 1 + 2))
        assert score["per_image"][0] == pytest.approx((2 / 4 + 4 / 4 + 0) / 3, abs=1e-6)

    def test_one_image_is_in_memory_at_a_time(self, source, tmp_path, monkeypatch):
        import gc
        import weakref

        alive, model = [], ideal(source)

        def fresh(self, index):
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 1
            scene = self.scenes[index]
            image = scene.image.copy()
            alive.append(weakref.ref(image))
            return replace(scene, image=image)

        monkeypatch.setattr(Listed, "__getitem__", fresh)
        evaluate(model, source, tmp_path, thresholds_of(CARD))
        assert len(alive) == 3

    def test_the_official_scorer_is_for_its_layout(self, source, tmp_path):
        with pytest.raises(ValueError, match="not in Cityscapes' layout, expected own"):
            evaluate(ideal(source), source, tmp_path, thresholds_of(CARD), EvaluationSettings(scorer="official"))

    def test_min_region_forgives_small_nuclei_in_ap_only(self, source, tmp_path):
        settings = EvaluationSettings(min_region=100)
        result = report(evaluate(ideal(source), source, tmp_path, thresholds_of(CARD), settings))
        assert result["classes"]["nucleus"]["instances"] == 3 * 2
        assert "true instances under 100 px are ignored" in table(result)

    def test_a_prediction_that_is_not_finite_names_its_picture(self, source, tmp_path):
        model = ideal(source)
        list(model.network.known.values())[1][0, 0, 0] = float("nan")
        with pytest.raises(ValueError, match=r"bb\.png: the prediction holds"):
            evaluate(model, source, tmp_path, thresholds_of(CARD))


class TestClasses:
    def test_one_class_each_is_the_same_whatever_its_name(self):
        assert class_table(("cell",), ("nucleus",)).tolist() == [0, 1]

    def test_classes_are_told_by_name(self):
        assert class_table(("dog", "cat", "cow"), ("cat", "dog")).tolist() == [0, 2, 1, 0]

    def test_no_class_in_common(self, source, tmp_path):
        street = Model(ideal(source).network, heart.CARD)
        with pytest.raises(ValueError, match=r"knows the classes person, .*; expected some of the data's: nucleus"):
            evaluate(street, source, tmp_path, thresholds_of(CARD))

    def test_several_classes_get_ap_of_each_and_no_nuclei_score(self, tmp_path):
        scene = drawn("a")
        scene = replace(scene, classes=np.where(scene.instances > 2, 2, scene.classes).astype(np.int16))
        scene.classes[0, :8] = -1
        data = Listed([scene], ("big", "small"))
        card = replace(CARD, num_classes=2, class_names=("small", "big"))
        swapped = replace(scene, classes=np.choose(scene.classes + 1, [-1, 0, 2, 1]).astype(np.int16))
        model = Model(OneClass([swapped], num_classes=2).eval(), card)
        result = report(evaluate(model, data, tmp_path, thresholds_of(CARD)))
        assert "nuclei_score" not in result
        assert {name: row["ap50"] for name, row in result["classes"].items()} == {"small": 1, "big": 1}
        assert Judged(data, card)[0][1].void.sum() == 8

    def test_a_class_that_the_model_does_not_know_is_background(self):
        scene = drawn("a")
        scene = replace(scene, classes=np.where(scene.instances > 2, 2, scene.classes).astype(np.int16))
        truth = Judged(Listed([scene], ("nucleus", "dust")), CARD)[0][1]
        assert truth.classes.tolist() == [1, 1]


class TestCounts:
    def test_from_the_record_as_from_the_masks(self):
        rng = np.random.default_rng(0)
        for seed in range(20):
            scene = drawn("a", seed)
            masks = np.stack([np.roll(scene.instances == k, rng.integers(-4, 5, 2), (0, 1)) for k in (1, 2, 2, 3, 4)])
            record = record_image(masks, rng.random(5), np.ones(5, int), truth_from_scene(scene))
            np.testing.assert_array_equal(nuclei_counts_of(record), nuclei_counts(masks, scene.instances))

    def test_void_counts_for_neither_side(self):
        scene = drawn("a")
        scene.classes[:, :32] = -1
        masks = np.stack([scene.instances == k for k in (1, 2)] + [scene.instances >= 2])  # one wholly in void
        masks[1, 30, :32] = True  # reaches into void, which is forgiven
        record = record_image(masks[:2], np.ones(2), np.ones(2, int), truth_from_scene(scene))
        assert nuclei_counts_of(record, (0.99,)).tolist() == [[1, 0, 1]]


class TestOtherHeight:
    def test_masks_come_back_at_the_files_size(self, source, tmp_path):
        large = [
            replace(
                scene,
                **{name: getattr(scene, name).repeat(2, 0).repeat(2, 1) for name in ("image", "instances", "classes")},
            )
            for scene in source.scenes
        ]
        model = Model(OneClass(large, size=(48, 64)).eval(), CARD)
        settings = EvaluationSettings(predict_height=48)
        result = report(evaluate(model, Listed(large), tmp_path, thresholds_of(CARD), settings))
        assert result["nuclei_score"]["pooled"][0] == 1
        assert (result["resolution"], result["predicted_at"]) == (["128x96"], ["64x48"])
        words = "of 128x96 px, predicted at 64x48 px, the masks brought back to the pictures' size and scored there"
        assert words in table(result)

    def test_min_pixels_are_those_of_the_predicted_size(self, source):
        model = Model(OneClass(source.scenes, size=(24, 32)).eval(), CARD)
        sizes = [
            len(predict_at_height(model, source[0].image, Thresholds(0.5, 0.5, smallest, 0.5), 24)[0].scores)
            for smallest in (0, 12, 30)
        ]
        assert sizes == [4, 3, 2]  # 253, 197, 81 and 29 px, a quarter of that each

    def test_streets_in_cityscapes_layout_keep_the_official_scorer(self, tmp_path):
        source = CityscapesFolder(write_street(tmp_path / "street", 2, "val"), "val")
        model = Model(OneClass([source[0], source[1]], size=(32, 64), num_classes=8).eval(), heart.CARD)
        settings = EvaluationSettings(min_region=20, predict_height=32)
        evaluation = evaluate(model, source, tmp_path / "s", thresholds_of(heart.CARD), settings)
        result = report(evaluation)
        assert (result["ap50"], result["scored_by"]) == (1, "cityscapesscripts")
        assert (result["resolution"], result["predicted_at"]) == (["128x64"], ["64x32"])
        assert Image.open(next((tmp_path / "s").rglob("*.png"))).size == (128, 64)

    def test_pictures_are_reduced_by_area_and_masks_by_their_middles(self):
        image = 4 * np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        np.testing.assert_array_equal(scaled(image, (2, 2)), image.reshape(2, 2, 2, 2, 3).mean((1, 3)))
        assert scaled(image, (4, 4)) is image
        masks = np.eye(2, dtype=bool)[None]
        np.testing.assert_array_equal(scaled_masks(masks, (4, 6))[0], np.eye(2, dtype=bool).repeat(2, 0).repeat(3, 1))
        np.testing.assert_array_equal(
            scaled_masks(masks, (3, 5))[0], [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1]]
        )
        assert scaled_masks(np.zeros((0, 2, 2), bool), (4, 6)).shape == (0, 4, 6)

    def test_a_height_that_is_none(self):
        with pytest.raises(ValueError, match="found predict_height 4, expected at least 16"):
            EvaluationSettings(predict_height=4)


class TestIntensity:
    @pytest.fixture
    def seen(self):
        """A network that keeps what it is shown."""

        class Keeps(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.nowhere, self.images = torch.nn.Parameter(torch.zeros(())), []

            def forward(self, image):
                self.images.append(image.clone())
                return torch.full((1, 5, *image.shape[2:]), -6.0)

        return Model(Keeps().eval(), replace(CARD, intensity="percentile"))

    def as_trained(self, image) -> torch.Tensor:
        """The network's input as training makes it of a scene's picture."""
        return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255

    def test_prediction_sees_exactly_what_training_saw(self, seen, nuclei, tmp_path):
        trained_on = NucleiFolder(nuclei, "val", "percentile")
        wanted = self.as_trained(trained_on[0].image)
        path = trained_on.image_path(0)
        stored = NucleiFolder(nuclei, "val")
        stored.entries, trained_on.entries = stored.entries[:1], trained_on.entries[:1]
        network_output(seen, stored[0].image)
        evaluate(seen, stored, tmp_path, thresholds_of(CARD))
        evaluate(seen, trained_on, tmp_path, thresholds_of(CARD))  # not stretched twice
        predict_files(seen, [path], tmp_path / "out", thresholds_of(CARD))
        tune_thresholds(seen, stored, thresholds_of(CARD), None, (0.5,), (8,))
        assert len(seen.network.images) == 5
        assert all(torch.equal(image, wanted) for image in seen.network.images)
        assert not torch.equal(wanted, self.as_trained(stored[0].image))

    def test_what_the_source_has_stretched_stays_as_it_is(self, seen, source):
        source.scenes, source.intensity = source.scenes[:1], "percentile"
        assert not np.array_equal(stretch(source[0].image), source[0].image)  # stretching again would show
        evaluate(seen, source, Path("none"), thresholds_of(CARD))
        assert torch.equal(seen.network.images[0], self.as_trained(source[0].image))

    def test_stretched_before_it_is_scaled(self, seen, source):
        source.scenes = source.scenes[:1]
        evaluate(seen, source, Path("none"), thresholds_of(CARD), EvaluationSettings(predict_height=24))
        wanted = scaled(stretch(source[0].image), (24, 32))
        assert torch.equal(seen.network.images[0], self.as_trained(wanted))

    def test_files_of_16_bits_are_stretched_from_their_own_values(self, seen, tmp_path):
        values = np.random.default_rng(0).integers(1000, 1100, (20, 30)).astype(np.uint16)
        values[0, 0] = 60000  # a hot pixel: of 8 bits for all, one would be left for the rest
        Image.fromarray(values).save(tmp_path / "deep.png")
        predict_files(seen, [tmp_path / "deep.png"], tmp_path / "out", thresholds_of(CARD))
        wanted = np.repeat(stretch(values)[..., None], 3, axis=2)
        assert torch.equal(seen.network.images[0], self.as_trained(wanted))

    def test_own_pictures_of_16_bits_are_evaluated_as_trained_on(self, seen, tmp_path):
        labels = discs()
        values = (300 + 2 * picture(labels).astype(int)[..., 0]).astype(np.uint16)
        values[0, 0] = 60000
        write_own(tmp_path / "cells" / "val", {"scene_0": (values, labels)})
        source = commands.open_for(seen, str(tmp_path / "cells"), "val")
        result = report(evaluate(seen, source, tmp_path, thresholds_of(CARD)))
        wanted = np.repeat(stretch(values)[..., None], 3, axis=2)
        assert torch.equal(seen.network.images[0], self.as_trained(wanted))
        assert result["classes"]["nucleus"]["instances"] == labels.max()  # one class each, whatever it is called

    def test_a_source_prepared_in_another_way(self, nuclei):
        with pytest.raises(ValueError, match="intensity 'percentile'; expected 'stored'"):
            Judged(NucleiFolder(nuclei, "val", "percentile"), CARD)


class TestTune:
    def test_chooses_by_the_pooled_nuclei_score(self, source):
        one = source[0].instances == 1  # an image with fewer nuclei: pooled is not the mean of the images
        source.scenes[0] = replace(source[0], instances=one.astype(np.int32), classes=one.astype(np.int16))
        model = ideal(source)
        for output in model.network.known.values():
            output[4, 40:43, 50:55] = 3.0  # 15 px that are none, well under the smallest nucleus of 29
            output[:2, 40:43, 50:55] = output[:2, 40:43, 50:55] * 0
        tuning = tune_thresholds(model, source, thresholds_of(CARD), None, (0.5, 0.7), (4, 20, 60))
        assert tuning.best.min_pixels == 20
        assert tuning.nuclei.shape == tuning.ap.shape == (2, 3)
        for column, smallest in enumerate((4, 20, 60)):
            chosen = thresholds_of(CARD, min_pixels=smallest)
            score = report(evaluate(model, source, Path("none"), chosen))["nuclei_score"]
            assert tuning.nuclei[0, column] == pytest.approx(score["mean_pooled"], abs=1e-6)
        assert "nuclei score" in tuning_table(tuning)
        assert tuning_table(tuning).startswith("TP/(TP+FP+FN), mean")

    def test_by_ap(self, source):
        tuning = tune_thresholds(ideal(source), source, thresholds_of(CARD), 1, (0.5,), (20, 60), by="ap")
        assert tuning.nuclei is None
        assert tuning_table(tuning).startswith("AP ")

    def test_sizes_for_small_objects(self, source):
        tuning = tune_thresholds(ideal(source), source, thresholds_of(CARD), 1, (0.5,))
        assert (tuning.min_pixels[0], tuning.min_pixels[-1]) == (8, 80)

    def test_words(self, source):
        with pytest.raises(ValueError, match="found the score 'iou' to tune by, expected nuclei or ap"):
            tune_thresholds(ideal(source), source, thresholds_of(CARD), by="iou")
        with pytest.raises(ValueError, match=r"model of 8 classes .* Tune by ap"):
            tune_thresholds(
                Model(ideal(source).network, heart.CARD), Listed([], ("car",)), thresholds_of(CARD), by="nuclei"
            )


class TestCommand:
    @pytest.fixture
    def by_heart(self, lab_data, monkeypatch):
        """The four real tiles, and a model that knows them stretched, in the place of the shipped one."""
        assert self.lab("download", "nuclei", "--offline")[0] == 0
        folders = [NucleiFolder(lab_data / "nuclei", split, "percentile") for split in ("train", "val", "test")]
        scenes = [folder[index] for folder in folders for index in range(len(folder))]
        model = Model(OneClass(scenes).eval(), replace(CARD, intensity="percentile"))
        monkeypatch.setattr(commands, "shipped_model", lambda *_: model)
        return model

    def lab(self, *words) -> tuple[int, str]:
        result = CliRunner().invoke(app, [str(word) for word in words])
        return result.exit_code, " ".join(result.output.split())

    def test_evaluate_real_tiles(self, by_heart, tmp_path):
        code, said = self.lab("evaluate", "--data", "nuclei", "--split", "test", "--output", tmp_path / "out")
        assert code == 0, said
        content = json.loads((tmp_path / "out" / "evaluation.json").read_text())
        assert content["nuclei_score"]["pooled"][0] > 0.95
        assert (content["data"], content["split"], content["images"]) == ("nuclei", "test", 1)
        assert {"device", "versions", "commit", "time", "predicted_at"} <= content.keys()
        looks = ["curves.csv", "curves.png", "images.csv", "worst.png"]
        assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted([*looks, "evaluation.json"])
        assert "beside it curves.csv, images.csv, curves.png, worst.png." in said
        assert "all images pooled" in said

    def test_evaluate_without_pictures(self, by_heart, tmp_path):
        words = ("evaluate", "--data", "nuclei", "--split", "test", "--output", tmp_path / "out", "--no-pictures")
        assert self.lab(*words)[0] == 0
        names = sorted(p.name for p in (tmp_path / "out").iterdir())
        assert names == ["curves.csv", "evaluation.json", "images.csv"]

    def test_tune_takes_val_and_never_test(self, by_heart):
        code, said = self.lab("tune", "--data", "nuclei", "--min-pixels", 8, "--min-pixels", 40)
        assert code == 0, said
        assert "8 px 40 px" in said
        code, said = self.lab("tune", "--data", "nuclei", "--split", "test")
        assert (code, "found the split test to tune on, expected val or train" in said) == (1, True)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--split", "holiday"), "found no pictures of the split 'holiday'"),
            (("--scorer", "official"), "not in Cityscapes' layout"),
            (("--model", "gone.safetensors"), "gone.safetensors: found no file"),
            (("--data", "elsewhere/nuclei"), "found no folder, expected the nuclei. `python -m lab download nuclei`"),
        ],
    )
    def test_bad_input(self, words, message, by_heart, tmp_path):
        code, said = self.lab("evaluate", "--data", "nuclei", "--output", tmp_path / "out", *words)
        assert code == 1
        assert message in said
        assert not (tmp_path / "out").exists()

    def test_a_name_that_is_no_shipped_model(self, lab_data):
        code, said = self.lab("evaluate", "--model", "horses")
        assert code == 1
        assert "found neither a shipped model 'horses' nor" in said

    def test_store_is_not_for_a_shipped_model_by_name(self, lab_data):
        code, said = self.lab("tune", "--model", "toyscapes", "--store")
        assert (code, "found --store with a shipped model" in said) == (1, True)
