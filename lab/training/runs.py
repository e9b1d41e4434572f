"""A run's folder: settings.json, log.csv, last.safetensors (state), and at the end model.safetensors."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lab.folders import write_whole
from lab.training.settings import TrainingSettings, differences, settings_to_json
from lab.training.state import Progress

SETTINGS, LOG, STATE, MODEL = "settings.json", "log.csv", "last.safetensors", "model.safetensors"
COLUMNS = ("stage", "step", "instance", "smoothness", "seed", "total", "learning_rate", "seconds")


def prepare(folder: Path, settings: TrainingSettings) -> None:
    """Make a run's folder, or make sure that it holds a run of the same settings.

    Without a saved state there is nothing to lose: the settings are then replaced.

    Raises:
        ValueError: the folder holds a run of other settings; each difference is named.
    """
    path = folder / SETTINGS
    if (folder / STATE).exists() and path.exists():
        wrong = differences(_read_settings(path), settings)
        if wrong:
            raise ValueError(
                f"{folder} holds a training with other settings: {'; '.join(wrong)}. Give the same settings to go on "
                "with it, another --name to start a new one, or delete the folder."
            )
    else:
        write_whole(path, settings_to_json(settings).encode())


def _read_settings(path: Path) -> dict:
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(
            f"{path}: found no JSON ({error}), expected a run's settings. Restore or delete it."
        ) from error
    if not isinstance(found, dict):
        raise ValueError(f"{path}: found {type(found).__name__}, expected settings by name. Restore or delete it.")
    return found


class TermLog:
    """log.csv: means of the terms over every ``every`` steps."""

    def __init__(self, file: TextIO, every: int):
        self.writer, self.file, self.every = csv.writer(file), file, every
        self.pending: list[list[float]] = []

    def add(self, stage: str, progress: Progress, terms: list[float], rate: float) -> None:
        """Take one step's terms (instance, smoothness, seed, total); a row is written when its steps are complete."""
        self.pending.append(terms)
        if progress.step % self.every == 0:
            means = [f"{sum(column) / len(column):.6g}" for column in zip(*self.pending, strict=True)]
            self.writer.writerow([stage, progress.step, *means, f"{rate:.6g}", f"{progress.seconds:.1f}"])
            self.file.flush()
            self.pending.clear()


@contextmanager
def open_log(folder: Path, progress: Progress, stage_names: tuple[str, ...], every: int) -> Iterator[TermLog]:
    """Open the log to go on from ``progress``; rows of steps that a killed run did after its last state are dropped."""
    path = folder / LOG
    kept = [row for row in _rows(path) if _is_before(row, progress, stage_names)]
    text = "\n".join([",".join(COLUMNS), *(",".join(row) for row in kept)]) + "\n"
    write_whole(path, text.encode())
    with path.open("a", newline="") as file:
        yield TermLog(file, every)


def _rows(path: Path) -> list[list[str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [row for row in csv.reader(file) if len(row) == len(COLUMNS)][1:]


def _is_before(row: list[str], progress: Progress, stage_names: tuple[str, ...]) -> bool:
    return (stage_names.index(row[0]), int(row[1])) <= (progress.stage, progress.step)
