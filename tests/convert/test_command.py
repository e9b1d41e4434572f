"""``python -m lab convert``: what it writes, and what it says about files that will not do."""

import io
import json
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from lab.__main__ import app
from lab.checkpoints import load_model, read_tensors
from lab.training.start import ENCODER_CARD
from tests.convert.synthetic import as_from_a_gpu, checkpoint, pretrained, saved


def lab(*words: object) -> tuple[int, str]:
    """Exit code and all that was said, on one line."""
    result = CliRunner().invoke(app, ["convert", *map(str, words)])
    assert "Traceback" not in result.output
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out" / "ours.safetensors"


class TestModel:
    @pytest.mark.parametrize("old_format", [False, True])
    def test_weights_and_card(self, tmp_path: Path, output: Path, old_format: bool):
        content = checkpoint()
        code, said = lab(saved(content, tmp_path / "best_iou_model.pth", old_format), output)
        assert code == 0, said
        assert "circular margins for car" in said
        assert "CC BY-NC 4.0" in said
        model = load_model(output)
        for name, tensor in model.network.state_dict().items():
            assert torch.equal(tensor, content["model_state_dict"][f"module.{name}"]), name
        card = model.card
        assert (card.bandwidth_channels, card.num_classes, card.class_names) == (1, 1, ("car",))
        assert tuple(card.thresholds.values()) == (0.9, 0.5, 128, 0.5)
        assert card.origin["converted_from"] == "best_iou_model.pth"
        assert (card.origin["epoch"], card.origin["best_iou"]) == (199, 0.5)
        assert "2/2047" in card.origin["coordinates"]
        assert {"licence", "sha256", "converted_with"} <= card.origin.keys()
        assert str(tmp_path) not in json.dumps(card.origin)

    @pytest.mark.parametrize("old_format", [False, True])
    def test_a_file_that_was_saved_on_a_gpu(self, tmp_path: Path, output: Path, old_format: bool):
        path = as_from_a_gpu(saved(checkpoint(), tmp_path / "a.pth", old_format))
        assert b"cuda:0" in path.read_bytes()
        code, said = lab(path, output)
        assert code == 0, said

    def test_more_classes_and_ellipses_in_the_same_layout(self, tmp_path: Path, output: Path):
        path = saved(checkpoint(2, 3), tmp_path / "a.pth")
        assert lab(path, output)[0] == 0
        assert load_model(output).card.class_names == ("class_1", "class_2", "class_3")
        assert lab(path, output, "--classes", "car, person,bus", "--kind", "model")[0] == 0
        card = load_model(output).card
        assert (card.bandwidth_channels, card.class_names) == (2, ("car", "person", "bus"))

    def test_names_for_another_number_of_classes(self, tmp_path: Path, output: Path):
        code, said = lab(saved(checkpoint(), tmp_path / "a.pth"), output, "--classes", "car,person")
        assert code == 1
        assert "found 1 seed maps, expected 2 as --classes says" in said
        assert not output.parent.exists()

    def test_the_prefix_of_data_parallel_may_be_missing(self, tmp_path: Path, output: Path):
        content = checkpoint()
        content["model_state_dict"] = {n.removeprefix("module."): t for n, t in content["model_state_dict"].items()}
        assert lab(saved(content, tmp_path / "a.pth"), output)[0] == 0

    def test_only_one_prefix_is_taken_off(self, tmp_path: Path, output: Path):
        content = checkpoint()
        content["model_state_dict"] = {f"module.{name}": t for name, t in content["model_state_dict"].items()}
        code, said = lab(saved(content, tmp_path / "a.pth"), output)
        assert code == 1
        assert "the file's first names: module.encoder" in said

    def test_what_is_not_used_may_be_missing(self, tmp_path: Path, output: Path):
        state = checkpoint()["model_state_dict"]
        state = {n: t for n, t in state.items() if "encoder.output_conv" not in n and "tracked" not in n}
        code, said = lab(saved({"model_state_dict": OrderedDict(state)}, tmp_path / "a.pth"), output)
        assert code == 0, said

    def test_half_precision_becomes_single(self, tmp_path: Path, output: Path):
        state = {n: t.half() if t.is_floating_point() else t for n, t in checkpoint()["model_state_dict"].items()}
        assert lab(saved({"model_state_dict": state}, tmp_path / "a.pth"), output)[0] == 0
        assert {t.dtype for t in read_tensors(output)[0].values()} == {torch.float32, torch.int64}


