"""A run's folder, and its tables.

settings.json; log.csv and validation.csv; record.npz; last.safetensors with last-*-means and -squares (the state);
best.safetensors (the model that did best on the validation scenes); pretrained.safetensors (the model after stage 1,
where stage 2 follows); objects.npz (where the data's objects lie, made anew where it is missing or the data have
changed); and at the end model.safetensors, the last one.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab.checkpoints import CARD, read_tensors
from lab.folders import save_error, write_whole
from lab.json_text import from_json
from lab.training.settings import STAGE_NAMES, Stage, TrainingSettings, differences, settings_to_json
from lab.training.state import Progress, State, is_finished

SETTINGS, LOG, VALIDATION, RECORD = "settings.json", "log.csv", "validation.csv", "record.npz"
OBJECTS = "objects.npz"
IN_USE = ".in_use"  # while a process trains in the folder
STATE, MODEL, BEST, PRETRAINED = "last.safetensors", "model.safetensors", "best.safetensors", "pretrained.safetensors"
COLUMNS = ("stage", "step", "instance", "smoothness", "seed", "total", "learning_rate", "seconds")
VALIDATION_COLUMNS = COLUMNS[:6]


def prepare(folder: Path, settings: TrainingSettings) -> None:
    """Make a run's folder, or make sure that it holds a run of the same settings.  Raises as `check`."""
    check(folder, settings)
    if not (folder / STATE).exists():
        write_whole(folder / SETTINGS, settings_to_json(settings).encode())


def check(folder: Path, settings: TrainingSettings) -> None:
    """Make sure that a training in ``folder`` goes on with its own and writes over no other; nothing is written.

    Where there is neither a state nor a model there is nothing to lose: any settings will do.

    Raises:
        ValueError: the folder holds models without their state, a run of other settings (each difference is named),
            or of none that can be told.
    """
    if (folder / STATE).exists():
        _check_settings(folder, settings)
        return
    models = [name for name in (MODEL, BEST, PRETRAINED) if (folder / name).exists()]
    if models:
        raise ValueError(
            f"{folder}: found {', '.join(models)} without the state {STATE}, expected both or neither: a training "
            "would begin anew here, and write over what is there. Give another --name to start a new one, or move the "
            "folder away; to go on with this one, restore its state (last*.safetensors)."
        )


def finished_model(folder: Path, settings: TrainingSettings) -> Path | None:
    """The model of a run that is done, or None.  Only a training's end writes it: the state may be gone since.

    Raises:
        ValueError: it was done with other settings (each difference is named).
    """
    state, model = folder / STATE, folder / MODEL
    if not (model.exists() and (is_finished(state) if state.exists() else (folder / SETTINGS).exists())):
        return None
    _check_settings(folder, settings)
    return model


def _check_settings(folder: Path, settings: TrainingSettings) -> None:
    path = folder / SETTINGS
    if not path.exists():
        raise ValueError(
            f"{path}: found no file beside the state {STATE}, expected the settings that it was trained with. "
            "Restore it, give another --name to start a new run, or move the folder away."
        )
    wrong = differences(_read_settings(path), settings)
    if wrong:
        raise ValueError(
            f"{folder} holds a training with other settings: {'; '.join(wrong)}. Give the same settings to go on "
            "with it, or the new one another name (--name; in a notebook its folder's), or move the folder away."
        )


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        found = from_json(path.read_text())
    except ValueError as error:
        raise ValueError(
            f"{path}: found no JSON ({error}), expected a run's settings. Restore it, or give another --name."
        ) from error
    if not isinstance(found, dict):
        raise ValueError(
            f"{path}: found {type(found).__name__}, expected settings by name. Restore it, or give another --name."
        )
    return found


class TermLog:
    """log.csv: means of the terms over every ``every`` steps, and over those that are left at a stage's end.

    ``pending`` are the terms of the steps since the last row.  They are part of a training's state: without them
    the first row after a resume would be the mean of other steps than in an undisturbed training.
    """

    def __init__(self, path: Path, every: int, pending: list[list[float]]):
        self.path, self.every, self.pending = path, every, pending

    def add(self, stage: Stage, progress: Progress, terms: list[float], rate: float) -> list[float]:
        """Take one step's terms (instance, smoothness, seed, total); a row is written when its steps are complete.

        Returns:
            the means of that row; nothing where there is none yet.

        Raises:
            OSError: the row could not be written; file and remedy are named.
        """
        self.pending.append(terms)
        if progress.step % self.every and progress.step != stage.steps:
            return []
        means = [sum(column) / len(column) for column in zip(*self.pending, strict=True)]
        _append(self.path, _line([*_words(stage.name, progress.step, [*means, rate]), f"{progress.seconds:.1f}"]))
        self.pending.clear()
        return means


