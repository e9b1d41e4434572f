"""``python -m lab train``: a training with what it is watched by, and what is said of its end."""

from dataclasses import replace
from pathlib import Path

import typer

from lab.datasets.sources import open_source
from lab.training import loop, runs
from lab.training.distributed import is_first, process_count
from lab.training.probe import SPLIT, find_probe
from lab.training.run_options import RunOptions
from lab.training.settings import TrainingSettings
from lab.training.validate import find_validation

STOPPED = 130  # as shells say of a command that Ctrl-C ended


def train(settings: TrainingSettings, folder: Path, options: RunOptions, probe: str) -> int:
    """Train, or say that it is done already; gives the exit code.  Raises as `lab.training.loop.train`."""
    options = replace(options, tell=_say)
    done = runs.finished_model(folder, settings)
    if done and process_count() == 1:  # several go on together, for not all may see the folder
        _say(f"Already finished: model at {done}. Another --name starts a new run.")
        return 0
    source = open_source(settings.dataset, settings.split, settings.classes, settings.intensity)
    validation = find_validation(settings) if options.validate_every else None
    if options.validate_every and validation is None:
        _say(f"No validation: the data have no split {SPLIT} besides the one trained on, so no best model is kept.")
    model = loop.train(settings, source, folder, options, probe=find_probe(settings, probe), validation=validation)
    if model is None:
        _say(f"Stopped; {folder / runs.STATE} holds all that was learned. The same command goes on.")
        return STOPPED
    _say(_end(model, folder))
    return 0


def _end(model: Path, folder: Path) -> str:
    """Which model is which."""
    lines = [f"Model: {model}, the last step's. See what it finds: python -m lab predict IMAGE --model {model}"]
    rows = runs.read_validation(folder / runs.VALIDATION)
    if rows and (folder / runs.BEST).exists():
        stage, step, *_, total = min(rows, key=lambda row: row[-1])
        lines.append(
            f"Best:  {folder / runs.BEST}, of the lowest validation loss, {total:.4g} after step {step} of stage "
            f"{stage + 1}; the last one's is {rows[-1][-1]:.4g}."
        )
    return "\n".join(lines)


def _say(words: str) -> None:
    """One of several processes speaks for all."""
    if is_first():
        typer.echo(words)
