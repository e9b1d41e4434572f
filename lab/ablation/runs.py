"""Train the arms: each run a training of its own that goes on where it was stopped."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from lab.ablation.arms import Arm, Budget
from lab.folders import write_whole
from lab.training.runs import OBJECTS, finished_model
from lab.training.settings import TrainingSettings


@dataclass(frozen=True)
class Job:
    """One training."""

    arm: Arm
    seed: int
    settings: TrainingSettings
    folder: Path


def jobs_of(arms: Iterable[Arm], seeds: Sequence[int], budget: Budget, runs: Path) -> list[Job]:
    """All runs, arm by arm of the core first: its first seed, then the next one, so that comparing can begin early."""
    arms = list(arms)
    core, rest = arms[:5], arms[5:]
    pairs = [(arm, seed) for part in (core, rest) for seed in seeds for arm in part]
    return [
        Job(arm, seed, arm.settings(budget.settings, seed, budget.fixed_margin), runs / f"{arm.name}_{seed}")
        for arm, seed in pairs
    ]


def sweep_jobs(arm: Arm, budget: Budget, runs: Path) -> list[Job]:
    """The arm with each of the budget's margins, its first seed: which one is best is asked on training scenes."""
    return [
        Job(arm, 0, arm.settings(budget.settings, 0, margin), runs / f"sweep_{arm.name}_{margin:g}px")
        for margin in budget.margins
    ]


def train_all(
    jobs: Sequence[Job],
    at_once: int,
    device: str,
    tell: Callable[[str], object],
    work: Callable[[Job, str, bool], bool] | None = None,
) -> int:
    """Train what is not yet trained.

    Args:
        at_once: processes; on a GPU several small trainings share it well, on a CPU one a core.
        work: trains one job, `train_one` unless a test says otherwise.

    Returns:
        how many are finished, of all jobs; fewer than all if a signal stopped it: their states are saved.

    Raises:
        whatever a training raises; those that are done stay.
    """
    work = work or train_one
    left = [job for job in jobs if finished_model(job.folder, job.settings) is None]
    done = len(jobs) - len(left)
    tell(f"{len(jobs)} runs, {done} of them finished; {at_once} at once")
    if at_once == 1:
        for job in left:
            if not work(job, device, True):
                return done
            done += 1
            tell(f"{done} of {len(jobs)}: {job.folder.name}")
        return done
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as pool:
        names = {pool.submit(work, job, device, False): job.folder.name for job in left}
        for future in as_completed(names):
            done += future.result()
            tell(f"{done} of {len(jobs)}: {names[future]}")
    return done


def train_one(job: Job, device: str, progress: bool) -> bool:
    """Train one job to its end, or go on with it; False if a signal stopped it."""
    from lab.datasets.sources import open_source
    from lab.training.loop import RunOptions, train

    source = open_source(job.settings.dataset, job.settings.split, job.settings.classes)
    _take_index(job)
    # Few crops of many scenes: to read them all at first would take longer.
    feed = "files" if device == "cpu" else "auto"
    options = RunOptions(device=device, progress=progress, refresh_seconds=10.0, validate_every=0, feed=feed)
    return train(job.settings, source, job.folder, options) is not None


def _take_index(job: Job) -> None:
    """Where the data's objects lie is the same for all runs: copied from another one, if there is one."""
    others = [path for path in job.folder.parent.glob(f"*/{OBJECTS}") if path.parent != job.folder]
    if others and not (job.folder / OBJECTS).exists():
        write_whole(job.folder / OBJECTS, others[0].read_bytes())


def smaller(budget: Budget, factor: int) -> Budget:
    """The budget with a ``factor``-th of the steps: to rehearse the whole before the hours are spent."""
    settings = budget.settings
    steps = {
        name: max(1, getattr(settings, name) // factor) if getattr(settings, name) else 0
        for name in ("pretrain_steps", "finetune_steps")
    }
    return replace(budget, settings=replace(settings, **steps))
