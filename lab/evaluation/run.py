"""Evaluate a model on a data set: predict, write a Cityscapes submission, score it, report."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from lab.checkpoints import Model
from lab.clustering import Thresholds
from lab.datasets.cityscapes import INSTANCE_CLASSES, CityscapesFolder, read_image
from lab.evaluation.ground_truth import read_truth
from lab.evaluation.official import official_score
from lab.evaluation.predict import Timing, predict_timed
from lab.evaluation.submission import write_submission
from lab.metrics import OFFICIAL_MIN_REGION, AveragePrecision, Truth, average_precision, record_image


@dataclass(frozen=True)
class EvaluationSettings:
    """How to evaluate.

    Attributes:
        limit: only the first so many images; None for all.
        min_region: pixels; smaller true instances are neither found nor missed.  100 is official, meant for
            2048 x 1024.
        scorer: "official" runs cityscapesscripts; "own" runs lab.metrics, equal to it by test, where that is
            not installed.
    """

    limit: int | None = None
    min_region: int = OFFICIAL_MIN_REGION
    scorer: str = "official"

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"found a limit of {self.limit} images, expected at least 1.")
        if self.min_region < 0:
            raise ValueError(f"found min_region {self.min_region}, expected 0 pixels or more.")
        if self.scorer not in ("official", "own"):
            raise ValueError(f"found the scorer {self.scorer!r}, expected official or own.")


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        score: AP per class and threshold.
        names: the classes' names, in the order of the score's rows.
        sizes: the (height, width) that occurred among the images.
        timings: of each image.
        thresholds, settings: what it was done with.
    """

    score: AveragePrecision
    names: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    timings: tuple[Timing, ...]
    thresholds: Thresholds
    settings: EvaluationSettings


def label_ids_of(model: Model) -> list[int]:
    """Cityscapes' label id of each class of the model.

    Raises:
        ValueError: the model has a class that Cityscapes' instance evaluation does not know.
    """
    strange = [name for name in model.card.class_names if name not in INSTANCE_CLASSES]
    if strange:
        raise ValueError(
            f"the model knows the classes {', '.join(strange)}; expected classes of Cityscapes "
            f"({', '.join(INSTANCE_CLASSES)}). This evaluation is for models of street scenes."
        )
    return [INSTANCE_CLASSES[name] for name in model.card.class_names]


def evaluate(
    model: Model,
    source: CityscapesFolder,
    submission: Path,
    thresholds: Thresholds,
    settings: EvaluationSettings = EvaluationSettings(),
) -> Evaluation:
    """Predict ``source``, write the predictions to the folder ``submission``, score what lies there.

    One image is in memory at a time.

    Raises:
        ValueError: classes that Cityscapes does not know, or a prediction that is not finite.
        OSError: the disk is full; the text files on it belong to whole images.
    """
    label_ids = label_ids_of(model)
    count = min(len(source), settings.limit or len(source))
    records, timings, sizes = [], [], set()
    for index in tqdm(range(count), desc="predict", unit="image", disable=None):
        image = read_image(source.images[index])
        truth = _truth_for(image, source.label_path(index), label_ids)
        try:
            instances, timing = predict_timed(model, image, thresholds)
        except ValueError as error:
            raise ValueError(f"{source.images[index]}: {error}") from error
        found = (instances.masks.numpy(), instances.scores.numpy(), instances.classes.numpy())
        write_submission(submission, source.name(index), *found, label_ids)
        if settings.scorer == "own":
            records.append(record_image(*found, truth))
        timings.append(timing)
        sizes.add(image.shape[:2])
    names = model.card.class_names
    if settings.scorer == "own":
        score = average_precision(records, len(names), min_region=settings.min_region)
    else:
        score = _score_officially(submission, source, count, names, settings.min_region)
    return Evaluation(score, names, tuple(sorted(sizes)), tuple(timings), thresholds, settings)


def _truth_for(image: UInt8[np.ndarray, "H W 3"], label_path: Path, label_ids: Sequence[int]) -> Truth:
    """The truth, read before the prediction: hours of prediction must not end at a label that does not fit."""
    truth = read_truth(label_path, label_ids)
    if truth.regions.shape != image.shape[:2]:
        found, expected = ("x".join(map(str, shape[1::-1])) for shape in (truth.regions.shape, image.shape))
        raise ValueError(f"{label_path}: found labels of {found} px, expected {expected} px, the size of its image.")
    return truth


def _score_officially(
    submission: Path, source: CityscapesFolder, count: int, names: Sequence[str], min_region: int
) -> AveragePrecision:
    paths = [source.label_path(index) for index in range(count)]
    with tqdm(paths, desc="score", unit="image", disable=None) as truths:
        return official_score(submission, truths, names, min_region)


def report(evaluation: Evaluation) -> dict:
    """The evaluation as plain numbers and names for JSON; None for the AP of a class that is absent."""
    score = evaluation.score
    per_class = zip(evaluation.names, score.per_class, score.per_class_50, score.counts, strict=True)
    return {
        "ap": _number(score.mean),
        "ap50": _number(score.mean_50),
        "classes": {
            name: {"ap": _number(ap), "ap50": _number(ap50), "instances": int(count)}
            for name, ap, ap50, count in per_class
        },
        "images": len(evaluation.timings),
        "resolution": [f"{width}x{height}" for height, width in evaluation.sizes],
        "min_region_pixels": score.min_region,
        "scored_by": {"official": "cityscapesscripts", "own": "lab.metrics"}[evaluation.settings.scorer],
        "thresholds": asdict(evaluation.thresholds),
        # The median: the first image warms up, and a full machine makes a few images slow.
        "seconds_per_image": {
            part: round(float(np.median([getattr(timing, part) for timing in evaluation.timings])), 4)
            for part in ("network", "clustering")
        },
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def table(result: dict) -> str:
    """A `report` for people: a row per class, percent, and at which size it was scored."""
    rows = [*result["classes"].items(), ("mean of the present", result | {"instances": None})]
    counts = [row["instances"] for row in result["classes"].values()]
    lines = [f"{'class':<20}{'AP':>8}{'AP50':>8}{'instances':>11}"]
    for name, row in rows:
        count = sum(counts) if row["instances"] is None else row["instances"]
        lines.append(f"{name:<20}{_percent(row['ap']):>8}{_percent(row['ap50']):>8}{count:>11}")
    lines.insert(-1, "-" * 47)
    seconds = result["seconds_per_image"]
    lines.append(
        f"{result['images']} images of {', '.join(result['resolution'])} px, scored at that size by "
        f"{result['scored_by']}; true instances under {result['min_region_pixels']} px are ignored "
        f"(the official floor is {OFFICIAL_MIN_REGION} px, meant for 2048x1024)."
    )
    lines.append(f"Per image: network {seconds['network']:.3f} s, clustering {seconds['clustering']:.3f} s.")
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "absent" if value is None else f"{100 * value:.1f}"
