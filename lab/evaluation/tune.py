"""Choose thresholds on scenes with labels: pixels belong to data and resolution, so no default serves all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from lab.checkpoints import Model
from lab.clustering import Instances, Thresholds, cluster
from lab.datasets.scene import SceneSource
from lab.evaluation.ground_truth import Judged
from lab.evaluation.predict import network_output
from lab.metrics import (
    OFFICIAL_MIN_REGION,
    ImageRecord,
    Truth,
    average_precision,
    nuclei_counts_of,
    nuclei_score,
    record_image,
)

SEED_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
# Shares of the 128 px that the authors use at 2048x1024, after scaling them by area.
MIN_PIXELS_FACTORS = (0.5, 1.0, 2.0, 4.0, 8.0)
# For data that are no street scenes: a quarter of the nuclei that the lab knows have 128 px or fewer, at any size of
# picture, so the area of the picture says nothing.
SMALL_OBJECTS = (8, 12, 20, 30, 40, 60, 80)
TOLERANCE = 0.002  # of the score: smaller differences are not resolved by some tens of scenes


@dataclass(frozen=True)
class Tuning:
    """Scores at every pair of thresholds.

    Attributes:
        seed_thresholds, min_pixels: the grid's axes.
        ap, ap50: AP (mean over classes and overlaps) and AP50; rows are seed thresholds, columns are min_pixels.
        nuclei: TP / (TP + FP + FN) of all images pooled, its mean over the overlaps .5 to .95; None where AP decides.
        best: of the pairs within `TOLERANCE` of the highest score (of ``nuclei`` where there is one, else of AP) the
            one with the highest seed threshold, which finds as much with fewer false ones; then the min_pixels nearest
            to where the tuning started: where small instances are ignored in scoring, AP says nothing about it.
        flips: whether the predictions were means over mirrored views.
    """

    seed_thresholds: tuple[float, ...]
    min_pixels: tuple[int, ...]
    ap: Float[np.ndarray, "T M"]
    ap50: Float[np.ndarray, "T M"]
    nuclei: Float[np.ndarray, "T M"] | None
    best: Thresholds
    flips: bool = False


def default_min_pixels(height: int, width: int) -> tuple[int, ...]:
    """The grid's sizes for street scenes of this size: 128 px at 2048x1024 scaled by area, and around that."""
    scaled = 128 * height * width / (1024 * 2048)
    return tuple(sorted({max(1, round(scaled * factor)) for factor in MIN_PIXELS_FACTORS}))


def tune_thresholds(
    model: Model,
    source: SceneSource,
    start: Thresholds,
    limit: int | None = None,
    seed_thresholds: Sequence[float] = SEED_THRESHOLDS,
    min_pixels: Sequence[int] | None = None,
    min_region: int | None = None,
    by: str | None = None,
    flips: bool = False,
) -> Tuning:
    """Try every pair of seed threshold and min_pixels on the first ``limit`` scenes; the rest is as in ``start``.

    The network runs once an image, and nothing but counts is kept of it.  Tune on scenes that you will not report
    results on.

    Args:
        min_pixels: the sizes to try; None: around the authors' for Cityscapes' layout, `SMALL_OBJECTS` else.
        min_region: pixels; smaller true instances are ignored by AP.  None: 100 in Cityscapes' layout, 0 else.
        by: "nuclei" or "ap" decides.  None: nuclei for one class outside Cityscapes' layout, AP else.
        flips: predict the mean over mirrored views, see `lab.evaluation.flips`: its scores are lower where the views
            differ, so that other thresholds may be best.

    Raises:
        ValueError: a threshold out of range, no scene, no instance in any of them, or an unknown score.
    """
    scenes = Judged(source, model.card)
    by = _decider(by, scenes.official, model.card.num_classes)
    if min_region is None:
        min_region = OFFICIAL_MIN_REGION if scenes.official else 0
    seeds = tuple(sorted(seed_thresholds))
    sizes = tuple(sorted(set(min_pixels or _default_sizes(scenes))))
    records = _records(model, scenes, min(len(source), limit or len(source)), start, seeds, sizes, flips)
    scores = [
        [average_precision(records[s, m], model.card.num_classes, min_region=min_region) for m in sizes] for s in seeds
    ]
    ap = np.array([[score.mean for score in row] for row in scores])
    ap50 = np.array([[score.mean_50 for score in row] for row in scores])
    nuclei = np.array([[_nuclei(records[s, m]) for m in sizes] for s in seeds]) if by == "nuclei" else None
    _check_instances(ap)
    best = _best(ap if nuclei is None else nuclei, seeds, sizes, start)
    return Tuning(seeds, sizes, ap, ap50, nuclei, best, flips)


