"""What came of all runs: metrics for a file, small pictures for a recording.  No weights are kept of them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from lab.ablation.arms import METHOD, Arm, Budget
from lab.ablation.measure import find_both, label_image, measure
from lab.ablation.runs import Job, train_one
from lab.checkpoints import Model, load_model
from lab.datasets.scene import SceneSource
from lab.datasets.sources import open_source
from lab.devices import pick_device
from lab.evaluation.predict import on_device, thresholds_of
from lab.folders import write_whole
from lab.json_text import from_json
from lab.metrics import AveragePrecision
from lab.training.runs import LOG, finished_model, read_log

KEPT = "ablation.json"  # in a run's folder: what was measured of it, so that it need not be measured again
SHOWN = 2  # validation scenes in the recording
TERMS = ("instance", "smoothness", "seed", "total")
CURVE_ROWS = 40  # of a run's log at most; neighbours are averaged

WHAT = (
    "The method with one part taken out or replaced, at equal budgets; AP from 0 to 1 on validation scenes, with the "
    "model's own seeds and with ground-truth seeds"
)


def _model_of(job: Job, place: torch.device) -> Model:
    """Raises FileNotFoundError where the run is not done, ValueError where its folder holds another training."""
    path = finished_model(job.folder, job.settings)
    if path is None:
        raise FileNotFoundError(f"{job.folder}: found no finished training, expected one. The same command goes on.")
    return on_device(load_model(path), place)


def measured(job: Job, source: SceneSource, split: str, budget: Budget, place: torch.device) -> dict[str, Any]:
    """A finished run's row, of the split's first scenes; kept in the run's folder, and read there if it still holds.

    Raises:
        FileNotFoundError, ValueError: the run is not done, or its folder holds another training.
    """
    model = _model_of(job, place)
    on = {
        "split": split,
        "scenes": min(budget.val, len(source)),
        "min_region_pixels": budget.min_region,
        "trained": model.card.origin["time"],
    }
    kept = _kept(job.folder / KEPT)
    if kept.get("measured_on") == on:
        return kept
    with tqdm(total=on["scenes"], desc=job.folder.name, unit="scene", disable=None) as bar:
        scores = measure(model, source, budget.min_region, on["scenes"], bar.update)
    row = {
        "arm": job.arm.name,
        "seed": job.seed,
        **_ap(scores.own, ""),
        **_ap(scores.gt_seeds, "_gt_seeds"),
        "train_seconds": round(60 * model.card.origin["minutes"]),
        "thresholds": asdict(thresholds_of(model.card)),
        "curve": curve(job.folder / LOG, job.settings.pretrain_steps),
        "measured_on": on,
        "origin": {name: model.card.origin[name] for name in ("device", "versions", "commit")},
    }
    write_whole(job.folder / KEPT, json.dumps(row, indent=1).encode())
    return row


def train_and_measure(job: Job, device: str, progress: bool, budget: Budget) -> bool:
    """`train_one`, and its row at once: whoever stops all has the rows of those that are done."""
    if not train_one(job, device, progress):
        return False
    measured(job, open_source(job.settings.dataset, "val", job.settings.classes), "val", budget, pick_device(device))
    return True


def _kept(path: Path) -> dict[str, Any]:
    try:
        return dict(from_json(path.read_text()))
    except (OSError, ValueError, TypeError):
        return {}  # measured anew


def _ap(score: AveragePrecision, way: str) -> dict[str, float]:
    return {f"ap{way}": round(score.mean, 6), f"ap50{way}": round(score.mean_50, 6)}


def curve(log: Path, pretrain_steps: int) -> dict[str, list[float | int]]:
    """The terms over the steps of both stages, means of neighbouring rows where the log has more than `CURVE_ROWS`."""
    rows = np.array([(row[1] + row[0] * pretrain_steps, *row[2:6]) for row in read_log(log)], dtype=float)
    parts = np.array_split(rows, min(CURVE_ROWS, len(rows)))
    steps = [int(part[-1, 0]) for part in parts]
    means = np.array([part[:, 1:].mean(axis=0) for part in parts])
    return {"step": steps} | {term: [round(v, 5) for v in means[:, i].tolist()] for i, term in enumerate(TERMS)}


def as_file(
    arms: Sequence[Arm], budget: Budget, rows: Sequence[dict[str, Any]], sweep: Sequence[dict[str, Any]], name: str
) -> dict[str, Any]:
    """The content of data/results/ablations.json."""
    used = {row["arm"] for row in rows}
    return {
        "what": WHAT,
        "method": METHOD,
        "data": {
            "dataset": "ToyScapes",
            "height": budget.height,
            "width": 2 * budget.height,
            "classes": list(budget.settings.classes),
            "train": budget.train,
            "val": budget.val,
            "min_region_pixels": budget.min_region,
        },
        "start": budget.settings.start_from
        and f"{budget.settings.start_part} of the model {budget.settings.start_from}",
        "budget": {"name": name, **asdict(budget.settings)},
        "fixed_margin": {
            "pixels": budget.fixed_margin,
            "how": how_chosen(budget.fixed_margin, sweep),
            "tried": [
                {key: row[key] for key in ("margin", "ap", "ap50", "ap_gt_seeds", "ap50_gt_seeds")} for row in sweep
            ],
        },
        "arms": [
            {
                "name": arm.name,
                "label": arm.label,
                "group": arm.group,
                "against": arm.against,
                "changes": changes_of(arm, budget),
            }
            for arm in arms
            if arm.name in used
        ],
        "runs": list(rows),
    }


def how_chosen(margin: float, sweep: Sequence[dict[str, Any]]) -> str:
    """How the one fixed margin was found, of the rows of a sweep."""
    if not sweep:
        return "set beforehand; no others were tried"
    best = max(sweep, key=lambda row: row["ap_gt_seeds"])["margin"]
    told = f"by AP with ground-truth seeds on training scenes (arm fixed_centroid, seed 0), of those below: {best:g} px"
    return told if best == margin else f"{told} is best, found after the arms had been trained with {margin:g} px"


def changes_of(arm: Arm, budget: Budget) -> dict[str, Any]:
    """Settings in which an arm's runs differ from the method's."""
    settings = asdict(arm.settings(budget.settings, budget.settings.seed, budget.fixed_margin))
    method = asdict(budget.settings)
    return {name: value for name, value in settings.items() if value != method[name]}


def pictures(
    jobs: Sequence[Job], source: SceneSource, shown: Sequence[int], place: torch.device
) -> dict[str, np.ndarray]:
    """Label images of the first seed's models on a few validation scenes, by the names of the recording's arrays."""
    scenes = [source[index] for index in shown]
    arrays = {
        "image": np.stack([scene.image for scene in scenes]),
        "truth": np.stack([_renumbered(scene.instances) for scene in scenes]),
    }
    for job in jobs:
        if job.seed != min(other.seed for other in jobs):
            continue
        model = _model_of(job, place)
        centre, thresholds = model.card.settings["centre"], thresholds_of(model.card)
        found = [find_both(model, scene, centre, thresholds) for scene in scenes]
        for way, name in (("own", "labels"), ("gt_seeds", "gt_seeds")):
            arrays[f"{job.arm.name}.{name}"] = np.stack([label_image(ways[way]) for ways in found])
    return arrays


def _renumbered(instances: np.ndarray) -> np.ndarray:
    """Numbers 1..K in place of the labels' own, which do not fit into 8 bits."""
    ids, labels = np.unique(instances, return_inverse=True)
    return (labels.reshape(instances.shape) + (0 if ids[0] == 0 else 1)).astype(np.uint8)


def crowded(source: SceneSource, count: int = SHOWN) -> list[int]:
    """The scenes with most labelled pixels in instances: there is most to see in them."""
    pixels = [int((source.labels(index)[0] != 0).sum()) for index in range(len(source))]
    return sorted(np.argsort(pixels, kind="stable")[::-1][:count].tolist())
