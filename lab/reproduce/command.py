"""What ``python -m lab reproduce`` does."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from lab.datasets.bbbc.split import read_split
from lab.datasets.manifest import MANIFEST, read_manifest
from lab.folders import data_folder, dataset_folder, runs_folder, write_whole
from lab.json_text import from_json
from lab.reproduce.plan import Step, among, folder_of, plan
from lab.reproduce.registry import RUNS, Run
from lab.reproduce.shipped import Shipped, read_figure, read_shipped

DONE = "reproduced.json"  # in the repeat's folder: the commands that are done, in order

RunCommand = Callable[[list[str]], int]  # words after ``python -m lab`` -> exit code
Say = Callable[[str], object]


class Stopped(Exception):
    """A step ended before its end; its own words have been said.  ``code`` is its exit code."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


def find_run(name: str, runs: Mapping[str, Run] = RUNS) -> Run:
    """The run of that name.  Raises ValueError naming those there are."""
    if name not in runs:
        raise ValueError(
            f"found the run '{name}', expected one of {', '.join(runs)}. See: python -m lab reproduce --list"
        )
    return runs[name]


def listed(runs: Mapping[str, Run] = RUNS, data: Path | None = None) -> str:
    """A table of the runs for people."""
    rows: list[tuple[str, ...]] = [("run", "figure", "shipped", "trained in", "what")]
    rows += [_row(run, data or data_folder()) for run in runs.values()]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)) for row in rows)


def _row(run: Run, data: Path) -> tuple[str, ...]:
    try:
        shipped = read_shipped(run, data)
    except FileNotFoundError:
        return (run.name, run.title, "not yet", "not yet", run.what)
    return (run.name, run.title, f"{shipped.figure:.4f}", f"{shipped.minutes:g} min, {shipped.device}", run.what)


def outline(run: Run, shipped: Shipped, steps: list[Step]) -> str:
    """What will be done, how long the training took, and what is expected."""
    on_gpu = "" if not shipped.device.startswith("CPU") else " On a GPU it was not measured."
    return "\n".join(
        [
            f"{run.name}: {run.what}.",
            f"The shipped one was trained in {shipped.minutes:g} minutes by the clock on {shipped.device}, whatever "
            f"else that machine did meanwhile.{on_gpu}",
            "Times of the other steps were not kept.",
            f"Expected: {run.title} {_range(run, shipped.figure)} ({run.reason}).",
            *(f"{number}. {step.text}" for number, step in enumerate(steps, 1)),
        ]
    )


def reproduce(
    run: Run, run_command: RunCommand, say: Say, dry_run: bool = False, device: str = "auto", data: Path | None = None
) -> bool:
    """Do a shipped run again, or go on where it stopped; gives whether its figure is within what was expected.

    Args:
        run_command: does one step.
        say: shows a line.
        dry_run: say what would be done, and do nothing.
        data: the folder with models/ and results/ of the shipped runs; default the repository's.

    Raises:
        Stopped: a step failed, or was stopped by a signal.
        FileNotFoundError, ValueError: the run does not ship, or the data on this machine are others.
    """
    shipped = read_shipped(run, data or data_folder())
    folder = folder_of(run, runs_folder())
    steps = plan(run, shipped.settings, runs_folder(), device)
    say(outline(run, shipped, steps))
    if dry_run:
        return True
    if not data_are_there(run, among(run.data, runs_folder())):
        _do(steps[0], run_command, say)
    _do_in_order(steps[1:], folder, run_command, say)
    found = read_figure(run, folder / "evaluation" / "evaluation.json")
    say(verdict(run, shipped.figure, found))
    return within(run, shipped.figure, found)


def _do_in_order(steps: list[Step], folder: Path, run_command: RunCommand, say: Say) -> None:
    """The steps that are not done; each is written down when it is, and is done anew after one before it was."""
    for number, step in enumerate(steps, 1):
        commands = [before.text for before in steps[:number]]
        if _done(folder)[:number] == commands:
            say(f"Done before: {step.text} (to do it anew, delete {folder})")
            continue
        _do(step, run_command, say)
        write_whole(folder / DONE, json.dumps(commands, indent=1).encode())


def _do(step: Step, run_command: RunCommand, say: Say) -> None:
    say(f"Now: {step.text}")
    if code := run_command(list(step.words)):
        raise Stopped(code)


def _done(folder: Path) -> list[str]:
    try:
        return list(from_json((folder / DONE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return []  # nothing done, or a broken note: doing a step again harms nothing


def data_are_there(run: Run, dataset: str) -> bool:
    """Whether the data set is as the shipped run had it; one with fewer scenes is filled by the download.

    Raises:
        ValueError: there are more scenes than that run had, or other nuclei than those of the split that ships.
    """
    folder = dataset_folder(dataset)
    if not run.scenes:
        return _nuclei_are_there(folder)
    found = {split: len(list((folder / "leftImg8bit" / split).glob("*/*.png"))) for split in run.scenes}
    if any(found[split] > count for split, count in run.scenes.items()):
        raise ValueError(
            f"{folder}: found {_counts(found)}, expected {_counts(run.scenes)}: more scenes to train on, or others to "
            "be scored on, give another figure. Name another folder for data with LAB_DATA."
        )
    return found == dict(run.scenes)


def _nuclei_are_there(folder: Path) -> bool:
    """A folder of nuclei is brought whole, so one with other counts is of other data and no download fills it."""
    if not (folder / MANIFEST).is_file():
        return False
    found, expected = (Counter(row.split for row in rows) for rows in (read_manifest(folder / MANIFEST), read_split()))
    if found != expected:
        raise ValueError(
            f"{folder}: found {_counts(found)}, expected {_counts(expected)} as in data/nuclei_split.csv: these are "
            "other nuclei (download nuclei --offline brings a few tiles). Move the folder away and run the same "
            "command again, or name another folder for data with LAB_DATA."
        )
    return True


def _counts(scenes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} scenes in {split}" for split, count in scenes.items())


def within(run: Run, expected: float, found: float) -> bool:
    """Whether a repeat's figure is near enough to the shipped one's."""
    return abs(found - expected) <= run.spread * abs(expected)


def verdict(run: Run, expected: float, found: float) -> str:
    """The comparison in words."""
    where = "within" if within(run, expected, found) else "above" if found > expected else "below"
    return f"{run.title}: {found:.4f}, {where} the expected {_range(run, expected)}."


def _range(run: Run, expected: float) -> str:
    return f"{expected:.4f} ± {run.spread * abs(expected):.4f}"
