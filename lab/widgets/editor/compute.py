"""What the editor computes: from the objects to the picture, from an output to instances, and what became of each."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Float, Int32, UInt8
from torch import Tensor

from lab.clustering import Instances, Thresholds, cluster
from lab.embedding import PIXELS_PER_UNIT, sharpness_to_margin, split
from lab.metrics.failures import RIGHT, Failure, Overlaps, find_failures, overlaps
from lab.metrics.overlap import match_greedy
from lab.widgets.editor.ideal import Ideal, centroids, ideal_output
from lab.widgets.editor.picture import draw_picture
from lab.widgets.editor.things import Things, label


@dataclass(frozen=True)
class Drawn:
    """The objects as picture and truth."""

    things: Things
    labels: Int32[np.ndarray, "H W"]
    image: UInt8[np.ndarray, "H W 3"]


def draw_scene(things: Things) -> Drawn:
    """Picture and labels of these objects."""
    labels = label(things)
    return Drawn(things, labels, draw_picture(things, labels))


@dataclass(frozen=True)
class View:
    """What an output makes of a scene.

    Attributes:
        drawn: the scene.
        thresholds: of the clustering.
        embedding: where each pixel points, x then y, in px.
        seed_map: the highest over the classes.
        found: the instances; number d of them is told as a letter, A for the first.
        numbers: of the objects that are to be seen, 1..; the places in ``of`` and ``failures`` count these.
        of: predictions against objects.
        failures: what went wrong.
        source: whose output it is, None for the model's.
    """

    drawn: Drawn
    thresholds: Thresholds
    embedding: Float[np.ndarray, "2 H W"]
    seed_map: Float[np.ndarray, "H W"]
    found: Instances
    numbers: tuple[int, ...]
    of: Overlaps
    failures: tuple[Failure, ...]
    source: Ideal | None

    @cached_property
    def margins(self) -> Float[np.ndarray, "D 4"]:
        """Centre x, y and radius x, y of each instance's margin, in px."""
        radii = sharpness_to_margin(self.found.sharpness).expand(-1, 2)
        return torch.cat([self.found.centres * PIXELS_PER_UNIT, radii], dim=1).numpy()

    @cached_property
    def matched(self) -> dict[int, int]:
        """The prediction that counts for an object, both by their places: those with an IoU above one half."""
        return {k: d for d, k in match_greedy(self.of.iou, self.found.scores.numpy(), RIGHT)}

    @property
    def right(self) -> int:
        """Objects found, as average precision counts them at an IoU of one half."""
        return len(self.matched)

    @property
    def holders(self) -> tuple[int, ...]:
        """The number of the object of which each prediction holds most; 0 for none."""
        if not self.numbers:
            return (0,) * len(self.found)
        return tuple(self.numbers[int(row.argmax())] if row.any() else 0 for row in self.of.shared)


def look(
    drawn: Drawn, output: Float[Tensor, "C H W"], channels: int, thresholds: Thresholds, source: Ideal | None = None
) -> View:
    """Cluster an output and hold it against the truth."""
    found = cluster(output, channels, **vars(thresholds))
    prediction = split(output[None], channels)
    numbers = tuple(np.unique(drawn.labels[drawn.labels > 0]).tolist())
    of = overlaps(found.masks.numpy(), drawn.labels)
    return View(
        drawn=drawn,
        thresholds=thresholds,
        embedding=(prediction.embedding[0] * PIXELS_PER_UNIT).numpy(),
        seed_map=prediction.seed_map[0].amax(0).numpy(),
        found=found,
        numbers=numbers,
        of=of,
        failures=tuple(find_failures(of, found.scores.numpy())),
        source=source,
    )


def look_ideally(drawn: Drawn, ideal: Ideal, channels: int, classes: int, thresholds: Thresholds) -> View:
    """What the method makes of the scene with a network that has learned it perfectly."""
    return look(drawn, ideal_output(drawn.labels, ideal, channels, classes), channels, thresholds, ideal)


@dataclass(frozen=True)
class Limits:
    """How many objects an ideal network would find.

    Attributes:
        objects: to be seen.
        centroid, learned: found by offsets that lead all the way to the centroids, to centres of the network's choice.
        nearest: the numbers of the two objects with the nearest centroids, and their distance in px; None for fewer.
    """

    objects: int
    centroid: int
    learned: int
    nearest: tuple[int, int, float] | None


def find_limits(drawn: Drawn, channels: int, classes: int, thresholds: Thresholds) -> Limits:
    """What the method could represent at best."""
    views = [look_ideally(drawn, Ideal(learned), channels, classes, thresholds) for learned in (False, True)]
    centres = centroids(drawn.labels)
    pairs = [(a, b, math.dist(centres[a], centres[b])) for a, b in combinations(centres, 2)]
    nearest = min(pairs, key=lambda pair: pair[2], default=None)
    return Limits(len(views[0].numbers), views[0].right, views[1].right, nearest)


def letter(prediction: int) -> str:
    """A, B, …, Z, a, b, …: the name of a prediction beside objects that have numbers."""
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return names[prediction % len(names)] + "′" * (prediction // len(names))
