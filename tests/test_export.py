"""The exported file says what the network says, for pictures of any size, and is not kept where it does not."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jaxtyping
import numpy as np
import onnx
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from lab import export
from lab.__main__ import app
from lab.checkpoints import CARD, Model, save_model
from lab.erfnet import BranchedERFNet, Downsampler, NonBottleneck1D, Upsampler
from tests.heart import CARD as EIGHT_CLASSES

ONE_CLASS = replace(EIGHT_CLASSES, bandwidth_channels=1, num_classes=1, class_names=("cell",), intensity="percentile")


@pytest.fixture(scope="module")
def model() -> Model:
    """Of each kind of block one, for the exporter takes its time with each.

    Random weights that say something: the last layers begin with zeros, and batch norm's statistics as none.
    """
    torch.manual_seed(0)
    network = BranchedERFNet(1, 1)
    network.encoder.layers = nn.Sequential(Downsampler(16, 64), Downsampler(64, 128), NonBottleneck1D(128, 0.3, 4))
    for decoder in network.decoders:
        decoder.layers = nn.Sequential(Upsampler(128, 64), Upsampler(64, 16))
    network.eval()
    for name, tensor in network.state_dict().items():
        if "output_conv" in name or "running_mean" in name:
            tensor.normal_(0, 0.3)
    return Model(network, ONE_CLASS)


@pytest.fixture(scope="module")
def unchecked() -> Iterator[None]:
    """The exporter calls the network with sizes that are letters, which the tests' checks of shapes take for wrong."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="module")
def content(model: Model, unchecked: None) -> bytes:
    torch.set_num_threads(1)
    return export.to_onnx(model)


@pytest.mark.parametrize("size", [(1, 8, 8), (2, 45, 67), (1, 31, 8), (3, 16, 33), (1, 72, 40), (1, 1, 3)])
def test_equal_at_any_size(model: Model, content: bytes, size: tuple[int, int, int]):
    batch, height, width = size
    image = torch.rand(batch, 3, height, width)
    expected, found = export.torch_output(model, image), export.onnx_output(content, image)
    assert found.shape == (batch, 4, height, width)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_file_says_what_it_is(content: bytes):
    file = onnx.load_from_string(content)
    onnx.checker.check_model(file)
    assert {opset.domain: opset.version for opset in file.opset_import} == {"": export.OPSET}
    told = {entry.key: entry.value for entry in file.metadata_props}
    card = json.loads(told[CARD])
    assert card["class_names"] == ["cell"]
    assert {name: card[name] for name in ONE_CLASS.thresholds} == ONE_CLASS.thresholds
    assert "prepared as 'percentile'" in told["input"]
    assert told["output"].endswith("raw: offset x, offset y, bandwidth, seed logit of cell")
    axes = [
        [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]
        for v in (*file.graph.input, *file.graph.output)
    ]
    assert axes == [["batch", 3, "height", "width"], ["batch", 4, "height", "width"]]


def test_what_is_equal_is_written(model: Model, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(export, "to_onnx", lambda model: content)
    done = export.export(model, tmp_path / "m.onnx", np.full((1, 3, 20, 30), 0.5, np.float32))
    assert (tmp_path / "m.onnx").read_bytes() == content
    assert done.sizes[-1] == "1x20x30"
    assert 0 <= done.difference < 1e-4 < done.largest


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("another network's", r"differs from the network by [\d.e-]+ on a picture of 1x64x64"),
        ("cut off", "ONNX Runtime cannot run the exported file"),
        ("nothing", "ONNX Runtime cannot run the exported file"),
    ],
)
def test_a_file_that_is_not_equal_is_refused(
    model: Model, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str, message: str
):
    other = copy.deepcopy(model.network)
    other.decoders[1].output_conv.bias.data += 0.01
    judged = Model(other, ONE_CLASS) if spoil == "another network's" else model
    spoiled = {"cut off": content[: len(content) // 2], "nothing": b""}.get(spoil, content)
    monkeypatch.setattr(export, "to_onnx", lambda model: spoiled)
    old = tmp_path / "m.onnx"
    old.write_bytes(b"old")
    with pytest.raises(ValueError, match=message):
        export.export(judged, old, np.zeros((1, 3, 8, 8), np.float32))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("m.onnx", b"old")]


def test_another_shape_and_nan_are_refused():
    zeros = np.zeros((1, 4, 8, 8), np.float32)
    with pytest.raises(ValueError, match=r"gives \[1, 4, 8, 7\] for a picture of 1x8x8, expected \[1, 4, 8, 8\]"):
        export.compare([(zeros, zeros[..., :7])], ("1x8x8",))
    with pytest.raises(ValueError, match="differs from the network by nan"):
        export.compare([(zeros, zeros * np.nan)], ("1x8x8",))


def test_bad_names_and_missing_packages_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    save_model(tmp_path / "m.safetensors", BranchedERFNet(2, 8), EIGHT_CLASSES)
    (tmp_path / "folder.onnx").mkdir()
    told = {
        "m.pb": "found the ending '.pb', expected .onnx",
        "folder.onnx": "found a folder, expected the name of a file",
    }
    for name, words in told.items():
        result = CliRunner().invoke(app, ["export", str(tmp_path / name), "--model", str(tmp_path / "m.safetensors")])
        assert result.exit_code == 1
        assert words in " ".join(result.output.split())
    monkeypatch.setattr(export, "NEEDED", ("onnx", "no_such_package"))
    with pytest.raises(ValueError, match=r"found no no_such_package in this Python.*pip install no_such_package"):
        export._check(tmp_path / "m.onnx")


@pytest.mark.slow
def test_a_shipped_model_finds_the_same_objects(tmp_path: Path, unchecked: None):
    import onnxruntime

    from lab.checkpoints import shipped_model
    from lab.clustering import cluster
    from lab.datasets.sample import street
    from lab.evaluation.predict import predict_scene

    result = CliRunner().invoke(app, ["export", str(tmp_path / "m.onnx"), "--model", "toyscapes"])
    assert result.exit_code == 0, result.output
    assert "ONNX opset 18" in result.output
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    card = json.loads(session.get_modelmeta().custom_metadata_map[CARD])
    image = street().image
    (raw,) = session.run(None, {"image": image.transpose(2, 0, 1)[None].astype(np.float32) / 255})
    own = {name: card[name] for name in ("seed_threshold", "foreground_threshold", "min_pixels", "min_unassigned")}
    found = cluster(torch.from_numpy(raw[0]), card["bandwidth_channels"], **own)
    expected = predict_scene(shipped_model(), image)
    assert len(found) == len(expected) > 5
    assert (found.labels == expected.labels).float().mean() > 0.999
