"""The commands that make a run again, each one that a person can type."""

import shlex
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from lab.reproduce.registry import IN_RUNS, Run
from lab.training.presets import PRESETS
from lab.training.settings import TrainingSettings


class Step(NamedTuple):
    """One command: the words after ``python -m lab``."""

    name: str
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it is typed."""
        return shlex.join(("python", "-m", "lab", *self.words))


def plan(run: Run, settings: TrainingSettings, runs: Path, device: str) -> list[Step]:
    """Data, training, thresholds, evaluation; the training goes to the folder `folder_of`.

    A run that started from another one's model is preceded by that one.
    """
    folder = folder_of(run, runs)
    settings = replace(settings, dataset=among(run.data, runs))
    first = f"{folder.name}_first"
    if run.first:
        settings = replace(settings, start_from=first)
    model = ("--model", str(folder / "model.safetensors"), "--device", device)
    where = ("--runs", str(runs), "--device", device)
    before = replace(settings, start_from="", **run.first)
    steps = [
        Step("download", ("download", *run.download)),
        Step("train first", ("train", *setting_words(before), *where, "--name", first)),
        Step("train", ("train", *setting_words(settings), *where, "--name", folder.name)),
        Step("tune", ("tune", *model, *run.tune, "--store")),
        Step("evaluate", ("evaluate", *model, *run.evaluate, "--output", str(folder / "evaluation"), "--store")),
    ]
    return [
        Step(step.name, tuple(among(word, runs) for word in step.words))
        for step in steps
        if (step.name != "tune" or run.tune) and (step.name != "train first" or run.first)
    ]


def among(word: str, runs: Path) -> str:
    """A word of the registry with the folder of runs in its place."""
    return str(runs / word.removeprefix(IN_RUNS)) if word.startswith(IN_RUNS) else word


def folder_of(run: Run, runs: Path) -> Path:
    """Where a repeat lies: apart from trainings of one's own."""
    return runs / f"reproduce_{run.name}"


def setting_words(settings: TrainingSettings) -> tuple[str, ...]:
    """The nearest preset, and an option for each setting in which it differs."""
    options = {name: _options(settings, preset) for name, preset in PRESETS.items()}
    nearest = min(options, key=lambda name: len(options[name]))
    return ("--preset", nearest, *(word for option in options[nearest] for word in option))


def _options(settings: TrainingSettings, preset: TrainingSettings) -> list[tuple[str, ...]]:
    pairs = ((f.name, getattr(settings, f.name), getattr(preset, f.name)) for f in fields(TrainingSettings))
    return [_option(name, value) for name, value, usual in pairs if value != usual]


def _option(name: str, value: Any) -> tuple[str, ...]:
    """An option in the words of `lab.training.options`."""
    dashed = name.replace("_", "-")
    if isinstance(value, bool):
        return (f"--{dashed}" if value else f"--no-{dashed}",)
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return tuple(word for part in value or ("all",) for word in (f"--{dashed}", part))  # given once for each
    return (f"--{dashed}", *(map(str, value) if isinstance(value, tuple) else (str(value),)))
