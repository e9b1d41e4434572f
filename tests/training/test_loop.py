"""The loop's parts: stages, learning rate, frozen batch norm, bad terms, and that it learns."""

import copy
import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lab.checkpoints import load_model, read_tensors
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.crops import CropRecipe, Crops
from lab.datasets.objects import index_objects
from lab.datasets.scene import Scene
from lab.losses import total_loss
from lab.training import loop, runs
from lab.training import terms as terms_module
from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings, learning_rate, stages
from lab.training.state import load_state
from tests.training.conftest import OFTEN, SMALL

PRETRAIN, FINETUNE = stages(SMALL)


def test_both_stages_run_in_order_with_their_rates(street: CityscapesFolder, tmp_path: Path):
    reports: list[loop.StepReport] = []
    path = loop.train(SMALL, street, tmp_path, OFTEN, reports.append)
    assert [(r.stage, r.progress.step) for r in reports] == [("pretrain", i) for i in (1, 2, 3, 4)] + [
        ("finetune", i) for i in (1, 2, 3)
    ]
    expected = [5e-4 * (1 - i / 4) ** 0.9 for i in range(4)] + [2e-4 * (1 - i / 3) ** 0.9 for i in range(3)]
    assert [r.learning_rate for r in reports] == pytest.approx(expected)
    for r in reports:
        terms = r.terms
        assert terms["total"] == pytest.approx(terms["instance"] + 10 * terms["smoothness"] + terms["seed"], rel=1e-5)
    card = load_model(path).card
    assert card.class_names == street.class_names
    assert card.min_pixels == SMALL.min_pixels
    assert card.settings["pretrain_steps"] == 4
    assert {"commit", "versions", "device", "time", "minutes"} == set(card.origin)


def test_a_source_that_prepares_its_pictures_otherwise_is_refused(street: CityscapesFolder, tmp_path: Path):
    other = copy.copy(street)
    other.intensity = "percentile"
    with pytest.raises(ValueError, match="found a source of 'percentile' pictures, expected 'stored'"):
        loop.train(SMALL, other, tmp_path / "run", OFTEN)
    assert not (tmp_path / "run").exists()


def test_batch_norm_statistics_move_in_stage_one_only(street: CityscapesFolder, tmp_path: Path):
    loop.train(replace(SMALL, finetune_steps=0), street, tmp_path / "one", OFTEN)
    loop.train(SMALL, street, tmp_path / "both", OFTEN)
    one, both = (read_tensors(tmp_path / f / runs.STATE)[0] for f in ("one", "both"))
    statistics = [name for name in one if "running" in name]
    assert statistics
    assert all(torch.equal(one[name], both[name]) for name in statistics)
    # A running mean starts at 0; those of convolutions that meet a signal have moved.
    assert any(one[name].abs().max() > 0 for name in statistics if "mean" in name)
    affine = [name.replace("running_mean", "weight") for name in statistics if "mean" in name]
    assert not any(torch.equal(one[name], both[name]) for name in affine)


def test_batch_norm_can_be_left_free(street: CityscapesFolder, tmp_path: Path):
    settings = replace(SMALL, pretrain_steps=0, finetune_frozen_norm=False)
    loop.train(settings, street, tmp_path, OFTEN)
    tensors = read_tensors(tmp_path / runs.STATE)[0]
    assert any(t.abs().max() > 0 for name, t in tensors.items() if "running_mean" in name)


def test_train_mode_freezes_again_after_every_switch():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout())
    for _ in range(2):
        network.eval()
        loop.train_mode(network, frozen_norm=True)
        assert [m.training for m in network] == [True, False, True]
        assert all(p.requires_grad for p in network.parameters())
    loop.train_mode(network, frozen_norm=False)
    assert all(m.training for m in network)