NAME = "module.encoder.layers.3.bn1.weight"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({NAME: None}, "1 of 431 tensors do not fit a network with branches [3, 1]: encoder.layers.3.bn1.weight: "),
        ({NAME: torch.ones(32)}, "encoder.layers.3.bn1.weight: found 32, expected 64"),
        ({NAME: torch.full((64,), torch.nan)}, "found 64 of numbers of which some are NaN or infinite, expected 64"),
        ({NAME: torch.ones(64).to_sparse()}, "found 64 of torch.float32 (torch.sparse_coo, cpu)"),
        ({NAME: torch.ones(64, dtype=torch.complex64)}, "found 64 of torch.complex64"),
        ({NAME: torch.ones(64, device="meta")}, "found 64 of torch.float32 (torch.strided, meta)"),
        ({NAME: [1.0] * 64}, "encoder.layers.3.bn1.weight: found list, expected 64"),
        ({"module.extra": torch.ones(2, 3)}, "extra: found 2x3, expected none"),
        ({NAME: None, **{f"module.more{i}": torch.ones(1) for i in range(9)}}, "10 of 440 tensors do not fit"),
        ({"module.decoders.0.output_conv.bias": torch.ones(7)}, "found branches with 7 and 1 outputs"),
        ({"module.decoders.1.output_conv.bias": None}, "found branches with 3 and no outputs"),
        ({"module.decoders.1.output_conv.bias": torch.ones(100_000)}, "found branches with 3 and 100000 outputs"),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fit_are_named(tmp_path: Path, output: Path, changes: dict, message: str):
    content = checkpoint()
    state = content["model_state_dict"] | changes
    content["model_state_dict"] = {name: tensor for name, tensor in state.items() if tensor is not None}
    code, said = lab(saved(content, tmp_path / "a.pth"), output)
    assert code == 1
    assert f"{tmp_path}/a.pth: " in said
    assert message in said
    assert not output.parent.exists()


class TestEncoder:
    def test_it_becomes_a_file_to_start_from(self, tmp_path: Path, output: Path):
        content = pretrained()
        code, said = lab(saved(content, tmp_path / "erfnet_encoder_pretrained.pth.tar", old_format=True), output)
        assert code == 0, said
        assert f"python -m lab train --start-from {output}" in said
        assert "Left out, as no part of it: classifier.weight, classifier.bias, features.encoder.output_conv" in said
        tensors, header = read_tensors(output)
        assert json.loads(header[ENCODER_CARD])["converted_from"] == "erfnet_encoder_pretrained.pth.tar"
        for name, tensor in tensors.items():
            assert torch.equal(tensor, content["state_dict"][f"module.features.{name}"])

    def test_a_file_of_old_pytorch_has_no_counters(self, tmp_path: Path, output: Path):
        state = {n: t for n, t in pretrained()["state_dict"].items() if not n.endswith("num_batches_tracked")}
        assert lab(saved({"state_dict": state}, tmp_path / "a.pth"), output)[0] == 0
        assert read_tensors(output)[0]["encoder.layers.1.bn1.num_batches_tracked"] == 0

    def test_what_does_not_fit_is_named(self, tmp_path: Path, output: Path):
        content = pretrained()
        content["state_dict"]["module.features.encoder.layers.15.conv.weight"] = torch.ones(2)
        del content["state_dict"]["module.features.encoder.layers.0.conv.bias"]
        code, said = lab(saved(content, tmp_path / "a.pth"), output)
        assert code == 1
        assert "2 of " in said
        assert "encoder.layers.0.conv.bias: found none, expected 48" in said
        assert "encoder.layers.15.conv.weight: found 2, expected none" in said

    def test_another_networks_weights(self, tmp_path: Path, output: Path):
        code, said = lab(saved({"state_dict": {"layer1.conv.weight": torch.ones(1)}}, tmp_path / "a.pth"), output)
        assert code == 1
        assert "found no name that begins with module.features.encoder. (the first are layer1.conv.weight)" in said


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


