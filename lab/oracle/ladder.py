"""The ladder: AP of a data set with ground truth in place of nothing, of each part alone, and of more and more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm

from lab.checkpoints import Model
from lab.clustering import Thresholds
from lab.datasets.scene import BACKGROUND, VOID, SceneSource
from lab.evaluation.ground_truth import Judged
from lab.evaluation.predict import Found, network_output
from lab.metrics import (
    OFFICIAL_MIN_REGION,
    AveragePrecision,
    ImageRecord,
    NucleiScore,
    Truth,
    average_precision,
    nuclei_counts_of,
    nuclei_score,
    record_image,
)
from lab.oracle.cluster import oracle_instances
from lab.oracle.maps import NAMES, Switches
from lab.oracle.seeds import ground_truth_seed_instances

ALONE = tuple((name,) for name in NAMES)
TOGETHER = tuple(NAMES[:count] for count in range(2, len(NAMES) + 1))  # the first alone is a rung of both
RUNGS: tuple[tuple[str, ...], ...] = ((), *ALONE, *TOGETHER)


@dataclass(frozen=True)
class Rung:
    """What came out with ground truth in place of ``truth``; ``nuclei`` is None for several classes or streets."""

    truth: tuple[str, ...]
    score: AveragePrecision
    nuclei: NucleiScore | None


@dataclass(frozen=True)
class Ladder:
    """All rungs of a data set.

    Attributes:
        rungs: as `RUNGS`.
        seeded: the ablations' ground-truth seeds, one proposal for each instance; its ``truth`` says so.
        names: of the classes.
        images: how many were read.
        thresholds: of the clustering.
    """

    rungs: tuple[Rung, ...]
    seeded: Rung
    names: tuple[str, ...]
    images: int
    thresholds: Thresholds


def climb(
    model: Model,
    source: SceneSource,
    thresholds: Thresholds,
    limit: int | None = None,
    min_region: int | None = None,
) -> Ladder:
    """Predict every image once and cluster it on every rung.  One image is in memory at a time.

    Args:
        limit: only the first so many images.
        min_region: pixels; AP ignores smaller true instances.  None: 100 in Cityscapes' layout, 0 else.

    Raises:
        ValueError: the model knows no class of the data, labels do not fit, or a prediction is not finite.
    """
    scenes = Judged(source, model.card)
    if min_region is None:
        min_region = OFFICIAL_MIN_REGION if scenes.official else 0
    count = min(len(source), limit or len(source))
    records: list[list[ImageRecord]] = []
    for index in tqdm(range(count), desc="oracle", unit="image", disable=None):
        image, truth = scenes[index]
        try:
            output = network_output(model, image, prepared=True)
            records.append(_records(output, truth, model.card.bandwidth_channels, thresholds))
        except ValueError as error:
            raise ValueError(f"{source.image_path(index)}: {error}") from error
    names = model.card.class_names
    count_nuclei = not scenes.official and len(names) == 1
    rungs = [
        _scored(truth, column, len(names), min_region, count_nuclei)
        for truth, column in zip((*RUNGS, ("one proposal per instance",)), zip(*records, strict=True), strict=True)
    ]
    return Ladder(tuple(rungs[:-1]), rungs[-1], names, count, thresholds)


def _records(
    output: Float[Tensor, "C H W"], truth: Truth, bandwidth_channels: int, thresholds: Thresholds
) -> list[ImageRecord]:
    """One image's counts on every rung, and with the ablations' ground-truth seeds."""
    given = output, *labels_of(truth), bandwidth_channels, thresholds
    found: list[Found] = [oracle_instances(*given, Switches.of(*rung)) for rung in RUNGS]
    found.append(ground_truth_seed_instances(*given))
    return [record_image(*each, truth) for each in found]


def labels_of(truth: Truth) -> tuple[Int[np.ndarray, "H W"], Int[np.ndarray, "H W"]]:
    """Instances and classes as the oracle wants them.  A group is no instance: its pixels become void, as void do."""
    of_region = np.concatenate([[BACKGROUND], np.where(truth.groups, VOID, truth.classes)])
    classes = np.where(truth.void & (truth.regions == 0), VOID, of_region[truth.regions])
    return np.where(classes > 0, truth.regions, 0), classes


def _scored(
    truth: tuple[str, ...], records: Sequence[ImageRecord], num_classes: int, min_region: int, count_nuclei: bool
) -> Rung:
    score = average_precision(records, num_classes, min_region=min_region)
    return Rung(truth, score, nuclei_score([nuclei_counts_of(r) for r in records]) if count_nuclei else None)
