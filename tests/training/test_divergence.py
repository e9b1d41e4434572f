"""Trainings that diverge by themselves: they stop, say where, and no file holds a number that is none."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lab.checkpoints import read_tensors
from lab.datasets.cityscapes import CityscapesFolder
from lab.training import runs
from lab.training.loop import RunOptions, train
from tests.training.conftest import OFTEN, SMALL

RARELY = replace(OFTEN, save_minutes=99.0)


def saved(folder: Path) -> list[str]:
    """The safetensors files of a run, each of them read: all of their numbers are finite."""
    paths = sorted(folder.glob("*.safetensors"))
    for path in paths:
        assert all(tensor.isfinite().all() for tensor in read_tensors(path)[0].values()), path
    return [path.name for path in paths]


@pytest.mark.parametrize("precision", ["32-true", pytest.param("bf16-mixed", marks=pytest.mark.slow)])
def test_a_total_that_overflows_stops_with_all_terms(street: CityscapesFolder, tmp_path: Path, precision: str):
    """Its gradient overflows a step earlier: the weights are spoilt in memory, and nothing of them is written."""
    settings = replace(SMALL, seed_weight=1e38)
    message = r"stage pretrain, step [01]: found the terms .*total (nan|inf), expected finite.*rate.*scenes: "
    with pytest.raises(FloatingPointError, match=message):
        train(settings, street, tmp_path, replace(RARELY, precision=precision))
    assert saved(tmp_path) == []


@pytest.mark.parametrize("options", [OFTEN, RARELY], ids=["saving often", "saving at the end"])
def test_a_gradient_whose_square_overflows_stops_at_the_next_save_and_at_a_stage_s_end(
    street: CityscapesFolder, tmp_path: Path, options: RunOptions
):
    """Adam would divide by the infinite root: the terms stay finite, and nothing more would be learned."""
    settings = replace(SMALL, instance_weight=1e30)
    message = r"last\.safetensors: after step [1-4] found NaN or infinity in the tensor adam/.*exp_avg_sq"
    with pytest.raises(FloatingPointError, match=message):
        train(settings, street, tmp_path, options)
    assert not (tmp_path / runs.PRETRAINED).exists()
    saved(tmp_path)


@pytest.mark.parametrize(("step", "stage"), [(SMALL.pretrain_steps, "pretrain"), (SMALL.finetune_steps, "finetune")])
@pytest.mark.parametrize("number", [float("nan"), pytest.param(float("inf"), marks=pytest.mark.slow)])
def test_the_last_step_of_a_stage_may_spoil_the_weights_but_no_file(
    street: CityscapesFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, stage: str, number: float
):
    """No later step is there to find it in its terms."""
    real = torch.optim.Adam.step

    def spoiled(self: torch.optim.Adam, *arguments: object) -> None:
        real(self, *arguments)
        first = self.param_groups[0]["params"][0]
        rate = SMALL.pretrain_rate if stage == "pretrain" else SMALL.finetune_rate
        if self.state[first]["step"] == step and self.defaults["lr"] == rate:
            first.data[0, 0, 0, 0] = number

    monkeypatch.setattr(torch.optim.Adam, "step", spoiled)
    message = rf"last\.safetensors: after step {step} found NaN or infinity in the tensor network/encoder"
    with pytest.raises(FloatingPointError, match=message):
        train(SMALL, street, tmp_path, RARELY)
    expected = [] if stage == "pretrain" else [runs.STATE, runs.PRETRAINED]
    assert saved(tmp_path) == expected
