"""What is ready for inference says what the network says, at any size, and the network itself stays as it is."""

import copy
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lab.checkpoints import save_model
from lab.erfnet import BranchedERFNet
from lab.evaluation.commands import Overrides, load_named, open_model
from lab.evaluation.predict import network_output
from lab.fast.choice import ReadableInstead
from lab.fast.network import InferenceNetwork, prepare_for_inference
from tests.heart import CARD

# Of the output's largest value. Float32 sums of hundreds in another order, sixty layers deep, differ by less.
BOUND = 1e-5


def trained_like(bandwidth_channels: int = 2, num_classes: int = 3, seed: int = 0) -> BranchedERFNet:
    """Random weights, statistics and last layers: those that a network begins with would hide what is forgotten."""
    torch.manual_seed(seed)
    network = BranchedERFNet(bandwidth_channels, num_classes)
    for name, tensor in network.state_dict().items():
        if "running_var" in name or ("bn" in name and name.endswith("weight")):
            tensor.uniform_(0.5, 1.5)
        elif "running_mean" in name or name.endswith("bias") or "output_conv" in name:
            tensor.normal_(0, 0.3)
    return network.eval()


def apart(found: Tensor, expected: Tensor) -> float:
    """The largest difference, of the largest value."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype == torch.float32
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.fixture(scope="module")
def network() -> BranchedERFNet:
    return trained_like()


@pytest.mark.parametrize(
    "size", [(1, 1, 1), (2, 1, 9), (1, 7, 8), (1, 8, 8), (1, 9, 7), (3, 33, 50), (1, 45, 67), (2, 64, 40)]
)
def test_equal_at_any_size(network: BranchedERFNet, size: tuple[int, int, int]):
    batch, height, width = size
    image = torch.rand(batch, 3, height, width)
    assert apart(prepare_for_inference(network)(image), network(image).detach()) < BOUND


@pytest.mark.parametrize(("bandwidths", "classes"), [(1, 1), (2, 8)])
def test_equal_for_any_channels(bandwidths: int, classes: int):
    network = trained_like(bandwidths, classes, seed=1)
    image = torch.rand(1, 3, 72, 131)
    assert apart(prepare_for_inference(network)(image), network(image).detach()) < BOUND


def test_the_network_itself_stays_as_it_is(network: BranchedERFNet):
    given_one = copy.deepcopy(network).train()
    ready = prepare_for_inference(given_one)
    ready(torch.rand(1, 3, 32, 32))
    for parameter in ready.parameters():
        parameter.zero_()
    assert given_one.training
    assert not ready.training
    assert all(parameter.requires_grad for parameter in given_one.parameters())
    assert [type(part) for part in given_one.modules()] == [type(part) for part in network.modules()]
    pairs = zip(given_one.state_dict().items(), network.state_dict().items(), strict=True)
    assert all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


def test_only_the_pooled_halves_keep_a_batch_norm(network: BranchedERFNet):
    kinds = [type(part) for part in prepare_for_inference(network).modules()]
    assert kinds.count(nn.BatchNorm2d) == 3
    assert nn.Dropout2d not in kinds


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_pictures_and_outputs_are_nobody_elses(network: BranchedERFNet, layout: torch.memory_format):
    """The parts write in place: never into a picture, and what was given out is not written again."""
    ready = prepare_for_inference(network)
    image = torch.rand(1, 3, 32, 40).contiguous(memory_format=layout)
    before = image.clone()
    output = ready(image)
    kept = output.clone()
    ready(1 - image)
    assert torch.equal(image, before)
    assert torch.equal(output, kept)
    assert output.is_contiguous()
    assert not output.requires_grad


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_lower_precision_rounds_and_no_more(network: BranchedERFNet, precision: str):
    """Each of sixty layers rounds; the last one is in full precision, for offsets."""
    image = torch.rand(1, 3, 40, 72)
    ready = prepare_for_inference(network, precision=precision)
    found, expected = ready(image), network(image).detach()
    assert BOUND < apart(found, expected) < 8 * torch.finfo(getattr(torch, precision)).eps
    assert {part.output_conv.weight.dtype for part in ready.folded.decoders} == {torch.float32}
    assert (found != found.to(getattr(torch, precision))).any()


def test_another_precision_is_refused(network: BranchedERFNet):
    with pytest.raises(ValueError, match=r"precision is 'half'; expected \"float32\", \"bfloat16\" or \"float16\""):
        prepare_for_inference(network, precision="half")


def test_commands_predict_with_it(network: BranchedERFNet, tmp_path: Path):
    save_model(
        tmp_path / "m.safetensors", network, replace(CARD, num_classes=3, class_names=("a", "b", "c")), half=False
    )
    opened, _, _ = open_model(str(tmp_path / "m.safetensors"), "cpu", Overrides())
    assert isinstance(opened.network, InferenceNetwork)
    image = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)
    plain = load_named(str(tmp_path / "m.safetensors"))
    assert isinstance(plain.network, BranchedERFNet)
    assert apart(network_output(opened, image), network_output(plain, image)) < BOUND


class TestCompiled:
    def test_without_a_compiler_it_runs_as_it_is_and_says_so_once(
        self, network: BranchedERFNet, monkeypatch: pytest.MonkeyPatch
    ):
        def compiled(*_: object, **__: object):
            def fails(image: Tensor):
                raise RuntimeError("No working C++ compiler found in\nmany places")

            return fails

        monkeypatch.setattr(torch, "compile", compiled)
        ready = prepare_for_inference(network, compile=True)
        image = torch.rand(1, 3, 32, 32)
        with pytest.warns(
            ReadableInstead, match=r"could not be compiled \(RuntimeError: No working C\+\+ compiler.*in\)"
        ):
            found = ready(image)
        assert apart(found, network(image).detach()) < BOUND
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ready(image)

    def test_what_is_no_fault_of_the_compilers_is_raised(
        self, network: BranchedERFNet, monkeypatch: pytest.MonkeyPatch
    ):
        """And the next picture is compiled again: a smaller one may well have room."""

        def fails(image: Tensor):
            raise MemoryError("no room")

        monkeypatch.setattr(torch, "compile", lambda function, mode: fails)
        ready = prepare_for_inference(network, compile=True)
        monkeypatch.setattr(ready, "_maps", fails)
        with pytest.raises(MemoryError, match="no room"):
            ready(torch.rand(1, 3, 32, 32))
        assert ready.compiled is fails

    @pytest.mark.slow
    @pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")
    def test_equal_at_more_than_one_size(self):
        network = trained_like()
        network.encoder.layers = nn.Sequential(*(network.encoder.layers[k] for k in (0, 6, 7)))  # one of each kind
        for decoder in network.decoders:
            decoder.layers = nn.Sequential(decoder.layers[0], decoder.layers[3])
        jaxtyping.config.update("jaxtyping_disable", True)  # the checks of shapes are not the compiler's to read
        try:
            ready = prepare_for_inference(network, compile=True)
            for size in ((1, 64, 64), (2, 33, 100)):
                image = torch.rand(size[0], 3, *size[1:])
                with warnings.catch_warnings():
                    warnings.simplefilter("error", ReadableInstead)
                    found = ready(image)
                assert apart(found, network(image).detach()) < BOUND
        finally:
            jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.cuda
@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_equal_on_a_gpu(network: BranchedERFNet, precision: str, compile: bool):
    """Convolutions in float32 use TF32 there, which has float16's fraction."""
    ready = prepare_for_inference(network, "cuda", precision, compile)
    eps = torch.finfo(torch.float16 if precision == "float32" else getattr(torch, precision)).eps
    images = [torch.rand(1, 3, 64, 96) for _ in range(3)]
    found = [ready(image.cuda()) for image in images]  # all kept: a CUDA graph writes into its own memory again
    for image, output in zip(images, found, strict=True):
        assert apart(output.cpu(), network(image).detach()) < 8 * eps
