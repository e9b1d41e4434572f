"""Reads a COCO file of instances: polygons, RLE, crowds."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int16, Int32, Int64

from lab.datasets.own.coco_checks import EXPORT, Entry, Id, check_annotation, read_parts, wrong
from lab.datasets.scene import VOID

MOST_OUTLINE = 2_000_000  # pixels around one object; pycocotools takes some 100 bytes for each


@dataclass(frozen=True)
class Coco:
    """A COCO file, checked.

    Attributes:
        path: the file.
        images: in the order of their file names.
        annotations: of each image, by its id.
        class_names: of the classes 1..N, in ascending order of the categories' ids.
        classes: a category's id -> 1..N.
    """

    path: Path
    images: tuple[Entry, ...]
    annotations: Mapping[Id, list[Entry]]
    class_names: tuple[str, ...]
    classes: Mapping[Id, int]


def read_coco(path: Path) -> Coco:
    """Read and check the file.

    Raises:
        FileNotFoundError, ValueError: no file, no JSON, or parts that are missing or contradict each other; named.
    """
    content = read_parts(path)
    categories = sorted(content["categories"], key=lambda entry: entry["id"])
    classes = {entry["id"]: k for k, entry in enumerate(categories, start=1)}
    images = tuple(sorted(content["images"], key=lambda entry: entry["file_name"]))
    known = {entry["id"] for entry in images}
    by_image = defaultdict(list)
    for number, entry in enumerate(content["annotations"], start=1):
        entry = {"id": number, "iscrowd": 0, **entry}
        check_annotation(path, entry, known, classes)
        by_image[entry["image_id"]].append(entry)
    return Coco(path, images, dict(by_image), tuple(entry["name"] for entry in categories), classes)


def labels_of(
    coco: Coco, image: Entry
) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"], Int64[np.ndarray, " K"]]:
    """Instances 1..K, classes, and the annotations' ids in the instances' order.

    Where objects overlap the smaller lies on top (o): COCO does not say which is in front, and a small one under a
    large one would be lost.  Crowds are void where no object lies on them.  What is wholly covered has no number.

    Raises:
        ValueError: an outline that cannot be drawn; the file and the annotation are named.
    """
    shape = int(image["height"]), int(image["width"])
    entries = coco.annotations.get(image["id"], [])
    masks = [_mask(coco.path, entry, shape) for entry in entries]
    classes = np.zeros(shape, np.int16)
    for entry, mask in zip(entries, masks, strict=True):
        if entry["iscrowd"]:
            classes[mask] = VOID
    objects = [(e, m) for e, m in zip(entries, masks, strict=True) if not e["iscrowd"]]
    painted = np.zeros(shape, np.int32)
    for k in sorted(range(len(objects)), key=lambda k: -int(objects[k][1].sum())):
        entry, mask = objects[k]
        painted[mask], classes[mask] = k + 1, coco.classes[entry["category_id"]]
    seen = np.unique(painted[painted > 0])
    table = np.zeros(len(objects) + 1, np.int32)
    table[seen] = np.arange(1, len(seen) + 1)
    return table[painted], classes, np.array([objects[k - 1][0]["id"] for k in seen], np.int64)


def _mask(path: Path, entry: Entry, shape: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    """The annotation's pixels."""
    outline = entry["segmentation"]
    who = f"annotation {entry['id']}"
    if isinstance(outline, dict) and tuple(outline["size"]) != shape:
        expected = f"{list(shape)} like its image (height, width)"
        raise wrong(path, f"{who} with an RLE of the size {outline['size']}", expected, EXPORT)
    try:
        return _drawn(outline, shape)
    except Exception as error:  # pycocotools raises what its C code stumbles over
        found = f"{who} with an outline that cannot be drawn ({error})"
        raise wrong(path, found, "polygons or RLE", EXPORT) from error


def _drawn(outline: list[Any] | dict[str, Any], shape: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    from pycocotools import mask as drawing

    # Polygons and plain counts are packed first; of several polygons all count.
    if isinstance(outline, list):
        if sum(map(_length, outline)) > MOST_OUTLINE:
            raise ValueError(f"longer than {MOST_OUTLINE} px")
        packed = drawing.merge(drawing.frPyObjects(outline, *shape))
    elif isinstance(outline["counts"], list):
        counts = [int(count) for count in outline["counts"]]
        packed = drawing.frPyObjects({"size": list(shape), "counts": counts}, *shape)
    else:
        packed = {"size": list(shape), "counts": outline["counts"]}
    mask = drawing.decode(packed).astype(bool)
    # Of counts that are too few pycocotools leaves the last pixels to chance; area takes them for empty.
    if mask.sum() != drawing.area(packed):
        raise ValueError("its counts are fewer than the image's pixels")
    return mask


def _length(ring: list[Any]) -> float | int:
    """How long a polygon is, closed, along the larger of the two axes at every step."""
    points = np.array(ring, float).reshape(-1, 2)
    return float(np.abs(points - np.roll(points, 1, axis=0)).max(1).sum())
