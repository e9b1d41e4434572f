"""What a trained arm finds: with its own seeds, and with ground-truth seeds as in the paper's ablation."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from lab.checkpoints import Model
from lab.clustering import Thresholds, cluster
from lab.datasets.scene import Scene, SceneSource
from lab.evaluation.predict import Found, network_output, thresholds_of
from lab.losses import Centre
from lab.metrics import AveragePrecision, Truth, average_precision, record_image, truth_from_scene
from lab.oracle import ground_truth_seed_instances


class Scores(NamedTuple):
    """Of one model; AP from 0 to 1."""

    own: AveragePrecision
    gt_seeds: AveragePrecision


def find_both(model: Model, scene: Scene, centre: Centre, thresholds: Thresholds) -> dict[str, Found]:
    """Instances from predicted seeds ("own") and from ground-truth seeds ("gt_seeds")."""
    output = network_output(model, scene.image)
    return {
        "own": _clustered(output, model.card.bandwidth_channels, thresholds),
        "gt_seeds": ground_truth_seed_instances(
            output, scene.instances, scene.classes, model.card.bandwidth_channels, thresholds, centre
        ),
    }


def _clustered(output: Float[Tensor, "C H W"], bandwidth_channels: int, thresholds: Thresholds) -> Found:
    found = cluster(output, bandwidth_channels, **asdict(thresholds))
    return Found(found.masks.numpy(), found.scores.numpy(), found.classes.numpy())


def measure(
    model: Model, source: SceneSource, min_region: int, limit: int | None = None, tell: Callable[[], object] = int
) -> Scores:
    """AP of the first ``limit`` scenes both ways, at the model's own thresholds, which all arms share.

    ``tell`` is called after every scene.  One scene is in memory at a time.
    """
    records: dict[str, list[Any]] = {"own": [], "gt_seeds": []}
    centre, thresholds = model.card.settings["centre"], thresholds_of(model.card)
    for index in range(min(len(source), limit or len(source))):
        scene = source[index]
        truth: Truth = truth_from_scene(scene)
        for way, found in find_both(model, scene, centre, thresholds).items():
            records[way].append(record_image(*found, truth))
        tell()
    return Scores(*(average_precision(records[way], model.card.num_classes, min_region=min_region) for way in records))


def label_image(found: Found) -> UInt8[np.ndarray, "H W"]:
    """0 background, k the k-th instance, the highest score on top, of equal ones the first; of the first 255."""
    labels = np.zeros(found.masks.shape[1:], np.uint8)
    for k in sorted(range(min(len(found.scores), 255)), key=lambda k: (found.scores[k], -k)):
        labels[found.masks[k]] = k + 1
    return labels
