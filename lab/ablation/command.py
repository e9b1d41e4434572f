"""What ``python -m lab ablate`` does."""

import json
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.ablation.arms import ARMS, BUDGETS, Budget, find_arms
from lab.ablation.runs import Job, jobs_of, smaller, sweep_jobs, train_all
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
    budget = _find_budget(budget_name, rehearse)
    chosen = find_arms(tuple(arms))
    runs = runs / (f"ablation_{budget_name}" + (f"_rehearsed_{rehearse}" if rehearse > 1 else ""))
    _draw(budget, tell)
    swept = sweep_jobs(find_arms((SWEPT,))[0], budget, runs)
    jobs = swept if sweep else jobs_of(chosen, seeds, budget, runs)
    if train_all(jobs, at_once, device, tell) < len(jobs):
        tell("Stopped. The same command goes on from here.")
        return 128 + signal.SIGINT
    tell(write_results(budget_name, budget, jobs, swept, output, sweep))
    return 0


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


def write_results(
    budget_name: str, budget: Budget, jobs: Sequence[Job], swept: Sequence[Job], output: Path, sweep: bool
) -> str:
    """Measure and write; gives a table for people."""
    from lab.ablation import results
    from lab.datasets.sources import open_source
    from lab.origin import origin_of
    from lab.recordings import write_recording
    from lab.training.runs import finished_model

    settings = budget.settings
    trained_on = open_source(settings.dataset, "train", settings.classes)
    tried = [
        results.measured(job, trained_on, budget.min_region, budget.val) | {"margin": job.settings.fixed_margin}
        for job in swept
        if finished_model(job.folder, job.settings)
    ]
    if sweep:
        return "\n".join(_line(f"margin {row['margin']:g} px", [row]) for row in tried)
    source = open_source(settings.dataset, "val", settings.classes)
    rows = [results.measured(job, source, budget.min_region, budget.val) for job in jobs]
    content = results.as_file(ARMS, budget, rows, tried, budget_name)
    content |= {"seeds": sorted({row["seed"] for row in rows}), **origin_of("cpu")}
    write_whole(output / "results" / "ablations.json", (json.dumps(content, indent=1) + "\n").encode())
    arrays = results.pictures(jobs, source, results.crowded(source))
    write_recording(output / "recordings" / "ablations.npz", f"{RECIPE} --budget {budget_name}", arrays)
    names = {arm.name: arm.label for arm in ARMS}
    by_arm = {name: [row for row in rows if row["arm"] == name] for name in names}
    return "\n".join(_line(names[name], found) for name, found in by_arm.items() if found)


def _line(name: str, rows: Sequence[dict]) -> str:
    """Mean and range over the seeds, in percent."""
    cells = []
    for key in ("ap", "ap50", "ap_gt_seeds", "ap50_gt_seeds"):
        values = [100 * row[key] for row in rows]
        cells.append(f"{sum(values) / len(values):6.1f} ({min(values):.1f}–{max(values):.1f})")
    return f"{name:<30} AP {cells[0]}  AP50 {cells[1]}  with ground-truth seeds AP {cells[2]}  AP50 {cells[3]}"
