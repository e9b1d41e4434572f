"""``python -m lab train``: a training with what it is watched by, and what is said of its end."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import typer

from lab.datasets.scene import SceneSource
from lab.datasets.sources import open_source
from lab.shell_words import shell_words
from lab.training import loop, runs
from lab.training.distributed import is_first, process_count
from lab.training.probe import SPLIT, find_probe
from lab.training.run_options import RunOptions
from lab.training.settings import TrainingSettings
from lab.training.validate import SCENES, find_validation

STOPPED = 130  # as shells say of a command that Ctrl-C ended


def train(settings: TrainingSettings, folder: Path, options: RunOptions, probe: str) -> int:
    """Train, or say that it is done already; gives the exit code.  Raises as `lab.training.loop.train`."""
    options = replace(options, tell=_say)
    done = runs.finished_model(folder, settings)
    if done and process_count() == 1:  # several go on together, for not all may see the folder
        _say(f"Already finished: model at {done}. Another --name starts a new run.")
        return 0
    if is_first():  # told before data are read; a process elsewhere may not see the folder
        runs.check(folder, settings)
    _check_start(settings, folder)
    source = open_source(settings.dataset, settings.split, settings.classes, settings.intensity)
    validation = find_validation(settings) if options.validate_every else None
    if options.validate_every and validation is None:
        _say(f"No validation: the data have no split {SPLIT} besides the one trained on, so no best model is kept.")
    _say(_scenes(settings, source, validation))
    model = loop.train(settings, source, folder, options, probe=find_probe(settings, probe), validation=validation)
    if model is None:
        _say(f"Stopped; {folder / runs.STATE} holds all that was learned. The same command goes on.")
        return STOPPED
    _say(_end(model, folder, settings))
    return 0


def _check_start(settings: TrainingSettings, folder: Path) -> None:
    """Raise ValueError for a stage 2 that would begin with random weights and keep statistics of no data."""
    alone = not settings.pretrain_steps and settings.finetune_frozen_norm
    if alone and not settings.start_from and is_first() and not (folder / runs.STATE).exists():
        raise ValueError(
            "start_from: found none for stage 2 alone, expected a model: batch-norm statistics are fixed in this "
            "stage, and those of random weights are of no data. Say --start-from with a model file or the name of a "
            "finished run, or --no-finetune-frozen-norm."
        )


def _scenes(settings: TrainingSettings, source: SceneSource, validation: SceneSource | None) -> str:
    """How many scenes there are for what."""
    words = f"Scenes: {len(source)} of the split {settings.split} to train on"
    if validation is None:
        return f"{words}."
    return f"{words}, {len(validation)} of the split {SPLIT} to validate on ({min(len(validation), SCENES)} are)."


def _end(model: Path, folder: Path, settings: TrainingSettings) -> str:
    """Which model is which, and what to do next."""
    named, data = shell_words("--model", model), shell_words("--data", settings.dataset)
    lines = [
        f"Model: {model}, the last step's. See what it finds: python -m lab predict IMAGE {named}",
        f"Score it: python -m lab evaluate {named} {data}{_split_to_score(settings)}",
    ]
    if best := runs.best_row(folder):
        stage, step, *_, total = best
        last = runs.read_validation(folder / runs.VALIDATION)[-1]
        words = f"Best:  {folder / runs.BEST}, of the lowest validation loss, {total:.4g} after step {step} of stage "
        lines.append(
            f"{words}{stage + 1}: the last step's, too."
            if best == last
            else f"{words}{stage + 1}; the last one's is {last[-1]:.4g}. It was chosen on the split {SPLIT}, on which "
            "evaluate reports by default: report the last one's figure there, or say another --split."
        )
    return "\n".join(lines)


def _split_to_score(settings: TrainingSettings) -> str:
    """What evaluate is to be told of the split: one that has scenes, and best such as were not trained on."""
    for split in (SPLIT, "test"):
        with suppress(OSError, ValueError):
            source = open_source(settings.dataset, split, settings.classes, settings.intensity)
            if split != settings.split and len(source):
                return "" if split == SPLIT else f" --split {split}"
    return f" --split {settings.split} (there is no other: on what it was trained its figure flatters it)"


def _say(words: str) -> None:
    """One of several processes speaks for all."""
    if is_first():
        typer.echo(words)
