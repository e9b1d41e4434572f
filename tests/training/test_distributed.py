"""Several processes: shares of a batch, and two gloo processes against one."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from lab.checkpoints import load_model, read_tensors
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.feed import make_feed
from lab.training import distributed, loop, runs
from lab.training.batches import crop_recipe, whole_batches
from lab.training.settings import stages
from lab.training.state import is_finished
from tests.training.conftest import OFTEN, SMALL
from tests.training.several import FROZEN, WHOLE, train_frozen


@pytest.mark.parametrize(("batch", "processes"), [(12, 1), (12, 4), (2, 2)])
def test_shares_are_equal_and_cover_the_batch(batch: int, processes: int):
    shares = [
        distributed.share(batch, SimpleNamespace(world_size=processes, global_rank=rank)) for rank in range(processes)
    ]
    taken = [first + i for size, first in shares for i in range(size)]
    assert sorted(taken) == list(range(batch))
    assert len({size for size, _ in shares}) == 1


def test_a_batch_that_cannot_be_dealt_out_is_named():
    with pytest.raises(ValueError, match=r"finetune_batch: found 1 for 2 processes, expected a multiple of 2"):
        distributed.check_shares(SMALL, 2)
    distributed.check_shares(replace(SMALL, finetune_steps=0), 2)  # that stage has no steps


def test_one_of_several_takes_all_crops_by_shares(street: CityscapesFolder):
    """As recentring does, which only the first process does: it has room for its own share of a batch."""
    stage = stages(FROZEN)[1]
    feed = make_feed(street, None, crop_recipe(FROZEN, stage), stage.batch, "memory", progress=False)

    def crops(processes: int) -> list[bytes]:
        fabric = SimpleNamespace(world_size=processes, global_rank=0)
        batches = list(whole_batches(feed, FROZEN, stage, fabric, 3))
        assert {len(batch["image"]) for batch in batches} == {stage.batch // processes}
        return sorted(image.numpy().tobytes() for batch in batches for image in batch["image"])

    assert crops(1) == crops(2)


@pytest.mark.parametrize(
    ("found", "expected"),
    [({}, 1), ({"WORLD_SIZE": "4"}, 1), ({"WORLD_SIZE": "4", "TORCHELASTIC_RUN_ID": "a"}, 4)],
)
def test_only_torchrun_makes_several(monkeypatch: pytest.MonkeyPatch, found: dict[str, str], expected: int):
    for name in ("WORLD_SIZE", "TORCHELASTIC_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    assert distributed.process_count() == expected


@pytest.mark.slow
def test_two_processes_are_one(street: CityscapesFolder, tmp_path: Path):
    class Killed(BaseException):
        pass

    def kill(report: loop.StepReport) -> None:
        if report.stage == "finetune" and report.progress.step == 2:
            raise Killed

    with pytest.raises(Killed):
        loop.train(WHOLE, street, tmp_path / "begun", OFTEN, kill)
    _run_two(street.root, tmp_path)
    train_frozen(street, tmp_path / "one")
    _assert_equal(tmp_path)
    for name in ("frozen", "whole", "begun"):
        load_model(tmp_path / name / runs.MODEL)
        assert is_finished(tmp_path / name / runs.STATE)
        assert not list((tmp_path / name).glob(".*"))
        rows = runs.read_log(tmp_path / name / runs.LOG)
        settings = FROZEN if name == "frozen" else WHOLE
        steps = [(0, s + 1) for s in range(settings.pretrain_steps)] + [
            (1, s + 1) for s in range(settings.finetune_steps)
        ]
        assert [row[:2] for row in rows] == steps
    assert len(runs.read_validation(tmp_path / "whole" / runs.VALIDATION)) == 4


def _run_two(data: Path, folder: Path) -> None:
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "tests.training.several"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", *command, str(data), str(folder)], check=True, env=environment)


def _assert_equal(folder: Path) -> None:
    """To rounding: after four steps of Adam, and the terms of each on the way."""
    logs = [runs.read_log(folder / name / runs.LOG) for name in ("one", "frozen")]
    assert torch.allclose(*(torch.tensor(log, dtype=torch.float64) for log in logs), rtol=1e-4)
    one, two = (read_tensors(folder / name / runs.STATE)[0] for name in ("one", "frozen"))
    assert one.keys() == two.keys()
    wrong = {name: (t - two[name]).abs().max().item() for name, t in one.items() if t.is_floating_point()}
    print(f"largest difference of a weight: {max(wrong.values()):.3g}")
    assert max(wrong.values()) < 1e-5, max(wrong, key=wrong.get)
