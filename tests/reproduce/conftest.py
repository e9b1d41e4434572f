"""A run that is small enough to be done again in a test, with its files as if it shipped."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from lab.reproduce.registry import RUNS, Run
from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings

SMALL = replace(
    PRESETS["laptop"],
    pretrain_steps=2,
    pretrain_crop=(32, 32),
    pretrain_batch=2,
    finetune_steps=1,
    finetune_crop=(64, 64),
    finetune_batch=1,
    min_pixels=2,
)
STUB = replace(
    RUNS["toyscapes"],
    name="stub",
    download=("toyscapes", "--height", "128", "--train", "2", "--val", "1", "--workers", "1"),
    scenes={"train": 2, "val": 1},
    tune=("--data", "toyscapes", "--limit", "1", "--min-region", "1"),
    evaluate=("--data", "toyscapes", "--min-region", "1"),
    result="stub_val.json",
)


def write_shipped(data: Path, run: Run = STUB, settings: TrainingSettings = SMALL, figure: object = 0.0) -> Path:
    """models/ and results/ of a run that ships."""
    (data / "models").mkdir(parents=True)
    (data / "results").mkdir()
    card = {"settings": asdict(settings), "origin": {"minutes": 0.1, "device": "CPU (x86_64, 2 threads)"}}
    (data / "models" / f"{run.name}.json").write_text(json.dumps(card))
    (data / "results" / run.result).write_text(json.dumps({"ap": figure}))
    return data


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return write_shipped(tmp_path / "shipped")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of LAB_RUNS."""
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"