class ValidationLog:
    """validation.csv: the terms on the validation scenes; ``best`` is the lowest total so far."""

    def __init__(self, path: Path, best: float):
        self.path, self.best = path, best

    def add(self, stage: Stage, progress: Progress, terms: list[float]) -> bool:
        """Write a row (instance, smoothness, seed, total); gives whether no total was as low before.

        Raises:
            OSError: the row could not be written; file and remedy are named.
        """
        _append(self.path, _line(_words(stage.name, progress.step, terms)))
        total = float(f"{terms[-1]:.6g}")  # as a resumed training reads it
        lowest = total < self.best
        if lowest:
            self.best = total
        return lowest


def open_log(folder: Path, state: State, stage_names: tuple[str, ...], every: int) -> TermLog:
    """The log, to go on from ``state``; rows of steps that a killed run did after its last state are dropped.

    So is what is no row at all: nothing depends on the log, and a training must not end for it.
    """
    _keep_before(folder / LOG, COLUMNS, state.progress, stage_names)
    return TermLog(folder / LOG, every, [list(terms) for terms in state.pending])


def open_validation(folder: Path, progress: Progress, stage_names: tuple[str, ...]) -> ValidationLog:
    """The validation's log, to go on from ``progress``; later rows are dropped, for they will be written again."""
    _keep_before(folder / VALIDATION, VALIDATION_COLUMNS, progress, stage_names)
    row = best_row(folder)
    return ValidationLog(folder / VALIDATION, row[-1] if row else math.inf)


def best_row(folder: Path) -> tuple[int | float, ...] | None:
    """The validation's row of the best model, as `read_validation` gives it; None where there is no such model or row.

    A killed run may have kept a model of a step after its last state: the row is then dropped, and the model no
    measure for those that follow.  A model from before its card told the step is taken for that of the lowest row.
    """
    path, rows = folder / BEST, read_validation(folder / VALIDATION)
    if not path.exists():
        return None
    origin = _origin(path)
    if origin is None:
        return None
    if "step" in origin:
        rows = [row for row in rows if (STAGE_NAMES[int(row[0])], row[1]) == (origin.get("stage"), origin["step"])]
    return min(rows, key=lambda row: row[-1], default=None)


def _origin(model: Path) -> dict[str, Any] | None:
    """What a model's card says of where it comes from; None of a file that is none: the next one takes its place."""
    try:
        origin = from_json(read_tensors(model)[1][CARD])["origin"]
        return origin if isinstance(origin, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def read_validation(path: Path) -> list[tuple[int | float, ...]]:
    """Rows of a validation.csv: stage (0, 1), step in it, instance, smoothness, seed, total; no file, no rows."""
    rows = _rows(path, STAGE_NAMES, VALIDATION_COLUMNS)
    return [(STAGE_NAMES.index(row[0]), int(row[1]), *map(float, row[2:])) for row in rows]


def read_log(path: Path) -> list[tuple[int | float, ...]]:
    """Rows of a log: stage (0, 1), step in it, instance, smoothness, seed, total, learning rate; no file, no rows."""
    rows = _rows(path, STAGE_NAMES, COLUMNS)
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


def _words(stage: str, step: int, numbers: list[float]) -> list[str]:
    return [stage, str(step), *(f"{number:.6g}" for number in numbers)]


def _keep_before(
    path: Path, columns: tuple[str, ...], progress: Progress, stage_names: tuple[str, ...]
) -> list[list[str]]:
    """Write a table anew with its rows up to ``progress``, and give them."""
    rows = [row for row in _rows(path, stage_names, columns) if _is_before(row, progress, stage_names)]
    write_whole(path, "".join(map(_line, [columns, *rows])).encode())
    return rows


def _rows(path: Path, stage_names: tuple[str, ...], columns: tuple[str, ...]) -> list[list[str]]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [row for row in (line.split(",") for line in lines) if _is_row(row, stage_names, columns)]


def _is_row(row: list[str], stage_names: tuple[str, ...], columns: tuple[str, ...]) -> bool:
    try:
        numbers = [int(row[1]), *map(float, row[2:])]
    except (ValueError, IndexError):
        return False
    return len(row) == len(columns) and row[0] in stage_names and all(map(math.isfinite, numbers))


def _is_before(row: list[str], progress: Progress, stage_names: tuple[str, ...]) -> bool:
    return (stage_names.index(row[0]), int(row[1])) <= (progress.stage, progress.step)
