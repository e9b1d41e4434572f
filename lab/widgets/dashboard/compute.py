"""What the dashboard shows: each chosen arm's seeds beside another arm's, its curves, its objects in one scene."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer

from lab.ablation.arms import METHOD
from lab.comparison import Ablations, Arm, Scenes, Spread, permutation_p, spread_of
from lab.comparison.records import SEEDS

TERMS = ("total", "instance", "smoothness", "seed")
MOST_POINTS = 120  # of a curve; more cannot be seen
FOUND = 0.5  # an object is found if an instance overlaps it by more than this (IoU)
Key = tuple[str, str, int]  # arm, seeds, scene


@dataclass(frozen=True)
class Choice:
    """What the controls say.

    Attributes:
        arms: names of the chosen ones.
        measure: "AP" or "AP50".  seeds: "predicted" or "ground truth".
        against: the arm that the others are held against.
        scene: which of the recorded ones, from 0.
        term: of the loss, whose curves are shown.
    """

    arms: tuple[str, ...] = (METHOD,)
    measure: str = "AP"
    seeds: str = SEEDS[0]
    against: str = METHOD
    scene: int = 0
    term: str = TERMS[0]


@dataclass(frozen=True)
class Row:
    """One arm's seeds.

    Attributes:
        place: of the arm in the file, which gives it its pen.
        values: in points, one a seed.
        difference, p: of the means, this arm's minus the other's, and the one-sided exact p of the side it is on; None
            for that other arm itself, and where one of the two has no value.
    """

    arm: Arm
    place: int
    values: Float[np.ndarray, "R"]
    spread: Spread
    difference: float | None
    p: float | None


@dataclass(frozen=True)
class Curve:
    """One training's term over its steps.  ``place`` is that of its arm in the file."""

    place: int
    label: str
    steps: Float[np.ndarray, "T"]
    values: Float[np.ndarray, "T"]


@dataclass(frozen=True)
class Cell:
    """One scene, segmented by an arm.

    Attributes:
        key: what is painted, (arm, seeds, scene); None where nothing is recorded.
        found, wrong: instances that overlap an object by more than half, and those that do not.
    """

    label: str
    key: Key | None
    found: int
    wrong: int


@dataclass(frozen=True)
class Outcomes:
    """What is known of the scenes before anything is chosen.

    Attributes:
        owners: of every recorded labelling, instance -> the object that is its own, or 0.
        objects: how many there are in each scene.
    """

    owners: Mapping[Key, Mapping[int, int]]
    objects: tuple[int, ...]


@dataclass(frozen=True)
class View:
    """Everything that is drawn."""

    choice: Choice
    rows: tuple[Row, ...]
    against: Row
    curves: tuple[Curve, ...]
    cells: tuple[Cell, ...]
    objects: int


def find_outcomes(scenes: Scenes) -> Outcomes:
    """Which instance is whose, everywhere."""
    owners = {
        (arm, seeds, scene): owners_of(found, truth)
        for (arm, seeds), labels in scenes.labels.items()
        for scene, (found, truth) in enumerate(zip(labels, scenes.truth, strict=True))
    }
    return Outcomes(owners, tuple(len(np.unique(truth[truth > 0])) for truth in scenes.truth))


def look(results: Ablations, outcomes: Outcomes, choice: Choice) -> View:
    """The chosen arms, in the file's order."""
    places = [place for place, arm in enumerate(results.arms) if arm.name in choice.arms]
    rows = tuple(make_row(results, place, choice) for place in places)
    against = next(place for place, arm in enumerate(results.arms) if arm.name == choice.against)
    return View(
        choice,
        rows,
        make_row(results, against, choice),
        tuple(curve for place in places for curve in curves_of(results, place, choice.term)),
        tuple(make_cell(outcomes, results.arms[place], choice) for place in places),
        outcomes.objects[choice.scene],
    )


def make_row(results: Ablations, place: int, choice: Choice) -> Row:
    """An arm's seeds, held against those of the other."""
    arm = results.arms[place]
    values, others = (results.values(name, choice.measure, choice.seeds) for name in (arm.name, choice.against))
    spread = spread_of(values)
    if arm.name == choice.against or not len(values) or not len(others):
        return Row(arm, place, values, spread, None, None)
    difference = spread.mean - spread_of(others).mean
    p = permutation_p(values, others) if difference >= 0 else permutation_p(others, values)
    return Row(arm, place, values, spread, difference, p)


def curves_of(results: Ablations, place: int, term: str) -> Iterator[Curve]:
    """The term in every training of the arm, thinned out by means over neighbours."""
    arm = results.arms[place]
    for run in results.runs_of(arm.name):
        if term in run.curve and len(run.curve[term]):
            yield Curve(place, arm.label, thin(run.curve["step"]), thin(run.curve[term]))


def thin(values: Float[np.ndarray, "T"]) -> Float[np.ndarray, "t"]:
    """At most `MOST_POINTS` values: means of equally many neighbours, the last of what is left."""
    every = -(-len(values) // MOST_POINTS)
    if every < 2:
        return values
    starts = np.arange(0, len(values), every)
    return np.add.reduceat(values, starts) / np.diff([*starts, len(values)])


def make_cell(outcomes: Outcomes, arm: Arm, choice: Choice) -> Cell:
    """How the arm did in the scene."""
    key = (arm.name, choice.seeds, choice.scene)
    if key not in outcomes.owners:
        return Cell(arm.label, None, 0, 0)
    owners = outcomes.owners[key].values()
    return Cell(arm.label, key, len(set(owners) - {0}), list(owners).count(0))


def owners_of(labels: Integer[np.ndarray, "H W"], truth: Integer[np.ndarray, "H W"]) -> dict[int, int]:
    """Instance -> the object that it overlaps by more than half (IoU), or 0."""
    stride = int(truth.max()) + 1
    pairs = np.bincount((labels.astype(np.int64) * stride + truth).ravel(), minlength=(int(labels.max()) + 1) * stride)
    shared = pairs.reshape(-1, stride)  # of every instance (row) with every object (column), 0 being the background
    union = shared.sum(1)[:, None] + shared.sum(0) - shared
    iou = shared[:, 1:] / np.maximum(union[:, 1:], 1)
    best = np.pad(iou, ((0, 0), (1, 0))).argmax(1)  # 0 where no object is touched
    return {
        number: int(best[number]) if best[number] and iou[number, best[number] - 1] > FOUND else 0
        for number in np.flatnonzero(shared.sum(1)).tolist()
        if number
    }