class TestUnsafe:
    @pytest.mark.parametrize("old_format", [False, True])
    def test_code_in_a_file_is_not_run(self, tmp_path: Path, output: Path, old_format: bool):
        content = checkpoint() | {"logger_data": Malicious(tmp_path / "ran")}
        code, said = lab(saved(content, tmp_path / "a.pth", old_format), output)
        assert code == 1
        assert "a.pth: found an object made by getattr, expected tensors" in said
        assert "weights_only" not in said  # PyTorch's advice to read it unsafely
        assert "does not make them, and the file was not read" in said
        assert not (tmp_path / "ran").exists()
        assert not output.parent.exists()

    def test_a_plain_pickle_is_not_run(self, tmp_path: Path, output: Path):
        (tmp_path / "a.pth").write_bytes(pickle.dumps(Malicious(tmp_path / "ran")))
        assert lab(tmp_path / "a.pth", output)[0] == 1
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize("old_format", [False, True])
    def test_a_log_with_numbers_of_numpy_is_named_with_a_remedy(self, tmp_path: Path, output: Path, old_format: bool):
        code, said = lab(saved(checkpoint() | {"best_iou": np.float64(0.5)}, tmp_path / "a.pth", old_format), output)
        assert code == 1
        assert "found an object made by numpy" in said
        assert "multiarray.scalar" in said
        assert "save the weights alone with torch.save({'model_state_dict': ...}, NEW), and convert NEW" in said


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in members.items():
            # ZipInfo's own date, not the clock's: the bytes are in a test's name, the same in all processes.
            file.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found an empty file"),
        (b"no pickle at all, but text", "found something else than a whole file of torch.save"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "found something else than a whole file of torch.save"),
        (bytes(1000), "found something else than a whole file of torch.save"),
        (b"\x80\x02", "found something else than a whole file of torch.save"),
        (zipped(readme=b"hello"), "found something else than a whole file of torch.save"),
        (pickle.dumps([1, 2, 3]), "found something else than a whole file of torch.save"),
    ],
)
def test_no_file_of_torch(tmp_path: Path, output: Path, content: bytes, message: str):
    (tmp_path / "a.pth").write_bytes(content)
    code, said = lab(tmp_path / "a.pth", output)
    assert code == 1
    assert f"{tmp_path}/a.pth: {message}" in said
    assert "weights_only" not in said
    assert not output.parent.exists()


@pytest.mark.parametrize("old_format", [False, True])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_part_of_a_file(tmp_path: Path, output: Path, old_format: bool, share: float):
    whole = saved(checkpoint(), tmp_path / "a.pth", old_format).read_bytes()
    (tmp_path / "a.pth").write_bytes(whole[: int(share * len(whole))])
    code, said = lab(tmp_path / "a.pth", output)
    assert code == 1
    assert "found something else than a whole file of torch.save" in said
    assert "do that again" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (torch.ones(3), "found Tensor, expected a dictionary with 'model_state_dict'"),
        ([1, 2], "found list of 2, expected a dictionary"),
        ({"weights": 1}, "found the keys 'weights', expected 'model_state_dict' (model) or 'state_dict' (encoder)"),
        ({}, "found the keys none"),
        ({"model_state_dict": {}}, "found dict without entries below 'model_state_dict'"),
        ({"model_state_dict": 3}, "found int below 'model_state_dict', expected weights by name"),
        ({"model_state_dict": {1: torch.ones(1)}}, "found dict below 'model_state_dict'"),
        ({"model_state_dict": {}, "state_dict": {}}, "Name one with --kind"),
    ],
)
def test_another_content(tmp_path: Path, output: Path, content: object, message: str):
    code, said = lab(saved(content, tmp_path / "a.pth"), output)
    assert code == 1
    assert message in said


def test_files_that_will_not_do(tmp_path: Path, output: Path):
    save_file({"x": torch.ones(1)}, tmp_path / "a.safetensors")
    path = saved(checkpoint(), tmp_path / "b.pth")
    here = saved({}, tmp_path / "c.safetensors")
    for words, message in [
        ((tmp_path / "a.safetensors", output), "found a safetensors file, expected one of torch.save"),
        ((tmp_path / "none.pth", output), "none.pth: found no file, expected a file of torch.save"),
        ((tmp_path, output), "found a folder, expected a file of torch.save"),
        ((path, tmp_path / "x.pth"), "x.pth: found the ending '.pth', expected .safetensors"),
        ((path, output, "--kind", "all"), "--kind: found 'all', expected auto, model or encoder"),
        ((path, output, "--kind", "encoder"), "expected 'state_dict' (encoder). Take the right file."),
        ((here, here), "found the file to read, expected another one to write"),
    ]:
        code, said = lab(*words)
        assert code == 1
        assert message in said
    assert not output.parent.exists()


def test_an_output_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "taken").write_bytes(b"")
    code, said = lab(saved(checkpoint(), tmp_path / "a.pth"), tmp_path / "taken" / "ours.safetensors")
    assert code == 1
    assert "could not save" in said
