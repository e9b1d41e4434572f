"""A run's folder: settings.json, log.csv, record.npz, last.safetensors (state), and at the end model.safetensors."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

from lab.folders import save_error, write_whole
from lab.training.settings import STAGE_NAMES, Stage, TrainingSettings, differences, settings_to_json
from lab.training.state import Progress, State

SETTINGS, LOG, RECORD = "settings.json", "log.csv", "record.npz"
STATE, MODEL = "last.safetensors", "model.safetensors"
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
    """log.csv: means of the terms over every ``every`` steps, and over those that are left at a stage's end.

    ``pending`` are the terms of the steps since the last row.  They are part of a training's state: without them
    the first row after a resume would be the mean of other steps than in an undisturbed training.
    """

    def __init__(self, path: Path, every: int, pending: list[list[float]]):
        self.path, self.every, self.pending = path, every, pending

    def add(self, stage: Stage, progress: Progress, terms: list[float], rate: float) -> None:
        """Take one step's terms (instance, smoothness, seed, total); a row is written when its steps are complete.

        Raises:
            OSError: the row could not be written; file and remedy are named.
        """
        self.pending.append(terms)
        if progress.step % self.every == 0 or progress.step == stage.steps:
            means = [f"{sum(column) / len(column):.6g}" for column in zip(*self.pending, strict=True)]
            row = [stage.name, f"{progress.step}", *means, f"{rate:.6g}", f"{progress.seconds:.1f}"]
            _append(self.path, _line(row))
            self.pending.clear()


def open_log(folder: Path, state: State, stage_names: tuple[str, ...], every: int) -> TermLog:
    """The log, to go on from ``state``; rows of steps that a killed run did after its last state are dropped.

    So is what is no row at all: nothing depends on the log, and a training must not end for it.
    """
    rows = [row for row in _rows(folder / LOG, stage_names) if _is_before(row, state.progress, stage_names)]
    write_whole(folder / LOG, "".join(map(_line, [COLUMNS, *rows])).encode())
    return TermLog(folder / LOG, every, [list(terms) for terms in state.pending])


def read_log(path: Path) -> list[tuple[int, ...]]:
    """Rows of a log: stage (0, 1), step in it, instance, smoothness, seed, total, learning rate; no file, no rows."""
    rows = _rows(path, STAGE_NAMES)
    return [(STAGE_NAMES.index(row[0]), int(row[1]), *map(float, row[2:7])) for row in rows]


def _line(row: Iterable[str]) -> str:
    return ",".join(row) + "\n"  # names and numbers: nothing to quote


def _append(path: Path, line: str) -> None:
    """Opened for each line: a file that stays open would report a full disk a second time when it is closed."""
    try:
        with path.open("a", newline="") as file:
            file.write(line)
    except OSError as error:
        raise save_error(error, path, len(line)) from error


def _rows(path: Path, stage_names: tuple[str, ...]) -> list[list[str]]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [row for row in (line.split(",") for line in lines) if _is_row(row, stage_names)]


def _is_row(row: list[str], stage_names: tuple[str, ...]) -> bool:
    try:
        numbers = [int(row[1]), *map(float, row[2:])]
    except (ValueError, IndexError):
        return False
    return len(row) == len(COLUMNS) and row[0] in stage_names and all(map(math.isfinite, numbers))


def _is_before(row: list[str], progress: Progress, stage_names: tuple[str, ...]) -> bool:
    return (stage_names.index(row[0]), int(row[1])) <= (progress.stage, progress.step)
