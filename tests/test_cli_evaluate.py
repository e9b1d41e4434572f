"""The commands evaluate, predict and tune, as a person types them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from lab.__main__ import app
from lab.checkpoints import Model, load_model, save_model, store_card
from lab.datasets.cityscapes import CityscapesFolder
from lab.erfnet import BranchedERFNet
from lab.evaluation import commands
from lab.fast.network import InferenceNetwork
from tests.heart import CARD, KnowsByHeart
from tests.street import write_street


@pytest.fixture
def root(tmp_path):
    return write_street(tmp_path / "street", scenes=3, split="val")


@pytest.fixture
def by_heart(root, monkeypatch):
    """A model that knows the streets, in the place of the shipped one."""
    source = CityscapesFolder(root, "val")
    model = Model(KnowsByHeart(source[index] for index in range(3)).eval(), CARD)
    monkeypatch.setattr(commands, "shipped_model", lambda: model)
    return model


@pytest.fixture
def untrained(tmp_path):
    torch.manual_seed(0)
    save_model(tmp_path / "untrained.safetensors", BranchedERFNet(2, 8), CARD)
    return tmp_path / "untrained.safetensors"


def lab(*words) -> tuple[int, str]:
    """Exit code and all that was said, on one line."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, " ".join(result.output.split())


def corrected_by_hand(path: Path) -> None:
    """A result as another program saves it."""
    if path.suffix == ".png":
        pixels = np.asarray(Image.open(path))
        Image.fromarray(pixels).save(path)
    elif path.suffix == ".csv":
        path.write_text(path.read_text().replace(",", ";"))
    else:
        content = json.loads(path.read_text())
        path.write_text(json.dumps(content | {"info": {"description": "drawn"}}))


class TestEvaluate:
    def test_table_and_json(self, by_heart, root, tmp_path):
        out = tmp_path / "out"
        code, said = lab("evaluate", "--data", root, "--limit", 2, "--output", out, "--min-region", 20)
        assert code == 0, said
        assert "2 images of 128x64 px, scored at that size by cityscapesscripts" in said
        content = json.loads((out / "evaluation.json").read_text())
        assert content["ap50"] == 1
        assert (content["model"], content["data"], content["split"]) == ("shipped", "street", "val")
        assert {"device", "versions", "commit", "time", "thresholds", "seconds_per_image"} <= content.keys()
        assert len(list((out / "submission").glob("*.txt"))) == 2
        assert str(tmp_path) not in (out / "evaluation.json").read_text()

    def test_a_file_of_weights_that_finds_nothing(self, untrained, root, tmp_path):
        words = ("--data", root, "--output", tmp_path / "out", "--limit", 1, "--seed-threshold", 0.99)
        code, said = lab("evaluate", "--model", untrained, *words, "--min-region", 20)
        assert code == 0, said
        assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["ap"] == 0

    def test_a_run_by_its_name(self, untrained, root, tmp_path, monkeypatch):
        monkeypatch.setenv("LAB_RUNS", str(tmp_path / "runs"))
        (tmp_path / "runs" / "mine").mkdir(parents=True)
        untrained.rename(tmp_path / "runs" / "mine" / "model.safetensors")
        words = ("--data", root, "--output", tmp_path / "out", "--limit", 1, "--seed-threshold", 0.99)
        code, said = lab("evaluate", "--model", "mine", *words, "--store")
        assert code == 0, said
        assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["model"] == "mine"
        assert load_model(tmp_path / "runs" / "mine" / "model.safetensors").card.evaluation["images"] == 1

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--seed-threshold", "1.5"), "seed_threshold is 1.5; expected a number from 0 to 1"),
            (("--min-pixels", "-3"), "min_pixels is -3"),
            (("--scorer", "mine"), "found the scorer 'mine', expected official or own"),
            (("--device", "tpu"), "found the device 'tpu'"),
            (("--model", "gone.safetensors"), "gone.safetensors: found no file"),
            (("--model", "gone"), "--model: found neither a shipped model 'gone' nor"),
            (("--split", "test"), "found no images"),
        ],
    )
    def test_bad_input_is_one_clear_line(self, words, message, by_heart, root, tmp_path):
        code, said = lab("evaluate", "--data", root, "--output", tmp_path / "out", *words)
        assert code == 1
        assert message in said
        assert "Traceback" not in said
        assert not (tmp_path / "out" / "evaluation.json").exists()


