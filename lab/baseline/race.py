"""Train contenders until their budget is spent, and score them on the way."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from lab.baseline.contenders import Contender
from lab.baseline.score import Jury
from lab.baseline.settings import LABELS, BaselineSettings, is_early
from lab.baseline.state import Point, Progress, load_race, save_race


class Course(NamedTuple):
    """What a race is run by, beside its contenders.

    Attributes:
        settings: budget, and when to score.
        jury: scores.
        clock: seconds of work so far, of which differences are taken.
        stop: whether somebody asked to stop.
        save_seconds: by the wall clock, between two saves of the state.
        tell: takes lines for people.
    """

    settings: BaselineSettings
    jury: Jury
    clock: Callable[[], float]
    stop: Callable[[], bool] = lambda: False
    save_seconds: float | int = 180.0
    tell: Callable[[str], object] = lambda words: None


def races(contenders: Sequence[Contender], course: Course, folder: Path) -> Iterator[dict[str, Progress]]:
    """Train and score all contenders to the budget's end, or go on where their states in ``folder`` stand.

    In turns: each to the next point, so that what changes on the machine meets all alike, and what is there at any
    time can be compared.  Never two at once.

    Yields:
        how far each came, by name, after every point that all have reached.  Ends early if somebody asked to stop:
        the states are saved.

    Raises:
        FloatingPointError: the loss is not finite; the last state on disk stays.
        OSError, ValueError: a state could not be saved or read.
    """
    done = {c.name: load_race(state_path(folder, c), c.network, c.optimizer) for c in contenders}
    for number, share in enumerate(course.settings.shares):
        for contender in contenders:
            if len(done[contender.name].curve) > number:
                continue
            path = state_path(folder, contender)
            progress, stopped = _train_until(contender, course, path, done[contender.name], share)
            if stopped:
                return
            done[contender.name] = progress = _scored(contender, course, progress)
            save_race(path, contender.network, contender.optimizer, progress)
            course.tell(point_words(contender, progress.curve[-1]))
        yield dict(done)


def state_path(folder: Path, contender: Contender) -> Path:
    """The file that a stopped race goes on from."""
    return folder / f"{contender.name}.safetensors"


def _train_until(
    contender: Contender, course: Course, path: Path, progress: Progress, share: float | int
) -> tuple[Progress, bool]:
    """Train until this share of the budget is spent, or until somebody asks to stop (then True)."""
    budget, saved = course.settings.seconds, time.monotonic()
    while progress.seconds < share * budget:
        before = course.clock()
        loss = contender.step(progress.steps, progress.seconds / budget)
        spent = course.clock() - before
        progress = replace(
            progress,
            steps=progress.steps + 1,
            seconds=progress.seconds + spent,
            losses=progress.losses + loss,
        )
        stopping = course.stop()
        if stopping or time.monotonic() - saved >= course.save_seconds:
            save_race(path, contender.network, contender.optimizer, progress)
            saved = time.monotonic()
            course.tell(f"{LABELS[contender.name]}: step {progress.steps}, {progress.seconds:.0f} s, loss {loss:.3f}")
        if stopping:
            return progress, True
    return progress, False


def _scored(contender: Contender, course: Course, progress: Progress) -> Progress:
    early = is_early(course.settings, len(progress.curve))
    ap, ap50, threshold = course.jury.score(contender, course.settings.early_scenes if early else None)
    since = progress.steps - (progress.curve[-1].steps if progress.curve else 0)
    loss = round(progress.losses / max(since, 1), 4)
    point = Point(round(progress.seconds, 1), progress.steps, ap, ap50, threshold, loss)
    return replace(progress, losses=0.0, curve=(*progress.curve, point))


def point_words(contender: Contender, point: Point) -> str:
    """A point of the curve in a line."""
    ap, ap50 = ("absent" if value is None else f"{100 * value:.1f}" for value in (point.ap, point.ap50))
    return (
        f"{LABELS[contender.name]}: after {point.seconds:.0f} s and {point.steps} steps AP {ap}, AP50 {ap50} "
        f"(scores from {point.score_threshold:g})"
    )
