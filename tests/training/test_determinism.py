"""The switch for equal bits: it is set while a training runs, holds, and leaves torch as it was."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lab.checkpoints import read_tensors
from lab.datasets.cityscapes import CityscapesFolder
from lab.training import runs
from lab.training.determinism import same_bits
from lab.training.loop import RunOptions, train
from tests.training.conftest import OFTEN, SMALL

SHORT = replace(SMALL, pretrain_steps=2, finetune_steps=1)
SWITCHED = replace(OFTEN, deterministic=True, save_minutes=99.0)


def torch_s_switches() -> tuple:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.backends.cudnn.benchmark,
        os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    )


@pytest.mark.parametrize("workspace", [None, ":16:8"])
def test_inside_all_is_set_and_afterwards_as_before(monkeypatch, workspace):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    if workspace:
        monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", workspace)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    before = torch_s_switches()
    with same_bits(False):
        assert torch_s_switches() == before
    with pytest.raises(InterruptedError):
        stop_inside(seen := [])
    assert seen == [(True, True, False, workspace or ":4096:8")]
    assert torch_s_switches() == before


def stop_inside(seen: list) -> None:
    with same_bits(True):
        seen.append(torch_s_switches())
        raise InterruptedError


def weights_of(street: CityscapesFolder, folder: Path, options: RunOptions) -> dict[str, torch.Tensor]:
    """Of a training that begins with another generator each time."""
    torch.manual_seed(sum(folder.name.encode()))
    seen = []
    train(SHORT, street, folder, options, lambda _: seen.append(torch.are_deterministic_algorithms_enabled()))
    assert seen == [options.deterministic] * 3
    assert not torch.are_deterministic_algorithms_enabled()
    return read_tensors(folder / runs.STATE)[0]


def assert_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_two_runs_have_equal_bits(street: CityscapesFolder, tmp_path: Path):
    assert_equal(*(weights_of(street, tmp_path / name, SWITCHED) for name in ("one", "another")))


@pytest.mark.slow
def test_on_the_processor_bits_are_equal_with_two_threads_and_without_the_switch_too(
    street: CityscapesFolder, tmp_path: Path
):
    torch.set_num_threads(2)
    found = weights_of(street, tmp_path / "with", SWITCHED)
    for name in ("without", "without again"):
        assert_equal(found, weights_of(street, tmp_path / name, replace(SWITCHED, deterministic=False)))


@pytest.mark.cuda
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_two_runs_on_cuda_have_equal_bits(street: CityscapesFolder, tmp_path: Path, precision: str):
    options = replace(SWITCHED, device="cuda", precision=precision)
    assert_equal(*(weights_of(street, tmp_path / name, options) for name in ("one", "another")))