class TestPredict:
    def test_a_folder_with_a_broken_file(self, by_heart, root, tmp_path):
        folder, out = tmp_path / "my pictures ü", tmp_path / "out"
        folder.mkdir()
        scene = CityscapesFolder(root, "val")[0]
        Image.fromarray(scene.image).save(folder / "z last.png")
        (folder / "broken.jpg").write_bytes(b"\xff\xd8 not more")
        (folder / "phone.heic").touch()
        code, said = lab("predict", folder, "--output", out)
        assert code == 1
        assert "broken.jpg: found a file that cannot be read as an image" in said
        assert "1 image predicted" in said
        assert "1 failed" in said
        assert f"Left out of {folder}: 1 .heic." in said
        labels = np.asarray(Image.open(out / "z last_labels.png"))
        assert ((labels > 0) == (scene.instances > 0)).mean() > 0.97
        of_image = {f"z last_{kind}" for kind in ("overlay.png", "labels.png", "instances.csv")}
        assert {path.name for path in out.iterdir()} == {"coco.json"} | of_image

    @pytest.mark.parametrize(
        ("mode", "suffix"), [("L", "png"), ("RGBA", "png"), ("I;16", "png"), ("RGB", "jpg"), ("CMYK", "tif")]
    )
    def test_any_image_of_any_size(self, mode, suffix, untrained, tmp_path):
        picture = np.random.default_rng(0).integers(0, 255, (37, 51), dtype=np.uint16)
        image = Image.fromarray(picture) if mode == "I;16" else Image.fromarray(picture.astype(np.uint8)).convert(mode)
        image.save(tmp_path / f"a.{suffix}")
        code, said = lab("predict", tmp_path / f"a.{suffix}", "--model", untrained, "--output", tmp_path / "out")
        assert code == 0, said
        assert Image.open(tmp_path / "out" / "a_labels.png").size == (51, 37)

    @pytest.mark.parametrize("result", ["a_labels.png", "a_overlay.png", "a_instances.csv", "coco.json"])
    def test_its_own_results_are_replaced_and_no_file_of_others(self, result, by_heart, root, tmp_path):
        Image.fromarray(CityscapesFolder(root, "val")[0].image).save(tmp_path / "a.png")
        (tmp_path / "b.png").write_bytes(b"broken")
        words = ("predict", tmp_path / "a.png", "--output", tmp_path)
        for _ in range(2):
            assert lab(*words)[0] == 0
        for name in {"a_labels.png", "a_overlay.png", "a_instances.csv", "coco.json"} - {result}:
            (tmp_path / name).unlink()
        corrected_by_hand(tmp_path / result)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
        code, said = lab("predict", tmp_path / "b.png", *words[1:])
        assert code == 1
        assert (
            f"{result}: found a file that no prediction of this version wrote, or that was changed since; expected none"
            in said
        )
        assert "b.png: found" not in said
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before

    @pytest.mark.parametrize(("halo", "told"), [("255", True), ("256", False)])
    def test_a_small_halo_is_told(self, halo, told, by_heart, root, tmp_path):
        picture = next((root / "leftImg8bit" / "val").rglob("*.png"))
        code, said = lab("predict", picture, "--halo", halo, "--output", tmp_path / "out")
        assert code == 0, said
        assert ("objects may be lost" in said) == told
        assert "Left out" not in said

    def test_nothing_to_predict(self, by_heart, tmp_path):
        code, said = lab("predict", tmp_path / "gone.png", "--output", tmp_path / "out")
        assert code == 1
        assert "gone.png: found nothing there, expected an image or a folder" in said

    def test_a_threshold_out_of_range(self, by_heart, root, tmp_path):
        code, said = lab("predict", root / "leftImg8bit" / "val" / "aachen", "--min-unassigned", "-1")
        assert code == 1
        assert "min_unassigned is -1.0" in said


def test_tune(by_heart, root):
    code, said = lab("tune", "--data", root, "--split", "val", "--limit", 2, "--min-region", 20)
    assert code == 0, said
    assert "Best: seed_threshold" in said
    assert "Chosen on 2 scenes of the split val; no other was read. Report results on another split" in said
    assert "Kept nowhere: --store" in said


