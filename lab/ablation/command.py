"""What ``python -m lab ablate`` does."""

import json
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lab.ablation.arms import ARMS, BUDGETS, Budget, find_arms
from lab.ablation.runs import finished_jobs, is_finished, jobs_of, smaller, sweep_jobs, train_all
from lab.folders import download_folder, write_whole

RECIPE = "python -m lab ablate"
SWEPT = "fixed_centroid"


def ablate(
    budget_name: str,
    arms: Sequence[str],
    seeds: Sequence[int],
    runs: Path,
    output: Path,
    device: str,
    at_once: int,
    sweep: bool,
    rehearse: int,
    tell: Callable[[str], object],
) -> int:
    """Draw the scenes, train the arms, measure them and write results; gives the exit code.

    Raises:
        ValueError: an unknown budget or arm, or a folder of runs that holds other trainings.
        OSError: a file could not be written.
    """
    from lab.ablation.results import train_and_measure

    budget = _find_budget(budget_name, rehearse)
    chosen = find_arms(tuple(arms))
    runs = runs / (f"ablation_{budget_name}" + (f"_rehearsed_{rehearse}" if rehearse > 1 else ""))
    _draw(budget, tell)
    if sweep:
        outcome = train_all(sweep_jobs(find_arms((SWEPT,))[0], budget, runs), at_once, device, tell)
    else:
        work = partial(train_and_measure, budget=budget)
        outcome = train_all(jobs_of(chosen, seeds, budget, runs), at_once, device, tell, work)
    tell(write_results(budget_name, budget, runs, output, device))
    for words in outcome.failed:
        tell(f"Diverged: {words}")
    if outcome.stopped:
        tell("Stopped. The same command goes on from here.")
        return 128 + signal.SIGINT
    return 1 if outcome.failed else 0


def _find_budget(name: str, rehearse: int) -> Budget:
    if name not in BUDGETS:
        raise ValueError(f"budget: found '{name}', expected one of {', '.join(BUDGETS)}.")
    return smaller(BUDGETS[name], rehearse) if rehearse > 1 else BUDGETS[name]


def _draw(budget: Budget, tell: Callable[[str], object]) -> None:
    """The scenes, where they are not there yet."""
    from lab.datasets.toyscapes.write import COUNTS, write_toyscapes

    root = download_folder(budget.settings.dataset)
    write_toyscapes(root, budget.height, 2 * budget.height, {"train": budget.train, "val": COUNTS["val"]})
    tell(f"{root}: {budget.train} scenes to train on, {budget.val} to measure on")


def write_results(budget_name: str, budget: Budget, runs: Path, output: Path, device: str) -> str:
    """Measure and write whatever is finished in the folder ``runs``; gives a table for people."""
    from lab.ablation import results
    from lab.datasets.sources import open_source
    from lab.devices import pick_device
    from lab.origin import origin_of
    from lab.recordings import write_recording

    settings, place = budget.settings, pick_device(device)
    train, val = (open_source(settings.dataset, split, settings.classes) for split in ("train", "val"))
    swept = [job for job in sweep_jobs(find_arms((SWEPT,))[0], budget, runs) if is_finished(job)]
    tried = [
        results.measured(job, train, "train", budget, place) | {"margin": job.settings.fixed_margin} for job in swept
    ]
    lines = [_line(f"margin {row['margin']:g} px, training scenes", [row]) for row in tried]
    jobs = finished_jobs(ARMS, budget, runs)
    if not jobs:
        return "\n".join([*lines, "No arm is trained yet."])
    rows = [results.measured(job, val, "val", budget, place) for job in jobs]
    content = results.as_file(ARMS, budget, rows, tried, budget_name)
    content |= {"seeds": sorted({row["seed"] for row in rows}), **origin_of(place)}
    write_whole(output / "results" / "ablations.json", (json.dumps(content, indent=1) + "\n").encode())
    arrays = results.pictures(jobs, val, results.crowded(val), place)
    write_recording(output / "recordings" / "ablations.npz", f"{RECIPE} --budget {budget_name}", arrays)
    by_arm = [(arm.label, [row for row in rows if row["arm"] == arm.name]) for arm in ARMS]
    return "\n".join([*lines, *(_line(label, found) for label, found in by_arm if found)])


def _line(name: str, rows: Sequence[dict[str, Any]]) -> str:
    """Mean and range over the seeds, in percent."""
    cells = []
    for key in ("ap", "ap50", "ap_gt_seeds", "ap50_gt_seeds"):
        values = [100 * row[key] for row in rows]
        cells.append(f"{sum(values) / len(values):6.1f} ({min(values):.1f}–{max(values):.1f})")
    return f"{name:<32} AP {cells[0]}  AP50 {cells[1]}  with ground-truth seeds AP {cells[2]}  AP50 {cells[3]}"
