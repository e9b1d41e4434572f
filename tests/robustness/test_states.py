"""The state that a training left, changed by something else: gone on with, or refused by name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from lab.training.state import MOMENTS, PENDING, PROGRESS, Progress, load_state, restore_moments, save_state
from tests.robustness.judging import call, sample, trouble
from tests.robustness.models import FILES
from tests.robustness.runs import JSON

NAME = "last.safetensors"


def network() -> tuple[nn.Module, torch.optim.Adam]:
    """A small network after one step."""
    torch.manual_seed(0)
    layer = nn.Conv2d(2, 3, 3)
    adam = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 2, 4, 4)).sum().backward()
    adam.step()
    return layer, adam


def go_on(path: Path) -> None:
    """As a training does: read, give Adam its moments, take a step."""
    layer, adam = network()
    state = load_state(path, (5, 5))
    restore_moments(layer, adam, state.tensors)
    layer(torch.ones(1, 2, 4, 4)).sum().backward()
    adam.step()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_state(tmp_path / NAME, *network(), Progress(0, 1, 2.0), [[1.0, 1.0, 1.0, 3.0]])
    return tmp_path / NAME


def test_a_sound_state_goes_on(path: Path):
    assert call(lambda: go_on(path)).text == ""


@pytest.mark.parametrize("key", [PROGRESS, PENDING, MOMENTS])
def test_a_header_of_something_else(key: str, path: Path):
    tensors = load_file(path)
    sound = json.loads(path.read_bytes()[8:].split(b"}}")[0].decode("latin-1") + "}}")["__metadata__"]
    texts = {name: content.decode("latin-1") for name, content in JSON.items()}
    for value in ('{"stage": 9, "step": 1, "seconds": 1}', '{"stage": 0, "step": -1, "seconds": 1}', '["../x"]', "[5]"):
        texts[value] = value
    for name, text in texts.items():
        save_file(tensors, path, {**sound, key: text})
        assert trouble(call(lambda: go_on(path)), NAME) == "", name


@pytest.mark.parametrize("name", sample(FILES, 5))
def test_a_file_of_something_else(name: str, path: Path, tmp_path: Path):
    (tmp_path / "new").mkdir()
    made = FILES[name](tmp_path / "new")
    path.unlink()
    if made.exists():
        made.rename(path)
    outcome = call(lambda: go_on(path))
    assert outcome.code == 1
    assert trouble(outcome, NAME) == ""


CHANGES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "another shape": lambda tensor: torch.ones(7, 7),
    "turned": lambda tensor: tensor.transpose(0, -1).contiguous() if tensor.dim() > 1 else tensor.repeat(2),
    "empty": lambda tensor: torch.ones(0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_moments_of_another_shape(change: str, path: Path):
    for file in path.parent.glob("last-*-squares.safetensors"):
        header = {PROGRESS: json.dumps({"stage": 0, "step": 1, "seconds": 2.0})}
        save_file({name: CHANGES[change](tensor) for name, tensor in load_file(file).items()}, file, header)
    outcome = call(lambda: go_on(path))
    assert outcome.code == 1
    assert trouble(outcome, "last-") == ""
