"""Reads a COCO file of instances: polygons, RLE, crowds."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int16, Int32, Int64

from lab.datasets.scene import VOID

Entry = Mapping[str, Any]
PARTS = {
    "images": ("id", "file_name", "width", "height"),
    "annotations": ("image_id", "category_id", "segmentation"),
    "categories": ("id", "name"),
}


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
    annotations: Mapping[int, list[Entry]]
    class_names: tuple[str, ...]
    classes: Mapping[int, int]


def read_coco(path: Path) -> Coco:
    """Read and check the file.

    Raises:
        FileNotFoundError, ValueError: no file, no JSON, or parts that are missing or contradict each other; named.
    """
    content = _content(path)
    for part, keys in PARTS.items():
        _check_part(path, content, part, keys)
    categories = sorted(content["categories"], key=lambda entry: entry["id"])
    classes = {entry["id"]: k for k, entry in enumerate(categories, start=1)}
    images = tuple(sorted(content["images"], key=lambda entry: entry["file_name"]))
    known = {entry["id"] for entry in images}
    by_image = defaultdict(list)
    for number, entry in enumerate(content["annotations"], start=1):
        entry = {"id": number, "iscrowd": 0, **entry}
        _check_annotation(path, entry, known, classes)
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


def _content(path: Path) -> dict:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: found no file, expected COCO annotations (JSON). Restore it.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise _wrong(path, f"a file that cannot be read ({error})", "JSON", "Export it again.") from error
    if not isinstance(content, dict):
        raise _wrong(path, f"a {type(content).__name__}", "an object with images, annotations, categories", EXPORT)
    return content


EXPORT = "Export it again as COCO instances (object detection with segmentation)."


def _check_part(path: Path, content: dict, part: str, keys: Iterable[str]) -> None:
    entries = content.get(part)
    if not isinstance(entries, list):
        raise _wrong(path, f"no list '{part}'", f"lists {', '.join(PARTS)}", EXPORT)
    for number, entry in enumerate(entries):
        lacking = [key for key in keys if not isinstance(entry, dict) or key not in entry]
        if lacking:
            raise _wrong(path, f"{part}[{number}] without {', '.join(lacking)}", f"{', '.join(keys)} in each", EXPORT)
    counts = Counter(entry["id"] for entry in entries) if "id" in keys else Counter()
    if counts and counts.most_common(1)[0][1] > 1:
        found = f"the id {counts.most_common(1)[0][0]} more than once in '{part}'"
        raise _wrong(path, found, "an id of its own for each", EXPORT)
    if part == "categories" and not entries:
        raise _wrong(path, "no categories", "one or more classes", EXPORT)


def _check_annotation(path: Path, entry: Entry, images: set[int], classes: Mapping[int, int]) -> None:
    who = f"annotation {entry['id']}"
    if entry["image_id"] not in images:
        raise _wrong(path, f"{who} for image {entry['image_id']}", "an image of the file", EXPORT)
    if entry["category_id"] not in classes:
        found = f"{who} of category {entry['category_id']}"
        raise _wrong(path, found, f"one of {sorted(classes)}", EXPORT)
    outline = entry["segmentation"]
    if isinstance(outline, list) and (not outline or any(len(ring) < 6 or len(ring) % 2 for ring in outline)):
        expected = "polygons x1, y1, x2, y2, … of three points or more"
        raise _wrong(path, f"{who} with the segmentation {str(outline)[:40]}", expected, f"Boxes do not do. {EXPORT}")
    if not isinstance(outline, list) and not (isinstance(outline, dict) and {"size", "counts"} <= set(outline)):
        raise _wrong(path, f"{who} with the segmentation {str(outline)[:40]}", "polygons or RLE", EXPORT)


def _mask(path: Path, entry: Entry, shape: tuple[int, int]) -> Bool[np.ndarray, "H W"]:
    """The annotation's pixels."""
    from pycocotools import mask as drawing

    outline = entry["segmentation"]
    who = f"annotation {entry['id']}"
    if isinstance(outline, dict) and tuple(outline["size"]) != shape:
        expected = f"{list(shape)} like its image (height, width)"
        raise _wrong(path, f"{who} with an RLE of the size {outline['size']}", expected, EXPORT)
    try:
        # Polygons and plain counts are packed first; of several polygons all count.
        if isinstance(outline, list):
            packed = drawing.merge(drawing.frPyObjects(outline, *shape))
        elif isinstance(outline["counts"], list):
            packed = drawing.frPyObjects(outline, *shape)
        else:
            packed = outline
        return drawing.decode(packed).astype(bool)
    except Exception as error:  # pycocotools raises what its C code stumbles over
        found = f"{who} with an outline that cannot be drawn ({error})"
        raise _wrong(path, found, "polygons or RLE", EXPORT) from error


def _wrong(path: Path, found: str, expected: str, remedy: str) -> ValueError:
    return ValueError(f"{path}: found {found}, expected {expected}. {remedy}")
