"""What the seed trajectories show: pure functions from (recording, what the person chose) to numbers."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from lab.datasets.scene import Scene
from lab.widgets.trajectories.record import Run

PixelPlace = tuple[int, int]  # column, row
LAYERS = ("image", "φ", "s", "s - φ")
# In a learner's words; the keys are the losses' names for their seed targets.
TARGET_NAMES = {
    "membership": "target φ, held fixed",
    "attached": "φ, no stop-gradient",
    "mask": "the mask: always 1",
}


@dataclass(frozen=True)
class Choice:
    """What the person chose.

    Attributes:
        target: the run that is shown, one of ``TARGET_NAMES``.
        beside: the run whose curves are drawn thin beside it.
        step: of training; the last one kept up to it is shown.
        layer: what colours the picture, one of ``LAYERS``.
        pixels: the three pixels A, B, C that are followed.
        active: which of them was touched last, 0 to 2.
    """

    target: str = "membership"
    beside: str = "attached"
    step: int = 0
    layer: str = "image"
    pixels: tuple[PixelPlace, ...] = ()
    active: int = 0


@dataclass(frozen=True)
class Curve:
    """One pixel through one training.

    Attributes:
        phi, score: in 0..1, at every kept step.
        pixel: column, row.
        instance: the object's number.
    """

    phi: Float[np.ndarray, " T"]
    score: Float[np.ndarray, " T"]
    pixel: PixelPlace
    instance: int


@dataclass(frozen=True)
class View:
    """Everything that one picture is made of.

    Attributes:
        choice: with its pixels on objects.
        steps: that were kept.
        now: index of the shown step.
        phi, score: of all foreground pixels at that step.
        maps: φ and s as pictures, NaN outside of objects.
        curves, shadows: of the three pixels, in the shown run and in the one beside it.
        means, means_beside: over all foreground pixels: φ, s, and the mean IoU of the objects, at that step.
    """

    choice: Choice
    steps: Int[np.ndarray, " T"]
    now: int
    phi: Float[np.ndarray, " P"]
    score: Float[np.ndarray, " P"]
    maps: Float[np.ndarray, "2 H W"]
    curves: tuple[Curve, ...]
    shadows: tuple[Curve, ...]
    means: tuple[float, float, float]
    means_beside: tuple[float, float, float]


def look(runs: dict[str, Run], scene: Scene, choice: Choice) -> View:
    """Compute all that the picture and the words need."""
    run, beside = runs[choice.target], runs[choice.beside]
    foreground = scene.classes > 0
    choice = replace(choice, pixels=tuple(nearest(foreground, pixel) for pixel in choice.pixels))
    now = kept_index(run.steps, choice.step)
    phi, score = run.phi[now] / 255, run.score[now] / 255
    maps = np.full((2, *foreground.shape), np.nan)
    maps[:, foreground] = phi, score
    return View(
        choice,
        run.steps,
        now,
        phi,
        score,
        maps,
        tuple(follow(run, scene, pixel) for pixel in choice.pixels),
        tuple(follow(beside, scene, pixel) for pixel in choice.pixels),
        means(run, now),
        means(beside, now),
    )


def kept_index(steps: Int[np.ndarray, " T"], step: int) -> int:
    """Index of the last kept step that is not after ``step``."""
    return max(int(np.searchsorted(steps, step, side="right")) - 1, 0)


def means(run: Run, now: int) -> tuple[float, float, float]:
    """Mean φ and s over the foreground, and the objects' mean IoU."""
    phi, score, _, iou = run.summary[now][:4].tolist()
    return phi, score, iou


def follow(run: Run, scene: Scene, pixel: PixelPlace) -> Curve:
    """The two curves of one foreground pixel (column, row)."""
    column, row = pixel
    place = int(np.count_nonzero((scene.classes > 0).ravel()[: row * scene.classes.shape[1] + column]))
    return Curve(run.phi[:, place] / 255, run.score[:, place] / 255, pixel, int(scene.instances[row, column]))


def nearest(foreground: Bool[np.ndarray, "H W"], pixel: PixelPlace) -> PixelPlace:
    """The pixel itself if it lies on an object, else the nearest one that does (of equals the first, row by row)."""
    rows, columns = np.nonzero(foreground)
    first = int(np.argmin((columns - pixel[0]) ** 2 + (rows - pixel[1]) ** 2))
    return int(columns[first]), int(rows[first])


def step_on(foreground: Bool[np.ndarray, "H W"], pixel: PixelPlace, dx: int, dy: int) -> PixelPlace:
    """The object pixel so many steps to the side, or the next one beyond: gaps between objects are leapt over.

    Where there is none beyond, the last one before; where there is none at all in this direction, the pixel itself.
    """
    (column, row), wanted = pixel, max(abs(dx), abs(dy))
    way = np.arange(1, max(foreground.shape))
    columns, rows = column + np.sign(dx) * way, row + np.sign(dy) * way
    inside = (columns >= 0) & (columns < foreground.shape[1]) & (rows >= 0) & (rows < foreground.shape[0])
    found = way[inside][foreground[rows[inside], columns[inside]]]
    if not found.size or not wanted:
        return pixel
    steps = int(found[min(np.searchsorted(found, wanted), len(found) - 1)])
    return column + steps * int(np.sign(dx)), row + steps * int(np.sign(dy))


def typical_pixels(runs: dict[str, Run], scene: Scene) -> tuple[PixelPlace, ...]:
    """Three pixels to begin with: of the largest object a typical one and the one that learns last; one of the next.

    Typical is the pixel whose curves, in all runs, lie nearest to the mean of its object's; last to learn the one with
    the lowest mean φ in the first run.
    """
    rows, columns = np.nonzero(scene.classes > 0)
    number = scene.instances[rows, columns]
    largest, second = np.argsort(-np.bincount(number))[:2].tolist()
    learned = next(iter(runs.values())).phi.mean(0)
    curves = np.concatenate([part for run in runs.values() for part in (run.phi, run.score)]).astype(np.float32)

    def typical(k: int) -> int:
        own = np.flatnonzero(number == k)
        away = np.square(curves[:, own] - curves[:, own].mean(1, keepdims=True)).sum(0)
        return int(own[away.argmin()])

    last = np.flatnonzero(number == largest)[learned[number == largest].argmin()]
    return tuple((int(columns[i]), int(rows[i])) for i in (typical(largest), last, typical(second)))
