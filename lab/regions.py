"""Instances as lists of their pixels: for large pictures with many of them, whose masks would not fit.

K masks take K·H·W bytes: 1000 of them 2 GB at 2 MP, 67 GB at 8192x8192. Lists take 4 bytes for every pixel that an
instance has, which is no more than the picture for each class, twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int32

from lab.instances import Step

Pixels = Int32[np.ndarray, "_"]  # row · width + column


@dataclass(frozen=True)
class Regions:
    """K instances in order of acceptance, as `lab.instances.Instances` without its masks.

    Attributes:
        pixels: of each instance, row · width + column, ascending; instances may overlap.
        scores: the seed value of each instance's seed pixel.
        classes: 1..N.
        labels: 0 background, k = k-th instance; where instances overlap the highest score is on top.
        trace: every proposal, accepted or not.
    """

    pixels: tuple[Pixels, ...]
    scores: Float[np.ndarray, "K"]
    classes: Int[np.ndarray, "K"]
    labels: Int32[np.ndarray, "H W"]
    trace: tuple[Step, ...]

    def __len__(self) -> int:
        return len(self.pixels)


def regions_of(trace: Sequence[Step], pixels: Sequence[Int[np.ndarray, "_"]], size: tuple[int, int]) -> Regions:
    """Regions of a picture of this (height, width); ``pixels``: of each accepted proposal, in any order."""
    steps = [step for step in trace if step.accepted]
    regions = tuple(np.sort(own).astype(np.int32) for own in pixels)
    labels = np.zeros(size, np.int32)
    flat = labels.reshape(-1)
    # Lowest score first, so that the highest ends on top; of equal scores the one accepted first.
    for k in sorted(range(len(steps)), key=lambda k: (steps[k].score, -k)):
        flat[regions[k]] = k + 1
    scores, classes = [step.score for step in steps], [step.class_index for step in steps]
    return Regions(regions, np.array(scores, np.float32), np.array(classes, np.int64), labels, tuple(trace))
