"""Choose thresholds on scenes with labels: pixels belong to data and resolution, so no default serves all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from lab.checkpoints import Model
from lab.clustering import Instances, Thresholds, cluster
from lab.datasets.cityscapes import CityscapesFolder, read_image
from lab.evaluation.ground_truth import read_truth
from lab.evaluation.predict import network_output
from lab.evaluation.run import label_ids_of
from lab.metrics import OFFICIAL_MIN_REGION, ImageRecord, Truth, average_precision, record_image

SEED_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
# Shares of the 128 px that the authors use at 2048x1024, after scaling them by area.
MIN_PIXELS_FACTORS = (0.5, 1.0, 2.0, 4.0, 8.0)
TOLERANCE = 0.002  # of AP: smaller differences are not resolved by some tens of scenes


@dataclass(frozen=True)
class Tuning:
    """AP (mean over classes and overlaps) and AP50 at every pair of thresholds.

    Attributes:
        seed_thresholds, min_pixels: the grid's axes.
        ap, ap50: rows are seed thresholds, columns are min_pixels.
        best: of the pairs within `TOLERANCE` of the highest AP the one with the highest seed threshold, which finds
            as much with fewer false ones; then the min_pixels nearest to where the tuning started: where small
            instances are ignored in scoring, AP says nothing about it.
    """

    seed_thresholds: tuple[float, ...]
    min_pixels: tuple[int, ...]
    ap: Float[np.ndarray, "T M"]
    ap50: Float[np.ndarray, "T M"]
    best: Thresholds


def default_min_pixels(height: int, width: int) -> tuple[int, ...]:
    """The grid's sizes for images of this size: 128 px at 2048x1024 scaled by area, and around that."""
    scaled = 128 * height * width / (1024 * 2048)
    return tuple(sorted({max(1, round(scaled * factor)) for factor in MIN_PIXELS_FACTORS}))


def tune_thresholds(
    model: Model,
    source: CityscapesFolder,
    start: Thresholds,
    limit: int | None = None,
    seed_thresholds: Sequence[float] = SEED_THRESHOLDS,
    min_pixels: Sequence[int] | None = None,
    min_region: int = OFFICIAL_MIN_REGION,
) -> Tuning:
    """Try every pair of seed threshold and min_pixels on the first ``limit`` scenes; the rest is as in ``start``.

    The network runs once an image, and nothing but counts is kept of it.  Tune on scenes that you will not report
    results on.

    Raises:
        ValueError: a threshold out of range, no scene, or no instance in any of them.
    """
    count = min(len(source), limit or len(source))
    sizes = tuple(min_pixels or default_min_pixels(*read_image(source.images[0]).shape[:2]))
    seeds = tuple(sorted(seed_thresholds))
    records: dict[tuple[float, int], list[ImageRecord]] = {(s, m): [] for s in seeds for m in sizes}
    for index in tqdm(range(count), desc="tune", unit="image", disable=None):
        output = network_output(model, read_image(source.images[index]))
        truth = read_truth(source.label_path(index), label_ids_of(model))
        for smallest in sizes:
            lowest = replace(start, seed_threshold=seeds[0], min_pixels=smallest)
            found = cluster(output, model.card.bandwidth_channels, **vars(lowest))
            for seed in seeds:
                records[seed, smallest].append(_record_above(found, seed, truth))
    scores = [
        [average_precision(records[s, m], model.card.num_classes, min_region=min_region) for m in sizes] for s in seeds
    ]
    ap = np.array([[score.mean for score in row] for row in scores])
    ap50 = np.array([[score.mean_50 for score in row] for row in scores])
    return Tuning(seeds, sizes, ap, ap50, _best(ap, seeds, sizes, start))


def _record_above(found: Instances, seed_threshold: float, truth: Truth) -> ImageRecord:
    """The record at a higher seed threshold, without clustering anew.

    Seeds are taken by falling score, so a higher threshold only stops the same procedure earlier.
    """
    kept = (found.scores >= seed_threshold).numpy()
    masks, scores, classes = found.masks.numpy(), found.scores.numpy(), found.classes.numpy()
    return record_image(masks[kept], scores[kept], classes[kept], truth)


def _best(
    ap: Float[np.ndarray, "T M"], seeds: tuple[float, ...], sizes: tuple[int, ...], start: Thresholds
) -> Thresholds:
    if np.isnan(ap).any():
        raise ValueError("found no instance in the scenes to tune on, expected some. Take more scenes.")
    good = np.argwhere(ap >= ap.max() - TOLERANCE)
    row = good[:, 0].max()
    columns = good[good[:, 0] == row, 1]
    column = min(columns, key=lambda c: abs(np.log(sizes[c] / max(start.min_pixels, 1))))
    return replace(start, seed_threshold=seeds[row], min_pixels=sizes[column])


def tuning_table(tuning: Tuning) -> str:
    """AP in percent for people: a row per seed threshold, a column per min_pixels."""
    head = f"{'AP':<22}" + "".join(f"{size:>7} px" for size in tuning.min_pixels)
    rows = [
        f"seed threshold {seed:<7g}" + "".join(f"{100 * value:>10.1f}" for value in row)
        for seed, row in zip(tuning.seed_thresholds, tuning.ap, strict=True)
    ]
    best = tuning.best
    row, column = tuning.seed_thresholds.index(best.seed_threshold), tuning.min_pixels.index(best.min_pixels)
    return "\n".join(
        [
            head,
            *rows,
            f"Best: seed_threshold {best.seed_threshold}, min_pixels {best.min_pixels}: AP "
            f"{100 * tuning.ap[row, column]:.1f}, AP50 {100 * tuning.ap50[row, column]:.1f}.",
        ]
    )
