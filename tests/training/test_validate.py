"""Validation: fixed windows, the best model, and a training that does not notice."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lab.checkpoints import load_model, read_tensors, store_card
from lab.datasets.cityscapes import CityscapesFolder
from lab.training import loop, runs
from lab.training.batches import crop_recipe
from lab.training.probe import find_probe
from lab.training.recorder import read_record
from lab.training.settings import STAGE_NAMES, stages
from lab.training.state import Progress, load_state
from lab.training.validate import Validation, find_validation, fixed_windows
from tests.street import write_street
from tests.training.conftest import OFTEN, SMALL

OPTIONS = replace(OFTEN, validate_every=2)


@pytest.fixture(scope="module")
def val(tmp_path_factory: pytest.TempPathFactory) -> CityscapesFolder:
    return CityscapesFolder(write_street(tmp_path_factory.mktemp("val"), 3, "val", seed=5), "val")


@pytest.fixture(scope="module")
def watched(street: CityscapesFolder, val: CityscapesFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)  # made before the fixture that does so for each test
    folder = tmp_path_factory.mktemp("watched")
    loop.train(SMALL, street, folder, replace(OPTIONS, tensorboard=True), validation=val)
    return folder


def test_rows_stand_at_every_so_many_steps_and_at_the_ends(watched: Path):
    rows = runs.read_validation(watched / runs.VALIDATION)
    assert [row[:2] for row in rows] == [(0, 2), (0, 4), (1, 2), (1, 3)]
    assert all(row[5] == pytest.approx(row[2] + 10 * row[3] + row[4], rel=1e-4) for row in rows)


def test_validating_changes_no_bit_of_the_training(street: CityscapesFolder, tmp_path: Path, watched: Path):
    loop.train(SMALL, street, tmp_path, OFTEN)
    plain, looked = (read_tensors(folder / runs.STATE)[0] for folder in (tmp_path, watched))
    assert all(torch.equal(tensor, looked[name]) for name, tensor in plain.items())
    assert not (tmp_path / runs.BEST).exists()


def test_the_best_model_is_that_of_the_lowest_total(watched: Path, val: CityscapesFolder):
    lowest = min(row[5] for row in runs.read_validation(watched / runs.VALIDATION))
    network, card = load_model(watched / runs.BEST)
    assert card.class_names == val.class_names
    again = Validation(fixed_windows(val, *SMALL.finetune_crop), watched / "other").terms(network, SMALL)
    # Kept in half precision, and without the common shift of the embeddings.
    assert again["total"] == pytest.approx(lowest, rel=5e-3)


def test_a_killed_run_has_the_validation_of_an_undisturbed_one(
    street: CityscapesFolder, val: CityscapesFolder, tmp_path: Path, watched: Path
):
    class Killed(BaseException):
        pass

    def kill(report: loop.StepReport) -> None:
        if report.stage == "finetune" and report.progress.step == 3:
            raise Killed

    with pytest.raises(Killed):
        loop.train(SMALL, street, tmp_path, replace(OPTIONS, save_minutes=99.0), kill, validation=val)
    assert len(runs.read_validation(tmp_path / runs.VALIDATION)) == 3
    loop.train(SMALL, street, tmp_path, OPTIONS, validation=val)
    assert (tmp_path / runs.VALIDATION).read_bytes() == (watched / runs.VALIDATION).read_bytes()
    best = [read_tensors(folder / runs.BEST)[0] for folder in (watched, tmp_path)]
    assert all(torch.equal(tensor, best[1][name]) for name, tensor in best[0].items())


def test_a_best_model_of_a_step_after_the_last_state_is_no_measure(watched: Path, tmp_path: Path):
    for name in (runs.VALIDATION, runs.BEST):
        (tmp_path / name).write_bytes((watched / name).read_bytes())
    rows = runs.read_validation(watched / runs.VALIDATION)
    best = min(rows, key=lambda row: row[5])
    assert load_model(tmp_path / runs.BEST).card.origin["step"] == best[1]
    assert runs.best_row(tmp_path) == best
    assert runs.open_validation(tmp_path, Progress(2), STAGE_NAMES).best == best[5]
    _say_step(tmp_path / runs.BEST, stage="finetune", step=3)
    assert runs.open_validation(tmp_path, Progress(2), STAGE_NAMES).best == rows[-1][5]
    assert runs.open_validation(tmp_path, Progress(1, 2), STAGE_NAMES).best == math.inf
    assert len(runs.read_validation(tmp_path / runs.VALIDATION)) == 3


def test_a_best_model_that_does_not_tell_its_step_is_the_lowest_rows_and_a_broken_one_none(
    watched: Path, tmp_path: Path
):
    for name in (runs.VALIDATION, runs.BEST):
        (tmp_path / name).write_bytes((watched / name).read_bytes())
    store_card(tmp_path / runs.BEST, origin={})
    assert runs.best_row(tmp_path)[5] == min(row[5] for row in runs.read_validation(watched / runs.VALIDATION))
    (tmp_path / runs.BEST).write_bytes(b"cut off")
    assert runs.best_row(tmp_path) is None


def _say_step(model: Path, **step: str | int) -> None:
    store_card(model, origin=load_model(model).card.origin | step)


def test_windows_are_spread_and_fixed(val: CityscapesFolder):
    once, again = (fixed_windows(val, 40, 200, 2) for _ in range(2))
    assert [scene.name for scene in once] == [val.name(0), val.name(2)]
    assert once[0].classes.shape == (40, 200)
    assert (once[0].classes[:, :36] == -1).all()  # wider than the scene: it lies in the middle
    assert all(np.array_equal(a.image, b.image) for a, b in zip(once, again, strict=True))
    assert len(fixed_windows(val, 16, 16)) == 3


def test_where_there_is_none(street: CityscapesFolder, val: CityscapesFolder):
    assert find_validation(replace(SMALL, dataset=str(street.root))) is None
    assert find_validation(replace(SMALL, dataset=str(val.root), split="val")) is None
    assert len(find_validation(replace(SMALL, dataset=str(val.root)))) == 3


def test_no_scene_that_is_trained_on_is_recorded(val: CityscapesFolder):
    settings = replace(SMALL, dataset=str(val.root))
    assert find_probe(settings, "first").name == val.name(0)
    on_val = replace(settings, split="val")
    assert find_probe(on_val, "first") is None
    with pytest.raises(ValueError, match=r"probe: found '.*' of the split val, which is trained on, expected first or"):
        find_probe(on_val, val.name(0))


@pytest.mark.cuda
@pytest.mark.parametrize("feed", ["device", "memory"])
def test_a_gpu_trains_watches_and_goes_on(street: CityscapesFolder, val: CityscapesFolder, tmp_path: Path, feed: str):
    """Everything that may be on the wrong device: crops, validation, record, moments, recentring."""

    class Killed(BaseException):
        pass

    def kill(report: loop.StepReport) -> None:
        if (report.stage, report.progress.step) == ("finetune", 2):
            raise Killed

    options = replace(OPTIONS, device="cuda", feed=feed)
    watched = {"probe": val[0], "validation": val}
    with pytest.raises(Killed):
        loop.train(SMALL, street, tmp_path, options, kill, **watched)
    state = load_state(tmp_path / runs.STATE)
    assert (state.progress.stage, state.progress.step) == (1, 1)
    assert loop.train(SMALL, street, tmp_path, options, **watched) == tmp_path / runs.MODEL
    steps = [(0, s) for s in (1, 2, 3, 4)] + [(1, s) for s in (1, 2, 3)]
    assert [row[:2] for row in runs.read_log(tmp_path / runs.LOG)] == steps
    assert [row[:2] for row in runs.read_validation(tmp_path / runs.VALIDATION)] == [(0, 2), (0, 4), (1, 2), (1, 3)]
    record = read_record(tmp_path / runs.RECORD)
    assert (record.steps[0], record.steps[-1]) == (0, 7)
    assert load_model(tmp_path / runs.BEST).card.origin["device"] == torch.cuda.get_device_name()
    assert all(t.isfinite().all() for t in load_state(tmp_path / runs.STATE).tensors.values())


def test_other_classes_are_refused(street: CityscapesFolder, val: CityscapesFolder, tmp_path: Path):
    cars = CityscapesFolder(val.root, "val", ("car",))
    with pytest.raises(ValueError, match="the validation scenes: found the classes car, expected person, rider"):
        loop.train(SMALL, street, tmp_path, OPTIONS, validation=cars)


def test_tensorboard_has_the_rows_of_both_tables(watched: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(watched / "tensorboard"))
    events.Reload()
    totals = {name: [(e.step, e.value) for e in events.Scalars(f"total/{name}")] for name in ("training", "validation")}
    ends = (0, SMALL.pretrain_steps)
    logged = [(ends[row[0]] + row[1], row[5]) for row in runs.read_log(watched / runs.LOG)]
    validated = [(ends[row[0]] + row[1], row[5]) for row in runs.read_validation(watched / runs.VALIDATION)]
    for found, expected in zip(totals.values(), (logged, validated), strict=True):
        assert [step for step, _ in found] == [step for step, _ in expected]
        assert [value for _, value in found] == pytest.approx([value for _, value in expected], rel=1e-4)


def test_the_stages_have_their_own_crops():
    first, second = (crop_recipe(SMALL, stage) for stage in stages(SMALL))
    assert (first.stage, first.object_centred, first.height, first.width) == (0, True, 32, 32)
    assert (second.stage, second.object_centred, second.height, second.width) == (1, False, 32, 64)
