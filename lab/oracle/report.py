"""The ladder as plain numbers for a file, and as a table for people."""

from dataclasses import asdict
from typing import Any

import numpy as np

from lab.oracle.ladder import Ladder, Rung

NUCLEI_SCORE = "TP / (TP + FP + FN) at an overlap of 0.5, all images pooled; not AP"


def report(ladder: Ladder) -> dict[str, Any]:
    """The ladder as plain numbers and names for JSON; None for the AP of a class that is absent."""
    score = ladder.rungs[0].score
    return {
        "images": ladder.images,
        "thresholds": asdict(ladder.thresholds),
        "min_region_pixels": score.min_region,
        "scored_by": "lab.metrics",
        "instances": dict(zip(ladder.names, score.counts.tolist(), strict=True)),
        "nuclei_score_is": None if ladder.rungs[0].nuclei is None else NUCLEI_SCORE,
        "rungs": [_rung(rung, ladder.names) for rung in ladder.rungs],
        "ground_truth_seeds": _rung(ladder.seeded, ladder.names),
    }


def _rung(rung: Rung, names: tuple[str, ...]) -> dict[str, Any]:
    per_class = zip(names, rung.score.per_class, rung.score.per_class_50, strict=True)
    return {
        "truth": list(rung.truth),
        "ap": _number(rung.score.mean),
        "ap50": _number(rung.score.mean_50),
        "nuclei_score": None if rung.nuclei is None else _number(rung.nuclei.pooled[0]),
        "classes": {name: {"ap": _number(ap), "ap50": _number(ap50)} for name, ap, ap50 in per_class},
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def table(result: dict[str, Any]) -> str:
    """A `report` for people: a row per rung, with what it gains over the prediction, and how it was measured."""
    first = result["rungs"][0]
    with_nuclei = first["nuclei_score"] is not None
    lines = [f"{'ground truth in place of':<43}{'AP':>7}{'gain':>7}{'AP50':>7}" + "  nuclei score" * with_nuclei]
    for rung in [*result["rungs"], result["ground_truth_seeds"]]:
        more = f"{rung['nuclei_score']:>14.3f}" if with_nuclei else ""
        gain = "" if rung is first or None in (rung["ap"], first["ap"]) else f"{100 * (rung['ap'] - first['ap']):+.1f}"
        lines.append(f"{words(rung['truth']):<43}{_percent(rung['ap'])}{gain:>7}{_percent(rung['ap50'])}{more}")
    ignored = f"AP ignores true instances under {result['min_region_pixels']} px."
    lines.append(
        f"{result['images']} images; thresholds are the model's own. {ignored * bool(result['min_region_pixels'])}"
    )
    return "\n".join(lines).rstrip()


def words(truth: list[str] | tuple[str, ...]) -> str:
    """A rung's name."""
    return " + ".join(truth) or "nothing"


def _percent(value: float | None) -> str:
    return f"{'absent' if value is None else f'{100 * value:.1f}':>7}"
