"""A training that is killed at any moment goes on to what it would have come to."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.checkpoints import load_model, read_tensors
from lab.recordings import read_recording
from lab.training import runs
from lab.training.recorder import RECIPE
from lab.training.state import STAGES, load_state
from tests.faults import work
from tests.faults.killing import Launcher, moments, parts_begun, seed
from tests.street import write_street

LIGHT = ("lab.training.state", "tests.faults.work", "tests.faults.network")
HEAVY = (*LIGHT, "lightning.fabric", "lab.training.loop", "lab.datasets.cityscapes", "tests.training.conftest")
KILLS = 20


def test_a_state_that_is_killed_in_the_middle_of_a_save_is_whole(tmp_path: Path):
    """The last one or the new one, with the moments that belong to it; what lies about is cleared by the next save."""
    state, rng, steps = tmp_path / runs.STATE, moments("state"), [0]
    with Launcher(LIGHT) as launcher:
        for _ in range(8):
            launcher.begin(work.save_without_end, tmp_path, steps[-1] + 1)
            assert launcher.until(parts_begun(tmp_path, rng.randint(1, 9)))  # three files a save
            time.sleep(rng.choice([0.0, rng.uniform(0, 0.01)]))
            assert launcher.kill() == -9
            if state.exists():
                progress, tensors, _ = load_state(state)
                assert {float(x) for t in tensors.values() for x in (t.min(), t.max())} == {float(progress.step)}
                steps.append(progress.step)
    assert steps == sorted(steps)
    assert steps[-1] > 1, "the kills all fell into the first save: nothing was shown"


@pytest.mark.slow
def test_twenty_kills_at_random_moments_change_nothing(tmp_path: Path):
    scenes = write_street(tmp_path / "street", scenes=3)
    rng, trainings, kills = moments("training"), 0, []
    with Launcher(HEAVY) as launcher:
        launcher.begin(work.train_small, scenes, tmp_path / "undisturbed")
        assert launcher.wait() == 0
        while len(kills) < KILLS:
            folder = tmp_path / f"run{trainings}"
            while _lives_and_dies(launcher, scenes, folder, rng):
                kills.append(_state_of(folder))
            trainings += 1
            _assert_same(tmp_path / "undisturbed", folder)
    print(f"seed {seed()}: {len(kills)} kills in {trainings} trainings; stage and step each went on from: {kills}")


def _lives_and_dies(launcher: Launcher, scenes: Path, folder: Path, rng: random.Random) -> bool:
    """Go on with a training until some file or other is being written, or a little longer; False if it finished."""
    launcher.begin(work.train_small, scenes, folder)
    if launcher.until(parts_begun(folder, rng.randint(1, 25))):
        time.sleep(rng.choice([0.0, rng.uniform(0, 0.2)]))
    code = launcher.kill()
    assert code in (0, -9)
    return code != 0


def _state_of(folder: Path) -> tuple[int, int] | None:
    """Stage and step to go on from; all that is in its place is whole."""
    for name in (runs.MODEL, runs.BEST, runs.PRETRAINED):
        if (folder / name).exists():
            load_model(folder / name)
    if not (folder / runs.STATE).exists():
        return None
    progress = load_state(folder / runs.STATE).progress
    return progress.stage, progress.step


def _assert_same(expected: Path, found: Path) -> None:
    assert _names(found) == _names(expected)
    assert _state_of(found) == (STAGES, 0)
    for name in (runs.STATE, runs.MODEL, runs.BEST, runs.PRETRAINED):
        one, other = read_tensors(expected / name)[0], read_tensors(found / name)[0]
        assert one.keys() == other.keys()
        assert [key for key in one if not torch.equal(one[key], other[key])] == [], name
    one, other = (read_recording(folder / runs.RECORD, RECIPE)[0] for folder in (expected, found))
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[key], other[key]) for key in one)
    assert _rows(expected / runs.LOG) == _rows(found / runs.LOG)
    assert runs.read_validation(expected / runs.VALIDATION) == runs.read_validation(found / runs.VALIDATION)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _rows(log: Path) -> list[list[str]]:
    """Without the seconds."""
    return [line.split(",")[:-1] for line in log.read_text().splitlines()]