class TestStore:
    def test_evaluation_and_thresholds_go_into_the_card_and_beside_it(self, untrained, root, tmp_path):
        options = ("--split", "val", "--limit", 1, "--store", "--flips")
        code, said = lab("tune", "--model", untrained, "--data", root, *options)
        assert code == 0, said
        assert "Stored in" in said
        assert "chosen with flips: predict with --flips" in said
        words = (
            "evaluate",
            "--model",
            untrained,
            "--data",
            root,
            "--limit",
            1,
            "--output",
            tmp_path / "out",
            "--store",
        )
        assert lab(*words)[0] == 0
        card = load_model(untrained).card
        assert card.evaluation["images"] == 1
        assert f"seed_threshold {card.seed_threshold}, min_pixels {card.min_pixels}" in said
        beside = json.loads(untrained.with_suffix(".json").read_text())
        assert (beside["min_pixels"], beside["evaluation"]) == (card.min_pixels, card.evaluation)

    def test_weights_stay_as_they_are_also_those_in_full_precision(self, tmp_path):
        path = tmp_path / "full.safetensors"
        save_model(path, BranchedERFNet(2, 8), CARD, half=False)
        before = load_model(path).network.state_dict()
        store_card(path, min_pixels=77)
        after = load_model(path)
        assert after.card.min_pixels == 77
        assert all(torch.equal(after.network.state_dict()[name], tensor) for name, tensor in before.items())

    def test_new_thresholds_take_an_old_evaluation_out_of_the_card(self, untrained, root):
        store_card(untrained, evaluation={"ap": 0.5})
        lab("tune", "--model", untrained, "--data", root, "--split", "val", "--limit", 1, "--store")
        assert load_model(untrained).card.evaluation == {}

    @pytest.mark.parametrize("command", ["evaluate", "tune"])
    def test_another_file_beside_the_model_is_not_replaced(self, command, untrained, root, monkeypatch):
        beside = untrained.with_suffix(".json")
        for content in ('{"class_names": ["mine"]}', "[1]", "no json"):
            beside.write_text(content)
            with pytest.raises(FileExistsError, match="no model's card"):
                store_card(untrained, evaluation={"ap": 0.5})
            with monkeypatch.context() as patched:
                patched.setattr(commands, "open_model", lambda *_: pytest.fail("began"))
                code, said = lab(command, "--model", untrained, "--data", root, "--split", "val", "--store")
            assert code == 1
            assert "untrained.json: found a file that is no model's card" in said
            assert beside.read_text() == content
            assert load_model(untrained).card.evaluation == {}

    @pytest.mark.parametrize("command", ["evaluate", "tune"])
    def test_the_shipped_model_is_not_changed_and_no_work_is_done_first(self, command, by_heart, root, monkeypatch):
        monkeypatch.setattr(commands, "open_model", lambda *_: pytest.fail("began"))
        code, said = lab(command, "--data", root, "--split", "val", "--limit", 1, "--store")
        assert code == 1
        assert "expected a model file of your own: --model FILE" in said


@pytest.mark.parametrize("scorer", ["official", "own"])
def test_labels_that_do_not_fit_are_named_before_the_work(scorer, by_heart, root, tmp_path):
    path = next((root / "gtFine").rglob("*_instanceIds.png"))
    Image.fromarray(np.zeros((32, 64), np.uint16)).save(path)
    code, said = lab("evaluate", "--data", root, "--output", tmp_path / "out", "--scorer", scorer)
    assert code == 1
    assert f"{path}: found labels of 64x32 px, expected 128x64 px" in said


def test_a_prediction_that_is_not_finite_names_its_image(untrained, root, tmp_path, monkeypatch):
    monkeypatch.setattr(InferenceNetwork, "forward", lambda self, image: torch.full((1, 12, 64, 128), torch.nan))
    code, said = lab("evaluate", "--model", untrained, "--data", root, "--output", tmp_path / "out")
    assert code == 1
    assert "_leftImg8bit.png: the prediction holds" in said


def test_a_mask_that_cannot_be_written_is_named(by_heart, root, tmp_path, monkeypatch):
    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    code, said = lab("evaluate", "--data", root, "--limit", 1, "--output", tmp_path / "out")
    assert code == 1
    assert "000.png: could not be written" in said
    assert not list(tmp_path.rglob("*.txt"))
