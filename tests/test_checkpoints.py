"""Models on disk: what goes in comes out, and what is said about files that are no models."""

import errno
import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file

from lab.checkpoints import CARD, ModelCard, load_model, read_tensors, save_model, shipped_model
from lab.erfnet import BranchedERFNet
from lab.folders import data_folder, dataset_folder, download_folder, write_whole

NAMES = ("person", "car")
LABELS = ModelCard(2, 2, NAMES, 0.9, 0.5, 8, 0.5, {"crop": [32, 32]}, {"AP": 0.25}, {"torch": "2"})


@pytest.fixture(scope="module")
def network() -> BranchedERFNet:
    torch.manual_seed(0)
    return BranchedERFNet(2, 2)


@pytest.fixture
def path(tmp_path: Path, network: BranchedERFNet) -> Path:
    save_model(tmp_path / "model.safetensors", network, LABELS)
    return tmp_path / "model.safetensors"


def test_a_model_comes_back_in_float32_with_its_card(path: Path, network: BranchedERFNet):
    model = load_model(path)
    assert model.card == LABELS
    assert model.card.thresholds == {
        "seed_threshold": 0.9,
        "foreground_threshold": 0.5,
        "min_pixels": 8,
        "min_unassigned": 0.5,
    }
    assert not model.network.training
    for name, tensor in network.state_dict().items():
        found = model.network.state_dict()[name]
        assert found.dtype == tensor.dtype
        assert torch.allclose(found, tensor, rtol=1e-3, atol=1e-7)


def test_half_is_stored_in_half_the_space_and_full_is_exact(path: Path, tmp_path: Path, network: BranchedERFNet):
    full = tmp_path / "full.safetensors"
    save_model(full, network, LABELS, half=False)
    assert path.stat().st_size < 0.55 * full.stat().st_size
    expected = network.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in load_model(full).network.state_dict().items())


def test_weights_in_channels_last_are_saved(tmp_path: Path):
    network = BranchedERFNet(1, 1).to(memory_format=torch.channels_last)
    card = replace(LABELS, bandwidth_channels=1, num_classes=1, class_names=("thing",))
    save_model(tmp_path / "m.safetensors", network, card)
    assert load_model(tmp_path / "m.safetensors").card == card


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("half", [True, False])
def test_weights_that_are_not_finite_are_named(tmp_path: Path, value: float, half: bool):
    network = BranchedERFNet(2, 2)
    name, weight = next(iter(network.named_parameters()))
    weight.data.view(-1)[0] = value
    with pytest.raises(ValueError, match=rf"{name}: found NaN or infinity, expected finite weights"):
        save_model(tmp_path / "m.safetensors", network, LABELS, half)
    assert list(tmp_path.iterdir()) == []


def test_a_weight_too_large_for_half_stays_in_full(tmp_path: Path):
    network = BranchedERFNet(2, 2)
    name, weight = next(iter(network.named_parameters()))
    weight.data.view(-1)[0] = 1e6
    save_model(tmp_path / "m.safetensors", network, LABELS)
    assert load_model(tmp_path / "m.safetensors").network.state_dict()[name].max() == 1e6


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=rf"{tmp_path}/none\.safetensors: found no file, expected a model"):
        load_model(tmp_path / "none.safetensors")


def test_a_pickle_is_refused_and_not_run(tmp_path: Path):
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    (tmp_path / "model.pth").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(
        ValueError, match=r"model\.pth: found something else than a whole safetensors file.*never opened"
    ):
        load_model(tmp_path / "model.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("length", [0, 4, 200, 100_000])
def test_a_part_of_a_file_is_refused(path: Path, length: int):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="found something else than a whole safetensors file"):
        load_model(path)


@pytest.mark.parametrize(
    "header",
    [None, {}, {CARD: "no json"}, {CARD: "[]"}, {CARD: "{}"}, {CARD: json.dumps({"class_names": ["a"]})}],
)
def test_a_header_without_card_is_refused(tmp_path: Path, header: dict | None):
    save_file({"x": torch.zeros(1)}, tmp_path / "m.safetensors", header)
    with pytest.raises(ValueError, match=r"m\.safetensors: found no complete card in the header"):
        load_model(tmp_path / "m.safetensors")


def test_tensors_of_another_shape_are_named(tmp_path: Path, network: BranchedERFNet):
    save_model(tmp_path / "m.safetensors", network, replace(LABELS, num_classes=8))
    with pytest.raises(ValueError, match=r"m\.safetensors: .*found num_classes 8, expected 2 as the tensors say"):
        load_model(tmp_path / "m.safetensors")


def test_missing_and_unknown_tensors_are_named(path: Path):
    tensors, metadata = read_tensors(path)
    name = min(tensors)
    tensors["extra"] = tensors.pop(name)
    save_file(tensors, path, metadata)
    with pytest.raises(ValueError, match=rf"{name}: found none, expected \[.*extra: found \[.*expected none"):
        load_model(path)


def test_an_unknown_shipped_model_says_what_there_is():
    with pytest.raises(FileNotFoundError, match=r"found no shipped model 'martians', expected one of \["):
        shipped_model("martians")


def test_an_interrupted_save_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch):
    before = path.read_bytes()

    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.folders.os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_model(path, BranchedERFNet(2, 2), LABELS)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(*_: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("lab.folders.os.replace", refused)
    with pytest.raises(
        OSError, match=rf"could not save {tmp_path}/x: Permission denied.*check the folder's permissions"
    ):
        write_whole(tmp_path / "x", b"content")
    assert list(tmp_path.iterdir()) == []


def test_where_data_lie(lab_data: Path, monkeypatch: pytest.MonkeyPatch):
    assert dataset_folder("toyscapes") == lab_data / "toyscapes"
    assert dataset_folder("./here") == Path("here")
    assert dataset_folder("/there") == Path("/there")
    monkeypatch.delenv("LAB_DATA")
    assert dataset_folder("toyscapes") == data_folder() / "toyscapes"


def test_a_name_may_be_that_of_a_folder_here(lab_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    here = tmp_path / "here"
    (here / "mine").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert dataset_folder("mine") == here / "mine"
    assert download_folder("mine") == lab_data / "mine"
    assert dataset_folder("yours") == lab_data / "yours"
    (lab_data / "mine").mkdir()
    assert dataset_folder("mine") == lab_data / "mine"  # the one that was named for data comes first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_names": ["car"]}, "found 1 class_names, expected"),
        ({"num_classes": 10**9}, "found num_classes 1000000000, expected"),
        # In the tests the run-time type checks speak first.
        ({"num_classes": "2"}, "found num_classes '2', expected|TypeCheckError"),
        ({"bandwidth_channels": 3}, "bandwidth_channels 3, expected 1 or 2"),
        ({"seed_threshold": 7}, "seed_threshold is 7; expected|TypeCheckError"),
        ({"seed_threshold": "0.9"}, "TypeError|TypeCheckError"),
        ({"min_pixels": 3.5}, "min_pixels is 3.5; expected|TypeCheckError"),
    ],
)
def test_an_unsound_card_is_named_with_its_file(path: Path, change: dict, message: str):
    tensors, metadata = read_tensors(path)
    card = json.loads(metadata[CARD]) | change
    path.write_bytes(save(tensors, {CARD: json.dumps(card)}))
    with pytest.raises(ValueError, match=message) as caught:
        load_model(path)
    assert str(path) in str(caught.value)