def _decider(by: str | None, official: bool, num_classes: int) -> str:
    if by not in (None, "nuclei", "ap"):
        raise ValueError(f"found the score '{by}' to tune by, expected nuclei or ap.")
    if by == "nuclei" and num_classes > 1:
        raise ValueError(
            f"found a model of {num_classes} classes to tune by the nuclei score, expected one class: this score knows "
            "no classes. Tune by ap."
        )
    return by or ("ap" if official or num_classes > 1 else "nuclei")


def _default_sizes(scenes: Judged) -> tuple[int, ...]:
    return default_min_pixels(*scenes[0][0].shape[:2]) if scenes.official else SMALL_OBJECTS


def _records(
    model: Model,
    scenes: Judged,
    count: int,
    start: Thresholds,
    seeds: tuple[float, ...],
    sizes: tuple[int, ...],
    flips: bool,
) -> dict[tuple[float, int], list[ImageRecord]]:
    """The counts of every image at every pair of seed threshold and min_pixels."""
    records: dict[tuple[float, int], list[ImageRecord]] = {(s, m): [] for s in seeds for m in sizes}
    for index in tqdm(range(count), desc="tune", unit="image", disable=None):
        image, truth = scenes[index]
        output = network_output(model, image, prepared=True, flips=flips)
        for smallest in sizes:
            lowest = replace(start, seed_threshold=seeds[0], min_pixels=smallest)
            found = cluster(output, model.card.bandwidth_channels, **vars(lowest))
            for seed in seeds:
                records[seed, smallest].append(_record_above(found, seed, truth))
    return records


def _nuclei(records: Sequence[ImageRecord]) -> float:
    return float(nuclei_score([nuclei_counts_of(record) for record in records]).pooled.mean())


def _record_above(found: Instances, seed_threshold: float, truth: Truth) -> ImageRecord:
    """The record at a higher seed threshold, without clustering anew.

    Seeds are taken by falling score, so a higher threshold only stops the same procedure earlier.
    """
    kept = (found.scores >= seed_threshold).numpy()
    masks, scores, classes = found.masks.numpy(), found.scores.numpy(), found.classes.numpy()
    return record_image(masks[kept], scores[kept], classes[kept], truth)


def _check_instances(ap: Float[np.ndarray, "T M"]) -> None:
    if np.isnan(ap).any():
        raise ValueError("found no instance in the scenes to tune on, expected some. Take more scenes.")


def _best(
    score: Float[np.ndarray, "T M"], seeds: tuple[float, ...], sizes: tuple[int, ...], start: Thresholds
) -> Thresholds:
    good = np.argwhere(score >= score.max() - TOLERANCE)
    row = good[:, 0].max()
    columns = good[good[:, 0] == row, 1]
    column = min(columns, key=lambda c: abs(np.log(sizes[c] / max(start.min_pixels, 1))))
    return replace(start, seed_threshold=seeds[row], min_pixels=sizes[column])


def tuning_table(tuning: Tuning) -> str:
    """The deciding score for people, AP in percent, the nuclei score from 0 to 1: a row per seed threshold."""
    decides, head, digits = 100 * tuning.ap, "AP", 1
    if tuning.nuclei is not None:
        decides, head, digits = tuning.nuclei, "TP/(TP+FP+FN), mean", 3
    lines = [f"{head:<22}" + "".join(f"{size:>7} px" for size in tuning.min_pixels)]
    lines += [
        f"seed threshold {seed:<7g}" + "".join(f"{value:>10.{digits}f}" for value in row)
        for seed, row in zip(tuning.seed_thresholds, decides, strict=True)
    ]
    best = tuning.best
    at = tuning.seed_thresholds.index(best.seed_threshold), tuning.min_pixels.index(best.min_pixels)
    nuclei = (
        "" if tuning.nuclei is None else f"nuclei score {tuning.nuclei[at]:.3f} (pooled, mean over IoU .5 to .95), "
    )
    lines.append(
        f"Best: seed_threshold {best.seed_threshold}, min_pixels {best.min_pixels}: {nuclei}AP "
        f"{100 * tuning.ap[at]:.1f}, AP50 {100 * tuning.ap50[at]:.1f}{', with flips' if tuning.flips else ''}."
    )
    return "\n".join(lines)
