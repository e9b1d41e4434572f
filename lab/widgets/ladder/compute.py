"""What the ladder computes: one scene, clustered with ground truth in place of some parts, and how good that is."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.clustering import Thresholds
from lab.datasets.scene import Scene
from lab.evaluation.predict import Found
from lab.metrics import ImageRecord, Truth, average_precision, record_image, truth_from_scene
from lab.oracle import Switches
from lab.oracle.cluster import checked_labels, cluster_maps
from lab.oracle.maps import Maps, predicted_maps, with_truth

RIGHT = 0.5  # more than this overlap with an object of its class makes a found one right


@dataclass(frozen=True, eq=False)
class Stage:
    """A scene and what a network says of it.

    Attributes:
        scene: image and labels.
        output: [2+S+N, H, W].
        class_names: of classes 1..N.
        bandwidth_channels: S.
        thresholds: of the clustering.
        min_region: px; smaller objects neither help nor harm the scene's AP.
    """

    scene: Scene
    output: Float[Tensor, "C H W"]
    class_names: tuple[str, ...]
    bandwidth_channels: int
    thresholds: Thresholds
    min_region: int = 0

    @property
    def truth(self) -> Truth:
        """The scene's objects, numbered 1..K in ascending order of their numbers in the scene."""
        return truth_of(self)


@dataclass(frozen=True, eq=False)
class View:
    """What was found of D instances, held against K true objects.

    Attributes:
        switches: what came from the truth.
        found: in order of acceptance.
        object: of each found one, which true object 1..K it is: overlaps it by more than half and has its class;
            0 where it is none, or where a better-scored one is that object already.
        iou: of each true object, the best overlap with a found one of its class.
        ap, ap50: of this scene alone; nan without objects.
    """

    switches: Switches
    found: Found
    object: Int[np.ndarray, " D"]
    iou: Float[np.ndarray, " K"]
    ap: float
    ap50: float

    @property
    def right(self) -> int:
        """How many objects are found."""
        return int((self.object > 0).sum())


@lru_cache(maxsize=8)
def truth_of(stage: Stage) -> Truth:
    """See `Stage.truth`."""
    return truth_from_scene(stage.scene)


@lru_cache(maxsize=64)  # there are 32 combinations: what was seen once comes back at once
def look(stage: Stage, switches: Switches) -> View:
    """Cluster the scene and compare."""
    maps, instances, classes = given(stage)
    with torch.no_grad():
        found = cluster_maps(with_truth(maps, instances, classes, switches), stage.thresholds)
    record = record_image(*found, stage.truth)
    score = average_precision([record], len(stage.class_names), min_region=stage.min_region)
    iou = overlaps(record)
    return View(switches, found, _objects(iou, found.scores), iou.max(axis=0, initial=0), score.mean, score.mean_50)


@lru_cache(maxsize=8)
def given(stage: Stage) -> tuple[Maps, Int[Tensor, "H W"], Int[Tensor, "H W"]]:
    """What no switch changes: the prediction's maps, instances and classes; read and checked once."""
    scene, channels = stage.scene, stage.bandwidth_channels
    labels = checked_labels(stage.output, scene.instances, scene.classes, channels)
    return predicted_maps(stage.output, channels, stage.thresholds.foreground_threshold), *labels


def overlaps(record: ImageRecord) -> Float[np.ndarray, "D K"]:
    """IoU of each found instance with each object of its class, 0 with those of others; void counts for neither."""
    pixels = record.pixels - record.void
    union = pixels[:, None] + record.region_pixels[None] - record.shared
    return record.shared / union * (record.classes[:, None] == record.region_classes[None])


@lru_cache(maxsize=8)
def true_masks(stage: Stage) -> Bool[np.ndarray, "K H W"]:
    """A mask for each true object."""
    return np.arange(1, len(stage.truth.classes) + 1)[:, None, None] == stage.truth.regions


def _objects(iou: Float[np.ndarray, "D K"], scores: Float[np.ndarray, " D"]) -> Int[np.ndarray, " D"]:
    """Which true object each found one is, the best-scored first; 0 for none."""
    of = np.zeros(len(iou), dtype=int)
    for index in np.argsort(-scores, kind="stable"):
        for k in np.flatnonzero(iou[index] > RIGHT):
            if k + 1 not in of:
                of[index] = k + 1
    return of