@pytest.mark.parametrize("term", ["instance", "smoothness", "seed"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_term_that_is_not_finite_stops_and_keeps_the_last_state(
    street: CityscapesFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, term: str, value: float
):
    real, calls = terms_module.make_loss(SMALL), []

    def bad(*arguments):
        calls.append(1)
        terms = real(*arguments)
        return {**terms, term: terms[term] * value} if len(calls) == 3 else terms

    monkeypatch.setattr(terms_module, "make_loss", lambda settings: bad)
    with pytest.raises(
        FloatingPointError, match=rf"stage pretrain, step 2: .*{term} (nan|inf).*expected finite"
    ) as raised:
        loop.train(SMALL, street, tmp_path, OFTEN)
    objects = index_objects(street, progress=False)
    crops = Crops(street, objects, CropRecipe(32, 32, SMALL.seed, 0, object_centred=True))
    assert str(raised.value).endswith(f"scenes: {crops[2, 0]['scene']}, {crops[2, 1]['scene']}.")
    progress, tensors, _ = load_state(tmp_path / runs.STATE)
    assert progress.step == 2
    assert all(t.isfinite().all() for t in tensors.values())


def test_the_total_has_the_settings_weights():
    terms = {"instance": torch.tensor(1.0), "smoothness": torch.tensor(2.0), "seed": torch.tensor(4.0)}
    assert total_loss(terms, loop.term_weights(SMALL)) == 25
    other = replace(SMALL, instance_weight=0.0, smoothness_weight=0.5, seed_weight=2.0)
    assert total_loss(terms, loop.term_weights(other)) == 9


class _OneBadScene(CityscapesFolder):
    """A street whose scene 1 has labels of another set of classes, or that do not fit each other."""

    def __init__(self, street: CityscapesFolder, kind: str):
        super().__init__(street.root, street.split)
        self.kind = kind

    def __getitem__(self, index: int) -> Scene:
        scene = super().__getitem__(index)
        if index != 1:
            return scene
        wrong = {"outside": np.int16(99), "unmatched": np.int16(0)}.get(self.kind)
        classes = np.where(scene.instances > 0, scene.classes if wrong is None else wrong, scene.classes)
        if self.kind == "mixed":
            rows, columns = np.nonzero(scene.instances)
            classes[rows[::2], columns[::2]] = 1
            classes[rows[1::2], columns[1::2]] = 2
        return replace(scene, classes=classes)


@pytest.mark.parametrize("kind", ["outside", "unmatched", "mixed"])
def test_labels_that_the_loss_refuses_are_told_with_their_scene(street: CityscapesFolder, tmp_path: Path, kind: str):
    settings = replace(SMALL, pretrain_steps=20)
    with pytest.raises(ValueError, match=rf"^scene {street.name(1)}: image [01] of the batch"):
        loop.train(settings, _OneBadScene(street, kind), tmp_path, OFTEN)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_not_saved(street: CityscapesFolder, tmp_path: Path, value: float):
    """A finite loss can have a gradient that is not finite; the terms tell it one step later."""
    real = torch.optim.Adam.step

    def spoiled(self: torch.optim.Adam, *arguments: object) -> None:
        real(self, *arguments)
        if self.state[self.param_groups[0]["params"][0]]["step"] == 3:
            self.param_groups[0]["params"][0].data[0, 0, 0, 0] = value

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.Adam, "step", spoiled)
        message = r"last\.safetensors: after step 3 found NaN or infinity in the tensor network/encoder\S+, expected"
        with pytest.raises(FloatingPointError, match=message):
            loop.train(SMALL, street, tmp_path, OFTEN)
    state = load_state(tmp_path / runs.STATE)
    assert state.progress.step == 2
    assert all(t.isfinite().all() for t in state.tensors.values())
    assert loop.train(SMALL, street, tmp_path, OFTEN)


def test_cuda_where_there_is_none_is_one_message(street: CityscapesFolder, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"found no CUDA device, expected one\. Say --device cpu"):
        loop.train(SMALL, street, tmp_path / "run", replace(OFTEN, device="cuda"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("precision", ["16-mixed", "bf16-true", "64-true", "8"])
def test_other_precisions_are_refused(precision: str):
    with pytest.raises(ValueError, match=rf"precision: found '{precision}', expected 32-true or bf16-mixed"):
        loop.RunOptions(precision=precision)


@pytest.mark.parametrize("minutes", [math.nan, math.inf, -1.0])
def test_a_time_between_saves_that_never_comes_is_refused(minutes: float):
    with pytest.raises(ValueError, match=rf"save_minutes: found {minutes}, expected a number of minutes, 0 or more"):
        loop.RunOptions(save_minutes=minutes)


def test_the_rate_falls_to_zero_and_never_reaches_it():
    rates = [learning_rate(PRETRAIN, step, 0.9) for step in range(PRETRAIN.steps)]
    assert rates[0] == PRETRAIN.rate
    assert all(a > b > 0 for a, b in itertools.pairwise(rates))
    assert learning_rate(PRETRAIN, 2, 1.0) == PRETRAIN.rate / 2


def test_no_two_steps_share_a_dropout_seed():
    numbers = itertools.product(range(3), range(2), range(500), range(2))
    assert len({loop.step_seed(*of) for of in numbers}) == 6000
    assert loop.step_seed(1, 1, 7, rank=0) == loop.step_seed(1, 1, 7)


def test_stage_one_is_centred_on_objects_and_stage_two_is_frozen():
    assert (PRETRAIN.object_centred, PRETRAIN.frozen_norm) == (True, False)
    assert (FINETUNE.object_centred, FINETUNE.frozen_norm) == (False, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed_threshold": 1.5}, r"seed_threshold: found 1\.5, expected 0\.\.1"),
        ({"flip": -0.1}, r"flip: found -0\.1, expected 0\.\.1"),
        ({"pretrain_crop": (8, 192)}, r"pretrain_crop: found 8, expected at least 16"),
        ({"pretrain_batch": 0}, r"pretrain_batch: found 0, expected at least 1"),
        ({"seed": 10_000_001}, r"seed: found 10000001, expected 0\.\.10000000"),
        ({"bandwidth_channels": 3}, r"bandwidth_channels: found 3, expected 1\.\.2"),
        ({"weight_decay": float("nan")}, r"weight_decay: found nan"),
        ({"centre": "middle"}, r"centre: found 'middle', expected learned or centroid"),
    ],
)
def test_settings_out_of_range_are_named(change: dict, message: str):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)


def test_the_paper_preset_has_the_papers_two_stages():
    first, second = stages(PRESETS["paper"])
    assert (first.batch, second.batch) == (12, 2)
    assert (first.crop, second.crop) == ((500, 500), (1024, 1024))
    assert second.frozen_norm
    assert first.steps == pytest.approx(200 * 2975 / 12, rel=1e-2)
    assert second.steps == pytest.approx(50 * 2975 / 2, rel=1e-2)


def test_it_learns(street: CityscapesFolder, tmp_path: Path):
    settings = TrainingSettings(pretrain_steps=40, pretrain_crop=(48, 64), pretrain_batch=2, finetune_steps=0)
    totals: list[float] = []
    loop.train(settings, street, tmp_path, OFTEN, lambda report: totals.append(report.terms["total"]))
    assert sum(totals[-5:]) < 0.8 * sum(totals[:5])
