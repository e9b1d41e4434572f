"""Tiny data sets of one's own images, for tests: bright discs with noise on a dark ground."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (48, 64)  # height, width
DISCS = ((12, 12, 7), (30, 20, 9), (20, 48, 8), (38, 50, 6))  # row, column, radius


def discs(size: tuple[int, int] = SIZE, places: tuple[tuple[int, int, int], ...] = DISCS) -> np.ndarray:
    """Labels 1..K, uint16."""
    rows, columns = np.indices(size)
    labels = np.zeros(size, np.uint16)
    for number, (row, column, radius) in enumerate(places, start=1):
        labels[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = number
    return labels


def picture(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """A grey photograph of the labelled objects, uint8 [H, W, 3]: each of a brightness that varies within it."""
    rng = np.random.default_rng(seed)
    plain = np.where(labels > 0, 120 + 9 * (labels.astype(int) % 8), 30) + rng.normal(0, 12, labels.shape)
    return np.repeat(np.clip(plain, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def write_own(folder: Path, scenes: dict[str, tuple[np.ndarray, np.ndarray]]) -> Path:
    """Write images/NAME.png and labels/NAME.png of each name's (image, labels); returns ``folder``."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, (image, labels) in scenes.items():
        Image.fromarray(image).save(folder / "images" / f"{name}.png")
        Image.fromarray(labels).save(folder / "labels" / f"{name}.png")
    return folder


def write_discs(folder: Path, count: int = 2) -> Path:
    """Sound scenes scene_0, scene_1, …; returns ``folder``."""
    labels = discs()
    return write_own(folder, {f"scene_{k}": (picture(labels, seed=k), labels) for k in range(count)})


def write_coco(folder: Path, images: list[dict], annotations: list[dict], names: tuple[str, ...] = ("cell",)) -> Path:
    """Write annotations.json, and a picture for each image that has none; categories 10, 20, …; returns ``folder``."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for entry in images:
        path = folder / "images" / entry["file_name"]
        if not path.exists():
            Image.fromarray(picture(np.zeros((entry["height"], entry["width"]), int))).save(path)
    categories = [{"id": 10 * k, "name": name} for k, name in enumerate(names, start=1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder
