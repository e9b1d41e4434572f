"""Reads a COCO file of instances: polygons, RLE, crowds."""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int16, Int32, Int64

from lab.datasets.own.coco_checks import EXPORT, Entry, Id, check_annotations, read_parts, wrong
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
    annotations = [{"id": k, "iscrowd": 0, **entry} for k, entry in enumerate(content["annotations"], start=1)]
    check_annotations(path, annotations, known, classes)
    by_image = defaultdict(list)
    for entry in annotations:
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
    classes = np.zeros(shape, np.int16)
    for entry in entries:
        _check_rle(coco.path, entry, shape)
        if entry["iscrowd"]:
            classes[_mask(coco.path, entry, shape)] = VOID
    objects = [entry for entry in entries if not entry["iscrowd"]]
    areas = [_area(coco.path, entry, shape) for entry in objects]
    painted = np.zeros(shape, np.int32)
    for k in sorted(range(len(objects)), key=lambda k: -areas[k]):
        # One mask at a time, drawn again: all of them would take a byte for every pixel and object.
        mask = _mask(coco.path, objects[k], shape)
        painted[mask], classes[mask] = k + 1, coco.classes[objects[k]["category_id"]]
    seen = np.unique(painted[painted > 0])
    table = np.zeros(len(objects) + 1, np.int32)
    table[seen] = np.arange(1, len(seen) + 1)
    return table[painted], classes, np.array([objects[k - 1]["id"] for k in seen], np.int64)


def drawing_nothing(coco: Coco, image: Entry) -> list[Id]:
    """Ids of the annotations without a pixel in their image: they lie outside it, or are too small.

    Raises:
        ValueError: as `labels_of`.
    """
    shape = int(image["height"]), int(image["width"])
    return [entry["id"] for entry in coco.annotations.get(image["id"], []) if not _area(coco.path, entry, shape)]


def _check_rle(path: Path, entry: Entry, shape: tuple[int, int]) -> None:
    """Raise ValueError for run lengths of another size than the image's."""
    outline = entry["segmentation"]
    if isinstance(outline, dict) and tuple(outline["size"]) != shape:
        found = f"annotation {entry['id']} with an RLE of the size {outline['size']}"
        raise wrong(path, found, f"{list(shape)} like its image (height, width)", EXPORT)


def _area(path: Path, entry: Entry, shape: tuple[int, int]) -> int:
    """Of the annotation, in pixels."""
    from pycocotools import mask as drawing

    with _drawing(path, entry):
        return int(drawing.area(_packed(entry["segmentation"], shape)))


def _mask(path: Path, entry: Entry, shape: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    """The annotation's pixels."""
    from pycocotools import mask as drawing

    with _drawing(path, entry):
        mask: Bool[np.ndarray, "H W"] = drawing.decode(_packed(entry["segmentation"], shape)).astype(bool)
        return mask


@contextlib.contextmanager
def _drawing(path: Path, entry: Entry) -> Iterator[None]:
    """Turn what pycocotools raises, whatever its C code stumbles over, into a ValueError that names the annotation."""
    try:
        yield
    except Exception as error:
        found = f"annotation {entry['id']} with an outline that cannot be drawn ({error})"
        raise wrong(path, found, "polygons or RLE", EXPORT) from error


def _packed(outline: list[Any] | dict[str, Any], shape: tuple[int, int]) -> dict[str, Any]:
    """Run lengths as pycocotools packs them."""
    from pycocotools import mask as drawing

    # Polygons and plain counts are packed first; of several polygons all count.
    if isinstance(outline, list):
        if sum(map(_length, outline)) > MOST_OUTLINE:
            raise ValueError(f"longer than {MOST_OUTLINE} px")
        packed: dict[str, Any] = drawing.merge(drawing.frPyObjects(outline, *shape))
    elif isinstance(outline["counts"], list):
        counts = [int(count) for count in outline["counts"]]
        packed = drawing.frPyObjects({"size": list(shape), "counts": counts}, *shape)
    else:
        packed = {"size": list(shape), "counts": outline["counts"]}
    return packed


def _length(ring: list[Any]) -> float | int:
    """How long a polygon is, closed, along the larger of the two axes at every step."""
    points = np.array(ring, float).reshape(-1, 2)
    return float(np.abs(points - np.roll(points, 1, axis=0)).max(1).sum())
