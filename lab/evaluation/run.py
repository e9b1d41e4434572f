"""Evaluate a model on a data set: predict, score, and of Cityscapes' layout write a submission and score that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from lab.checkpoints import Model
from lab.clustering import Thresholds
from lab.datasets.scene import SceneSource
from lab.evaluation.curves import Curve, curves_of
from lab.evaluation.flips import views_of
from lab.evaluation.ground_truth import Judged
from lab.evaluation.official import official_score
from lab.evaluation.predict import Found, Size, Timing, predict_at_height
from lab.evaluation.submission import write_submission
from lab.evaluation.worst import WorstImages
from lab.metrics import (
    OFFICIAL_MIN_REGION,
    AveragePrecision,
    NucleiScore,
    average_precision,
    nuclei_counts_of,
    nuclei_score,
    record_image,
)
from lab.out_of_memory import in_words


@dataclass(frozen=True)
class EvaluationSettings:
    """How to evaluate.

    Attributes:
        limit: only the first so many images; None for all.
        min_region: pixels; smaller true instances are neither found nor missed by AP.  None: 100 in Cityscapes'
            layout, which is official and meant for 2048 x 1024, else 0.
        scorer: "official" runs cityscapesscripts, on its layout only; "own" runs lab.metrics, equal to it by test.
            None: the first where it can be.
        predict_height: predict at this height in pixels, score at the files' own; None: predict at their own.
        flips: predict the mean over mirrored views of each image, see `lab.evaluation.flips`.
        pictures: draw so many of the worst images.
    """

    limit: int | None = None
    min_region: int | None = None
    scorer: str | None = None
    predict_height: int | None = None
    flips: bool = False
    pictures: int = 0

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"found a limit of {self.limit} images, expected at least 1.")
        if self.min_region is not None and self.min_region < 0:
            raise ValueError(f"found min_region {self.min_region}, expected 0 pixels or more.")
        if self.scorer not in (None, "official", "own"):
            raise ValueError(f"found the scorer {self.scorer!r}, expected official or own.")
        if self.predict_height is not None and not 16 <= self.predict_height <= 16384:
            raise ValueError(f"found predict_height {self.predict_height}, expected at least 16 pixels, at most 16384.")

    def decided(self, official: bool) -> "EvaluationSettings":
        """Without None where the kind of data decides.

        Raises:
            ValueError: the official scorer for data that are not in its layout.
        """
        if self.scorer == "official" and not official:
            raise ValueError(
                "found the scorer official for data that are not in Cityscapes' layout, expected own: "
                "cityscapesscripts reads only that."
            )
        default = OFFICIAL_MIN_REGION if official else 0
        return replace(
            self,
            scorer=self.scorer or ("official" if official else "own"),
            min_region=default if self.min_region is None else self.min_region,
        )


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        score: AP per class and threshold.
        nuclei: TP / (TP + FP + FN), the nuclei field's score; for one class outside Cityscapes' layout, else None.
        curves: precision against recall, of each class that is there.
        worst: every image's tally, and pictures of the worst.
        names: the classes' names, in the order of the score's rows.
        sizes, predicted_sizes: the (height, width) of the files, and those at which was predicted.
        timings: of each image.
        views: in how many views each image was shown to the network, 1 without flips.
        thresholds, settings: what it was done with; nothing in the settings is None that the data decide.
    """

    score: AveragePrecision
    nuclei: NucleiScore | None
    curves: tuple[Curve, ...]
    worst: WorstImages
    names: tuple[str, ...]
    sizes: tuple[Size, ...]
    predicted_sizes: tuple[Size, ...]
    timings: tuple[Timing, ...]
    views: int
    thresholds: Thresholds
    settings: EvaluationSettings


def evaluate(
    model: Model,
    source: SceneSource,
    submission: Path,
    thresholds: Thresholds,
    settings: EvaluationSettings = EvaluationSettings(),
) -> Evaluation:
    """Predict ``source`` and score it; data in Cityscapes' layout by way of a submission in the folder ``submission``.

    One image is in memory at a time.

    Raises:
        ValueError: the model knows no class of the data, labels do not fit, or a prediction is not finite.
        OSError: the disk is full; the submission's text files on it belong to whole images.
    """
    scenes = Judged(source, model.card)
    settings = settings.decided(scenes.official)
    names = model.card.class_names
    least = settings.min_region or 0
    worst = WorstImages(names, least, settings.pictures)
    records, timings, sizes, predicted = [], [], set(), set()
    count = min(len(source), settings.limit or len(source))
    for index in tqdm(range(count), desc="predict", unit="image", disable=None):
        image, truth = scenes[index]
        found, timing, size = _predict(model, scenes, index, image, thresholds, settings)
        if scenes.official:
            write_submission(submission, source.name(index), *found, scenes.label_ids)
        records.append(record_image(*found, truth))
        worst.consider(source.name(index), image, found, truth, records[-1])
        timings.append(timing)
        sizes.add(image.shape[:2])
        predicted.add(size)
    if settings.scorer == "own":
        score = average_precision(records, len(names), min_region=least)
    else:
        score = _score_officially(submission, source, count, names, least)
    nuclei = None if scenes.official or len(names) > 1 else nuclei_score([nuclei_counts_of(r) for r in records])
    views = len(views_of(model.card)) if settings.flips else 1
    curves, (own, at) = curves_of(records, names, least), (tuple(sorted(found)) for found in (sizes, predicted))
    return Evaluation(score, nuclei, curves, worst, names, own, at, tuple(timings), views, thresholds, settings)


def _predict(
    model: Model,
    scenes: Judged,
    index: int,
    image: UInt8[np.ndarray, "H W 3"],
    thresholds: Thresholds,
    settings: EvaluationSettings,
) -> tuple[Found, Timing, Size]:
    try:
        return predict_at_height(model, image, thresholds, settings.predict_height, settings.flips)
    except (ValueError, MemoryError) as error:
        path = scenes.source.image_path(index)
        if isinstance(error, MemoryError):
            raise MemoryError(f"{path}: {in_words(error)}") from error
        raise ValueError(f"{path}: {error}") from error


def _score_officially(
    submission: Path, source: SceneSource, count: int, names: Sequence[str], min_region: int
) -> AveragePrecision:
    paths = [source.label_path(index) for index in range(count)]
    with tqdm(paths, desc="score", unit="image", disable=None) as truths:
        return official_score(submission, truths, names, min_region)
