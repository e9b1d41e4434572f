"""The instances of many images as one COCO file, which most tools for labels read.

One file cannot be both of COCO's kinds.  This is the kind that holds annotations, because it says which images and
classes it speaks of; every annotation has a score besides, so the list under "annotations" alone is what COCO calls
results.  To score it against a ground truth that numbers images and classes in the same way:

    truth = pycocotools.coco.COCO("truth.json")
    found = truth.loadRes(json.load(open("coco.json"))["annotations"])
    COCOeval(truth, found, "segm")
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from jaxtyping import Int64

from lab.regions import Pixels, Regions

DIGITS = 6  # of scores
INFO = {"description": "predicted by Spatial Embedding Lab"}


@dataclass
class CocoFile:
    """Grows image by image; of each only its run lengths are kept.

    Attributes:
        class_names: of the classes 1..N, which are the categories' ids, too.
        images, annotations: COCO's entries so far, both with ids from 1 on: COCOeval takes 0 for "not matched".
    """

    class_names: Sequence[str]
    images: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def add(self, file_name: str, regions: Regions) -> None:
        """Add an image and what was found in it.  Masks are kept whole, also where they overlap."""
        height, width = regions.labels.shape
        image = len(self.images) + 1
        self.images.append({"id": image, "file_name": file_name, "width": width, "height": height})
        of_each = zip(regions.pixels, regions.classes.tolist(), regions.scores.tolist(), strict=True)
        for pixels, of_class, score in of_each:
            own = {"id": len(self.annotations) + 1, "image_id": image, "category_id": of_class}
            shape = _outline(pixels, height, width)
            self.annotations.append(own | shape | {"iscrowd": 0, "score": round(score, DIGITS)})

    def content(self) -> bytes:
        """The file.  It begins with `INFO`, by which `lab.evaluation.files` knows it again."""
        categories = [{"id": index, "name": name} for index, name in enumerate(self.class_names, start=1)]
        parts = {"info": INFO, "images": self.images, "annotations": self.annotations, "categories": categories}
        return json.dumps(parts).encode()


def _outline(pixels: Pixels, height: int, width: int) -> dict[str, Any]:
    """The run lengths of an instance's pixels (one or more), its box (left, top, width, height) and its area, in px."""
    from pycocotools import mask as coco

    rows, columns = np.divmod(pixels, width)
    places = np.sort(columns.astype(np.int64) * height + rows)  # COCO goes down the columns
    runs = {"size": [height, width], "counts": _run_lengths(places, height * width)}
    packed = coco.frPyObjects(runs, height, width)
    left, top = int(columns.min()), int(rows.min())
    box = [left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1]
    return {"segmentation": packed | {"counts": packed["counts"].decode("ascii")}, "bbox": box, "area": len(pixels)}


def _run_lengths(places: Int64[np.ndarray, "_"], end: int) -> list[int]:
    """Of ascending places, below ``end``, the lengths of runs: what is outside and what is inside, in turns."""
    first = np.flatnonzero(np.diff(places, prepend=-2) > 1)
    begins, ends = places[first], np.append(places[first[1:] - 1], places[-1]) + 1
    last = [] if ends[-1] == end else [end]
    return np.diff([*np.stack([begins, ends], axis=1).ravel(), *last], prepend=0).tolist()


def file_names(paths: Sequence[Path]) -> list[str]:
    """Each file's path below the folder that holds all of them: a mere name for files of one folder."""
    absolute = [path.absolute() for path in paths]
    try:
        top = os.path.commonpath([path.parent for path in absolute])
    except ValueError:  # files on several of Windows' drives
        return [path.as_posix() for path in absolute]
    return [PurePath(os.path.relpath(path, top)).as_posix() for path in absolute]
