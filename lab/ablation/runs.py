"""Train the arms: each run a training of its own that goes on where it was stopped."""

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from multiprocessing import active_children
from pathlib import Path
from typing import Any, NamedTuple

from lab.ablation.arms import Arm, Budget
from lab.folders import write_whole
from lab.training.interrupt import SIGNALS, interruptible
from lab.training.runs import OBJECTS, finished_model
from lab.training.settings import TrainingSettings
from lab.workers import worked_off


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


def finished_jobs(arms: Iterable[Arm], budget: Budget, runs: Path) -> list[Job]:
    """Every run in the folder that is done, of these arms, whatever seeds they have."""
    arms = list(arms)
    names = {arm.name for arm in arms}
    parts = [path.name.rpartition("_") for path in runs.glob("*_*")]
    seeds = sorted({int(seed) for name, _, seed in parts if name in names and seed.isdigit()})
    jobs = jobs_of(arms, seeds, budget, runs)
    return [job for job in jobs if is_finished(job)]


def is_finished(job: Job) -> bool:
    """Whether its model is there.  Raises ValueError if its folder holds another training."""
    return finished_model(job.folder, job.settings) is not None


def sweep_jobs(arm: Arm, budget: Budget, runs: Path) -> list[Job]:
    """The arm with each of the budget's margins, its first seed: which one is best is asked on training scenes."""
    return [
        Job(arm, 0, arm.settings(budget.settings, 0, margin), runs / f"sweep_{arm.name}_{margin:g}px")
        for margin in budget.margins
    ]


class Outcome(NamedTuple):
    """What came of all trainings.

    Attributes:
        stopped: whether a signal ended them early; states are saved.
        failed: words on those that ended with terms that are not finite.
    """

    stopped: bool
    failed: tuple[str, ...]


def train_all(
    jobs: Sequence[Job],
    at_once: int,
    device: str,
    tell: Callable[[str], object],
    work: Callable[[Job, str, bool], bool] | None = None,
) -> Outcome:
    """Train what is not yet trained; an arm that diverges does not keep the others from it.

    Args:
        at_once: processes; on a GPU several small trainings share it well, on a CPU one a core.
        work: trains one job, `train_one` unless a test says otherwise.

    Raises:
        OSError: a training's process was ended from outside.
        whatever else a training raises; those that are done stay.
    """
    work = work or train_one
    left = [job for job in jobs if not is_finished(job)]
    tell(f"{len(jobs)} runs, {len(jobs) - len(left)} of them finished; {at_once} at once")
    if at_once == 1:
        return _collect(((job, partial(work, job, device, True)) for job in left), len(jobs), len(left), tell)
    with interruptible(partial(_pass_on, tell)) as stop:
        # None begins after a stop; those that run save their states and end.
        wanted = takewhile(lambda _: not stop(), left)
        ended = worked_off(partial(_in_a_worker, work, device), wanted, at_once, begin=_wait_quietly)
        try:
            return _collect(((job, future.result) for job, future in ended), len(jobs), len(left), tell)
        except BrokenProcessPool as error:
            if stop():  # it was only just starting
                return Outcome(True, ())
            raise OSError(
                "ablation: a process that trained was ended from outside, often for lack of memory, and the others "
                "with it. What was saved is whole: the same command goes on; fewer at once (--jobs) need less."
            ) from error
        finally:
            ended.close()


def _pass_on(tell: Callable[[str], object], words: str) -> None:
    """Ctrl-C reaches all processes of a terminal, another's wish that this one ends does not.

    Of all signals a training can be sent this one a second time and stops after its step all the same.
    """
    for worker in active_children():
        if worker.pid and hasattr(signal, "SIGHUP"):
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGHUP)
    tell(words)


def _wait_quietly() -> None:
    """A worker that waits for work is not to die of a signal and, for the pool, end the others with it."""
    for number in SIGNALS:
        if number != signal.SIGTERM and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _hear)


def _hear(number: int, frame: object) -> None:
    """Go on."""


def _in_a_worker(work: Callable[[Job, str, bool], bool], device: str, job: Job) -> bool:
    """A training, which Ctrl-C reaches."""
    waiting = signal.getsignal(signal.SIGINT)
    if waiting is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return work(job, device, False)
    finally:
        signal.signal(signal.SIGINT, waiting)


def _collect(
    ended: Iterable[tuple[Job, Callable[[], bool]]], count: int, left: int, tell: Callable[[str], object]
) -> Outcome:
    """Results one by one, until one was stopped by a signal."""
    done = count - left
    failed: list[str] = []
    for job, result in ended:
        try:
            if not result():
                return Outcome(True, tuple(failed))
        except FloatingPointError as error:
            failed.append(f"{job.folder.name}: {error}")
            tell(f"Diverged: {failed[-1]}")
            continue
        done += 1
        tell(f"{done} of {count}: {job.folder.name}")
    return Outcome(False, tuple(failed))


def train_one(job: Job, device: str, progress: bool) -> bool:
    """Train one job to its end, or go on with it; False if a signal stopped it.

    On a CPU with one thread: small crops gain nothing from more, and equal numbers of threads give equal weights.
    """
    import torch

    from lab.datasets.sources import open_source
    from lab.devices import pick_device
    from lab.training.loop import RunOptions, train

    on_cpu = pick_device(device).type == "cpu"
    if on_cpu:
        torch.set_num_threads(1)
    source = open_source(job.settings.dataset, job.settings.split, job.settings.classes)
    _take_index(job)
    # Few crops of many scenes: to read them all at first would take longer.
    feed = "files" if on_cpu else "auto"
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
    steps: dict[str, Any] = {
        name: max(1, getattr(settings, name) // factor) if getattr(settings, name) else 0
        for name in ("pretrain_steps", "finetune_steps")
    }
    return replace(budget, settings=replace(settings, **steps))
