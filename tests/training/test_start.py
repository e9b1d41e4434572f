"""Starting from weights that are there: what is taken, what stays, what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lab.checkpoints import ModelCard, read_tensors, save_model
from lab.erfnet import BranchedERFNet
from lab.folders import data_folder
from lab.training.start import ENCODER_CARD, find_start, load_start

CARD = ModelCard(2, 2, ("person", "car"), 0.9, 0.5, 8, 0.5)


def network(seed: int, bandwidth_channels: int = 2, num_classes: int = 2) -> BranchedERFNet:
    torch.manual_seed(seed)
    return BranchedERFNet(bandwidth_channels, num_classes)


def state(of: BranchedERFNet) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in of.state_dict().items()}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save_model(tmp_path / "model.safetensors", network(0), CARD, half=False)
    return tmp_path / "model.safetensors"


@pytest.fixture
def encoder(model: Path) -> Path:
    tensors = {name: t for name, t in read_tensors(model)[0].items() if name.startswith("encoder.")}
    save_file(tensors, model.with_name("encoder.safetensors"), {ENCODER_CARD: "{}"})
    return model.with_name("encoder.safetensors")


def test_a_whole_model(model: Path):
    fresh = network(1)
    assert load_start(fresh, model) == "model"
    expected = state(network(0))
    assert all(torch.equal(tensor, expected[name]) for name, tensor in state(fresh).items())


@pytest.mark.parametrize("num_classes", [1, 2])
def test_the_encoder_of_a_model_whatever_its_heads(model: Path, num_classes: int):
    fresh = network(1, 1, num_classes)
    _takes_the_encoder_alone(fresh, lambda: load_start(fresh, model, encoder_only=True))


def test_an_encoder_file(encoder: Path):
    fresh = network(1, 2, 3)
    _takes_the_encoder_alone(fresh, lambda: load_start(fresh, encoder))


def _takes_the_encoder_alone(fresh: BranchedERFNet, load) -> None:
    before, start = state(fresh), state(network(0))
    assert load() == "encoder"
    for name, tensor in state(fresh).items():
        expected = start if name.startswith("encoder.") else before
        assert torch.equal(tensor, expected[name]), name


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ((2, 1), "decoders.1.output_conv.bias: found 2 classes, expected 1 as this training has. Take the encoder"),
        ((1, 2), "decoders.0.output_conv.bias: found 4 offsets and bandwidths, expected 3"),
    ],
)
def test_heads_of_another_kind_are_refused_by_name_and_nothing_is_loaded(model: Path, heads: tuple, message: str):
    fresh = network(1, *heads)
    before = state(fresh)
    with pytest.raises(ValueError, match=message) as caught:
        load_start(fresh, model)
    assert str(model) in str(caught.value)
    assert all(torch.equal(tensor, before[name]) for name, tensor in state(fresh).items())


def test_tensors_that_do_not_fit_are_named(encoder: Path):
    tensors, header = read_tensors(encoder)
    tensors["encoder.layers.0.conv.bias"] = torch.ones(3)
    del tensors["encoder.layers.2.bn1.weight"]
    save_file(tensors, encoder, header)
    with pytest.raises(
        ValueError, match=r"encoder\.safetensors, its encoder: 2 tensors .*layers\.0\.conv\.bias: found \[3\]"
    ):
        load_start(network(1), encoder)


def test_a_file_without_a_card_and_a_missing_one(tmp_path: Path):
    save_file({"network/x": torch.ones(1)}, tmp_path / "last.safetensors")
    with pytest.raises(ValueError, match=r"found no card of a model or an encoder.*model\.safetensors"):
        load_start(network(1), tmp_path / "last.safetensors")
    with pytest.raises(FileNotFoundError, match="found no file"):
        load_start(network(1), tmp_path / "none.safetensors")


def test_a_model_in_half_precision(tmp_path: Path):
    save_model(tmp_path / "m.safetensors", network(0), replace(CARD, class_names=("a", "b")))
    fresh = network(1)
    load_start(fresh, tmp_path / "m.safetensors")
    assert {tensor.dtype for tensor in state(fresh).values()} == {torch.float32, torch.int64}


def test_a_file_and_a_finished_run_are_found(model: Path, tmp_path: Path):
    run = tmp_path / "runs" / "first" / "model.safetensors"
    run.parent.mkdir(parents=True)
    run.write_bytes(model.read_bytes())
    assert find_start(str(model), tmp_path / "runs") == model
    assert find_start("first", tmp_path / "runs") == run
    assert find_start("nuclei", tmp_path / "runs") == data_folder() / "models" / "nuclei.safetensors"


def test_a_run_that_is_not_finished_is_named_with_those_that_are(model: Path, tmp_path: Path):
    (tmp_path / "runs" / "begun").mkdir(parents=True)
    done = tmp_path / "runs" / "done" / "model.safetensors"
    done.parent.mkdir()
    done.write_bytes(model.read_bytes())
    with pytest.raises(
        FileNotFoundError,
        match=r"neither a file nor a finished run 'begun' .*finished runs: done; or a model that ships\. Train",
    ):
        find_start("begun", tmp_path / "runs")
    with pytest.raises(FileNotFoundError, match="finished runs: none;"):
        find_start("x", tmp_path / "nowhere")
