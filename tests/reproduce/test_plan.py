"""The commands of a repeat train with exactly the shipped run's settings."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lab.training.options
from lab.__main__ import app
from lab.reproduce.plan import plan, setting_words
from lab.reproduce.registry import RUNS
from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings
from lab.training.tiny import SCENES
from tests.reproduce.conftest import SMALL, STUB

ODD = replace(
    PRESETS["laptop"],
    classes=("car", "bus"),
    finetune_frozen_norm=False,
    quarter_turns=True,
    flip=0.0,
    pretrain_crop=(100, 60),
    pretrain_rate=1e-3,
    seed=7,
)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Settings that `train` makes of words; nothing is trained."""
    kept: list[TrainingSettings] = []
    original = lab.training.options.preset_settings

    def keep(*arguments: object) -> None:
        kept.append(original(*arguments))
        raise ValueError("enough")

    monkeypatch.setattr("lab.cli.train.preset_settings", keep)

    def settings_of(words: tuple[str, ...]) -> TrainingSettings:
        result = CliRunner().invoke(app, list(words))
        assert "enough" in result.output, result.output
        return kept.pop()

    return settings_of


@pytest.mark.parametrize("settings", [*PRESETS.values(), SMALL, ODD, replace(PRESETS["tiny"], classes=())])
def test_the_words_give_the_settings(typed, settings: TrainingSettings):
    assert typed(("train", *setting_words(settings))) == settings


def test_a_preset_is_said_by_its_name():
    for name, preset in PRESETS.items():
        assert setting_words(preset) == ("--preset", name)
    assert setting_words(replace(PRESETS["laptop"], seed=3)) == ("--preset", "laptop", "--seed", "3")


def test_the_steps_in_order(tmp_path: Path):
    steps = plan(STUB, SMALL, tmp_path / "runs", "cpu")
    assert [step.name for step in steps] == ["download", "train", "tune", "evaluate"]
    model = str(tmp_path / "runs" / "reproduce_stub" / "model.safetensors")
    assert all(model in step.words and "--store" in step.words for step in steps[2:])
    assert steps[0].text == "python -m lab download toyscapes --height 128 --train 2 --val 1 --workers 1"
    assert [step.name for step in plan(replace(STUB, tune=()), SMALL, tmp_path, "cpu")] == [
        "download",
        "train",
        "evaluate",
    ]


def test_data_among_the_runs(tmp_path: Path):
    steps = plan(RUNS["tiny"], PRESETS["tiny"], tmp_path, "cpu")
    scenes = str(tmp_path / "tiny_scenes")
    assert [step.name for step in steps] == ["download", "train", "evaluate"]
    assert steps[0].words == ("download", "tiny")
    assert steps[1].words[:5] == ("train", "--preset", "tiny", "--dataset", scenes)
    assert scenes in steps[2].words
    assert RUNS["tiny"].scenes == {split: len(numbers) for split, numbers in SCENES.items()}


@pytest.mark.parametrize("name", RUNS)
def test_every_step_is_a_command_that_there_is(name: str, tmp_path: Path):
    """Its options are known; nothing is done, for a help page ends it."""
    for step in plan(RUNS[name], PRESETS["laptop"], tmp_path, "cpu"):
        result = CliRunner().invoke(app, [*step.words, "--help"])
        assert result.exit_code == 0, result.output


def test_a_run_that_started_from_another_is_preceded_by_it(typed, tmp_path: Path):
    run = replace(RUNS["toyscapes"], first={"pretrain_steps": 11, "seed": 3})
    shipped = replace(PRESETS["laptop"], pretrain_steps=5, start_from="data/models/old.safetensors", seed=4)
    steps = plan(run, shipped, tmp_path / "runs", "cpu")
    assert [step.name for step in steps] == ["download", "train first", "train", "tune", "evaluate"]
    first, second = typed(steps[1].words), typed(steps[2].words)
    assert (first.pretrain_steps, first.seed, first.start_from) == (11, 3, "")
    assert second == replace(shipped, start_from="reproduce_toyscapes_first")
    assert steps[1].words[-1] == second.start_from
