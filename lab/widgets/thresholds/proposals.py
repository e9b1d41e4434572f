"""Every proposal of one class of a scene, made once, with what each overlaps.  Pure.

Seeds come by falling score and verdicts change nothing that comes after them, so a seed threshold, a size and a share
of new pixels only choose among the same proposals: none of them asks for clustering anew.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.clustering import Thresholds, candidates_of, check_finite, grow
from lab.datasets.scene import VOID, Scene
from lab.embedding import Prediction
from lab.widgets.prediction import read_prediction

LOWEST = 0.5  # of the seed thresholds: below, a seed's pixel would rather not be an instance's


@dataclass(frozen=True, eq=False)  # one is itself: what is computed of it can be kept
class Subject:
    """A scene with labels, and what a network says of it.

    Attributes:
        scene: image and labels.
        output: the network's, for this very image.
        class_names: of classes 1..N.
        bandwidth_channels: S of the network.
        thresholds: its own.

    Raises:
        ValueError: image and output differ in size, the names do not number N, or a value is not finite.
    """

    scene: Scene
    output: Float[Tensor, "C _ _"]
    class_names: tuple[str, ...]
    bandwidth_channels: int = 2
    thresholds: Thresholds = field(default_factory=Thresholds)

    def __post_init__(self) -> None:
        read_prediction(self.scene.image, self.output, self.class_names, self.bandwidth_channels)
        check_finite(self.output)


@dataclass(frozen=True, eq=False)
class Rounds:
    """All R proposals of one class at one foreground threshold, with K true objects of that class.

    Attributes:
        scores: by falling value.
        pixels: of each proposal, as row-major indices of the image.
        fresh: how many of them no earlier proposal had taken, the seed not counted.
        left: candidates that were unassigned before each proposal.
        void: the share of each that lies in void.
        iou: with each object.
        objects: their numbers in the scene.
    """

    scores: Float[np.ndarray, " R"]
    pixels: tuple[np.ndarray, ...]
    fresh: Int[np.ndarray, " R"]
    left: Int[np.ndarray, " R"]
    void: Float[np.ndarray, " R"]
    iou: Float[np.ndarray, "R K"]
    objects: Int[np.ndarray, " K"]


@lru_cache(maxsize=8)
def _prediction(subject: Subject) -> Prediction:
    scene = subject.scene
    return read_prediction(scene.image, subject.output, subject.class_names, subject.bandwidth_channels)[1]


@lru_cache(maxsize=64)
@torch.no_grad()
def cluster_once(subject: Subject, class_index: int, foreground: float | int) -> Rounds:
    """Every proposal with a score of at least `LOWEST`, down to those of a single pixel."""
    candidates = candidates_of(_prediction(subject), class_index, foreground)
    index = (candidates.row * subject.scene.image.shape[1] + candidates.column).numpy()
    steps, pixels, left, before = [], [], [], len(index)
    for step, proposal in grow(candidates, class_index, Thresholds(LOWEST, foreground, 0)):
        steps.append(step)
        pixels.append(index[proposal.numpy()])
        left.append(before)
        before -= step.unassigned_pixels + 1  # the seed is assigned but not counted among the new ones
    iou, void, objects = _compare(subject.scene, pixels, class_index)
    return Rounds(
        np.array([s.score for s in steps], dtype=float),
        tuple(pixels),
        np.array([s.unassigned_pixels for s in steps], dtype=int),
        np.array(left, dtype=int),
        void,
        iou,
        objects,
    )


def _compare(
    scene: Scene, pixels: list[np.ndarray], class_index: int
) -> tuple[Float[np.ndarray, "R K"], Float[np.ndarray, " R"], Int[np.ndarray, " K"]]:
    """Overlap of each proposal with each object of the class, and the share of each that is void."""
    truth = np.where(scene.classes == class_index, scene.instances, 0).ravel()
    area = np.bincount(truth)
    objects = np.flatnonzero(area[1:]) + 1
    shared = np.array([np.bincount(truth[p], minlength=len(area))[objects] for p in pixels], dtype=float)
    shared = shared.reshape(len(pixels), len(objects))
    sizes = np.array([len(p) for p in pixels], dtype=float)
    void = np.array([(scene.classes.ravel()[p] == VOID).mean() for p in pixels], dtype=float)
    return shared / (sizes[:, None] + area[objects] - shared), void, objects


def accepted(rounds: Rounds, thresholds: Thresholds) -> Bool[np.ndarray, " R"]:
    """Which proposals become instances."""
    sizes = np.array([len(p) for p in rounds.pixels], dtype=int)
    made = (rounds.scores >= thresholds.seed_threshold) & (rounds.left > thresholds.min_pixels)
    return made & (sizes > thresholds.min_pixels) & (rounds.fresh / sizes > thresholds.min_unassigned)


def classes_of(subject: Subject) -> list[int]:
    """The classes that the scene has objects of, 1..N."""
    return [c for c in np.unique(subject.scene.classes[subject.scene.instances > 0]).tolist() if c > 0]
