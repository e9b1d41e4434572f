"""Tiny data sets in Cityscapes' layout, for tests: coloured rectangles on grey."""

from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (64, 128)  # height, width


def write_street(
    root: Path, scenes: int = 4, split: str = "train", size: tuple[int, int] = SIZE, seed: int = 0
) -> Path:
    """Write ``scenes`` scenes, each with a car, a person and a group of persons; returns ``root``."""
    for number in range(scenes):
        rng = np.random.default_rng([seed, number])
        ids = np.full(size, 7, np.uint16)
        for label in (24, 26001, 24000):
            ids[_rectangle(rng, size)] = label
        write_scene(root, split, f"aachen_{number:06d}_000000", picture(ids, rng), ids)
    return root


def picture(ids: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An image in which every id has its colour, with noise."""
    colours = np.random.default_rng(1).integers(40, 216, (34, 3))
    plain = colours[np.where(ids < 1000, ids, ids // 1000)]
    return np.clip(plain + rng.normal(0, 6, plain.shape), 0, 255).astype(np.uint8)


def write_scene(root: Path, split: str, name: str, image: np.ndarray, ids: np.ndarray) -> None:
    """Image, instanceIds and labelIds of one scene."""
    city = name.split("_")[0]
    images, labels = root / "leftImg8bit" / split / city, root / "gtFine" / split / city
    images.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(images / f"{name}_leftImg8bit.png")
    Image.fromarray(ids.astype(np.uint16)).save(labels / f"{name}_gtFine_instanceIds.png")
    label_ids = np.where(ids < 1000, ids, ids // 1000).astype(np.uint8)
    Image.fromarray(label_ids).save(labels / f"{name}_gtFine_labelIds.png")


def _rectangle(rng: np.random.Generator, size: tuple[int, int]) -> tuple[slice, slice]:
    height, width = (int(rng.integers(s // 5, s // 3)) for s in size)
    top, left = int(rng.integers(size[0] - height)), int(rng.integers(size[1] - width))
    return slice(top, top + height), slice(left, left + width)
