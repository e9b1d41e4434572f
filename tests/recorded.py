"""Recorded comparisons for tests: of the files' shape, with numbers that nobody measured."""

import json
import tempfile
from pathlib import Path

import numpy as np

from lab.comparison import Ablations, Scenes, read_ablations, read_scenes
from lab.recordings import write_arrays
from tests.ideal import street

# name -> label, group, AP in the mean
ARMS = {
    "fixed_centroid": ("fixed σ, centroid", "sigma_centre", 0.20),
    "fixed_learned": ("fixed σ, learned centre", "sigma_centre", 0.21),
    "circular_centroid": ("circular σ, centroid", "sigma_centre", 0.30),
    "circular_learned": ("circular σ, learned centre", "sigma_centre", 0.31),
    "elliptical_centroid": ("elliptical σ, centroid", "sigma_centre", 0.32),
    "elliptical_learned": ("elliptical σ, learned centre", "sigma_centre", 0.33),
    "cross_entropy": ("cross-entropy", "loss", 0.25),
    "fixed_margin_hinge": ("hinge with a fixed margin", "loss", 0.10),
    "no_smoothness": ("no smoothness", "loss", 0.29),
    "one_stage": ("stage 1 only", "schedule", 0.28),
}
STEPS = list(range(10, 401, 10))


def one_run(arm: str, seed: int) -> dict:
    """A training of which nothing is true but its shape."""
    rng = np.random.default_rng([seed, list(ARMS).index(arm)])
    ap = ARMS[arm][2] + 0.02 * (seed - 1) + 0.002 * rng.random()
    fall = np.exp(-np.array(STEPS) / 100) + 0.02 * rng.random(len(STEPS))
    terms = {"instance": 0.8 + 0.5 * fall, "smoothness": 0.01 * fall, "seed": 0.2 + fall}
    total = terms["instance"] + 10 * terms["smoothness"] + terms["seed"]
    return {
        "arm": arm,
        "seed": seed,
        "ap": ap,
        "ap50": ap + 0.2,
        "ap_gt_seeds": ap + 0.05,
        "ap50_gt_seeds": ap + 0.25,
        "train_seconds": 300.0 + seed,
        "thresholds": {"seed_threshold": 0.7, "min_pixels": 20},
        "curve": {"step": STEPS} | {name: v.tolist() for name, v in {**terms, "total": total}.items()},
    }


def ablations(arms=tuple(ARMS), seeds=(0, 1, 2)) -> dict:
    """What ablations.json may hold; ``arms`` are those that were trained, all ten are planned."""
    planned = [{"name": n, "label": label, "group": g, "changes": {}} for n, (label, g, _) in ARMS.items()]
    return {
        "what": "made up for a test",
        "data": {
            "dataset": "Boxes",
            "height": 256,
            "width": 512,
            "classes": ["box"],
            "train": 8,
            "val": 4,
            "min_region_pixels": 25,
        },
        "budget": {"pretrain_steps": 360, "finetune_steps": 40},
        "fixed_margin": {"pixels": 8.0, "how": "made up", "tried": []},
        "device": "CPU",
        "arms": planned,
        "runs": [one_run(arm, seed) for arm in arms for seed in seeds],
    }


def write_ablations(path: Path, **which) -> Path:
    """The file."""
    path.write_text(json.dumps(ablations(**which)))
    return path


def write_scenes(path: Path, arms=tuple(ARMS), scenes: int = 2) -> Path:
    """The recorded scenes: the labels as they are, one object less for each arm further down, and a wrong one."""
    image, instances, _ = street()
    images, truth = (np.stack([a, a[:, ::-1]][:scenes]).astype(np.uint8) for a in (image, instances))
    arrays = {"image": images, "truth": truth}
    for place, arm in enumerate(arms):
        labels = np.where(truth > place % 3, truth, 0)
        labels[:, :12, :20] = 9
        arrays |= {f"{arm}.labels": labels.astype(np.uint8), f"{arm}.gt_seeds": truth.copy()}
    write_arrays(path, {"recipe": "none", "device": "none"}, arrays)
    return path


def contest() -> dict:
    """What mask_rcnn.json may hold."""

    def model(what: str, top: float) -> dict:
        curve = [
            {"seconds": 60.0 * m, "steps": 40 * m, "ap": top * (1 - 0.8**m), "ap50": top * (1 - 0.7**m)}
            for m in (1, 2, 5, 10, 20)
        ]
        words = {"what": what, "parameters": 2_000_000, "curve": curve}
        return words | {"images_per_second": 5.0, "levelled_off": "no: the last two differ by 2 points"}

    return {
        "data": "toyscapes",
        "resolution": "512x256",
        "device": "CPU",
        "seconds_are": "made up",
        "speed_at": "512x256",
        "models": {
            "mask_rcnn": model("Mask R-CNN, from scratch", 0.3),
            "spatial_embeddings": model("the method, from scratch", 0.4),
        },
    }


def write_contest(path: Path) -> Path:
    """The file."""
    path.write_text(json.dumps(contest()))
    return path


def ablations_for_tests(**which) -> Ablations:
    """The file, read."""
    with tempfile.TemporaryDirectory() as folder:
        return read_ablations(write_ablations(Path(folder) / "ablations.json", **which))


def scenes_for_tests(**which) -> Scenes:
    """The recording, read."""
    with tempfile.TemporaryDirectory() as folder:
        return read_scenes(write_scenes(Path(folder) / "ablations.npz", **which))
