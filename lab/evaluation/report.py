"""An evaluation as plain numbers for a file, and as a table for people."""

from dataclasses import asdict
from typing import Any

import numpy as np

from lab.evaluation.predict import Size
from lab.evaluation.run import Evaluation
from lab.metrics import OFFICIAL_MIN_REGION, AveragePrecision, NucleiScore


def report(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain numbers and names for JSON; None for the AP of a class that is absent."""
    score = evaluation.score
    per_class = zip(evaluation.names, score.per_class, score.per_class_50, score.counts, strict=True)
    nuclei = {} if evaluation.nuclei is None else {"nuclei_score": _nuclei(evaluation.nuclei)}
    return {
        "ap": _number(score.mean),
        "ap50": _number(score.mean_50),
        "ap_by_overlap": _by_overlap(score),
        **nuclei,
        "classes": {
            name: {"ap": _number(ap), "ap50": _number(ap50), "instances": int(count)}
            for name, ap, ap50, count in per_class
        },
        "images": len(evaluation.timings),
        "resolution": _sizes(evaluation.sizes),
        "predicted_at": _sizes(evaluation.predicted_sizes),
        "flips": evaluation.settings.flips,
        "views": evaluation.views,
        "min_region_pixels": score.min_region,
        "scored_by": "cityscapesscripts" if evaluation.settings.scorer == "official" else "lab.metrics",
        "thresholds": asdict(evaluation.thresholds),
        # The median: the first image warms up, and a full machine makes a few images slow.
        "seconds_per_image": {
            part: round(float(np.median([getattr(timing, part) for timing in evaluation.timings])), 4)
            for part in ("network", "clustering")
        },
    }


def _by_overlap(score: AveragePrecision) -> dict[str, float | None]:
    """AP at each overlap, the mean over the classes that are there."""
    present = score.table[~np.isnan(score.per_class)]
    means = present.mean(axis=0) if len(present) else [np.nan] * len(score.thresholds)
    return {f"{overlap:.2f}": _number(mean) for overlap, mean in zip(score.thresholds, means, strict=True)}


def _nuclei(score: NucleiScore) -> dict[str, Any]:
    """TP / (TP + FP + FN) over the overlaps, both ways of averaging, and the mean of each over the overlaps."""
    ways = {"pooled": score.pooled, "per_image": score.per_image}
    return {
        "overlaps": list(score.thresholds),
        **{name: [_number(value) for value in values] for name, values in ways.items()},
        **{f"mean_{name}": _number(values.mean()) for name, values in ways.items()},
    }


def _sizes(sizes: tuple[Size, ...]) -> list[str]:
    return [f"{width}x{height}" for height, width in sizes]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def table(result: dict[str, Any]) -> str:
    """A `report` for people: a row per class, the nuclei score where there is one, and how it was measured."""
    lines = _class_lines(result)
    if "nuclei_score" in result:
        lines += ["", *_nuclei_lines(result["nuclei_score"])]
    seconds = result["seconds_per_image"]
    return "\n".join(
        [
            *lines,
            f"{result['images']} images of {_listed(result['resolution'])} px, {_how(result)} by "
            f"{result['scored_by']}; {_floor(result['min_region_pixels'])}.",
            f"Per image: network {seconds['network']:.3f} s{_flipped(result)}, "
            f"clustering {seconds['clustering']:.3f} s{_warming(result['images'])}.",
        ]
    )


def _warming(images: int) -> str:
    """That the times are those of a start, where there are too few images for the median to pass over it."""
    return "" if images > 2 else " (with the start, when much is compiled: three images or more show how fast it is)"


def _class_lines(result: dict[str, Any]) -> list[str]:
    rows = [*result["classes"].items(), ("mean of the present", result | {"instances": None})]
    counts = [row["instances"] for row in result["classes"].values()]
    lines = [f"{'class':<20}{'AP':>8}{'AP50':>8}{'instances':>11}"]
    for name, row in rows:
        count = sum(counts) if row["instances"] is None else row["instances"]
        lines.append(f"{name:<20}{_percent(row['ap']):>8}{_percent(row['ap50']):>8}{count:>11}")
    lines.insert(-1, "-" * 47)
    return lines


def _nuclei_lines(score: dict[str, Any]) -> list[str]:
    """The nuclei score as the field writes it, 0 to 1: a column per overlap."""
    lines = [
        "TP / (TP + FP + FN), which the nuclei field calls average precision and which is not AP:",
        f"{'overlap at least':<20}" + "".join(f"{overlap:>6.2f}" for overlap in score["overlaps"]) + "   mean",
    ]
    for name, words in (("pooled", "all images pooled"), ("per_image", "mean of the images")):
        values = "".join(f"{value:>6.3f}" for value in score[name])
        lines.append(f"{words:<20}{values}  {score[f'mean_{name}']:.3f}")
    return lines


def _how(result: dict[str, Any]) -> str:
    if result["predicted_at"] == result["resolution"]:
        return "scored at that size"
    at = _listed(result["predicted_at"])
    return f"predicted at {at} px, the masks brought back to the pictures' size and scored there"


def _flipped(result: dict[str, Any]) -> str:
    return f" for {result['views']} views (flips: their mean was clustered)" if result["flips"] else ""


def _floor(min_region: int) -> str:
    if not min_region:
        return "all true instances count, however small"
    return (
        f"true instances under {min_region} px are ignored "
        f"(the official floor is {OFFICIAL_MIN_REGION} px, meant for 2048x1024)"
    )


def _listed(sizes: list[str], most: int = 6) -> str:
    more = f" and {len(sizes) - most} other sizes" if len(sizes) > most else ""
    return ", ".join(sizes[:most]) + more


def _percent(value: float | None) -> str:
    return "absent" if value is None else f"{100 * value:.1f}"
