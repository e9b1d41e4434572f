"""A folder of many small images: opened, indexed, streamed as crops and evaluated; memory after so many and after all.

What grows with the number of images is a leak, or a list of numbers. Each count has a process of its own.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from lab.checkpoints import shipped_model
from lab.datasets.crops import CropRecipe
from lab.datasets.feed import make_feed
from lab.datasets.objects import index_objects
from lab.datasets.own import OwnFolder
from lab.evaluation.predict import for_inference, thresholds_of
from lab.evaluation.run import EvaluationSettings, evaluate
from lab.limits.watch import held

SIDE, OBJECTS, RADIUS, BATCH = 64, 4, 6, 10
WARM = 50  # images after which libraries are loaded and buffers made


def write_images(folder: Path, count: int) -> Path:
    """Images of bright discs with label images, as a data set of one's own."""
    for part in ("images", "labels"):
        (folder / "train" / part).mkdir(parents=True, exist_ok=True)
    rows, columns = np.indices((SIDE, SIDE))
    for number in range(count):
        random, labels = np.random.default_rng(number), np.zeros((SIDE, SIDE), np.uint16)
        for k, (row, column) in enumerate(random.integers(RADIUS, SIDE - RADIUS, (OBJECTS, 2)), start=1):
            labels[(rows - row) ** 2 + (columns - column) ** 2 < RADIUS**2] = k
        image = np.where(labels > 0, 150, 30)[..., None] + random.integers(0, 40, (SIDE, SIDE, 3))
        for part, array in (("images", image.astype(np.uint8)), ("labels", labels)):
            Image.fromarray(array).save(folder / "train" / part / f"{number:05d}.png", compress_level=1)
    return folder


def stream(count: int, folder: Path) -> dict[str, Any]:
    """MiB that the process holds, step by step."""
    source, rss = OwnFolder(write_images(folder, count), "train"), {}
    model = for_inference(shipped_model("nuclei"), torch.device("cpu"))
    settings = EvaluationSettings(limit=WARM, pictures=8)
    few = OwnFolder(write_images(folder / "few", WARM), "train")
    _streamed(few)
    evaluate(model, few, folder / "submission", thresholds_of(model.card), settings)
    rss["after the first 50"] = held()
    _streamed(source)
    rss["indexed and streamed"] = held()
    settings = EvaluationSettings(pictures=8)
    evaluation = evaluate(model, source, folder / "submission", thresholds_of(model.card), settings)
    rss["evaluated"] = held()
    return {"images": count, "side": SIDE, "rss_mib": rss, "tallied": len(evaluation.worst.tallies)}


def _streamed(source: OwnFolder) -> int:
    """Index all labels, and read as many crops from files as there are images; gives how many."""
    objects = index_objects(source, progress=False)
    feed = make_feed(source, objects, CropRecipe(SIDE, SIDE, 0, 1, True), BATCH, "files", workers=0)
    return sum(len(batch["image"]) for batch in feed.batches(0, len(source) // BATCH))
