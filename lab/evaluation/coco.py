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

import numpy as np
from jaxtyping import Bool

from lab.clustering import Instances

DIGITS = 6  # of scores


@dataclass
class CocoFile:
    """Grows image by image; of each only its run lengths are kept.

    Attributes:
        class_names: of the classes 1..N, which are the categories' ids, too.
        images, annotations: COCO's entries so far, both with ids from 1 on: COCOeval takes 0 for "not matched".
    """

    class_names: Sequence[str]
    images: list[dict] = field(default_factory=list)
    annotations: list[dict] = field(default_factory=list)

    def add(self, file_name: str, instances: Instances) -> None:
        """Add an image and what was found in it.  Masks are kept whole, also where they overlap."""
        height, width = instances.labels.shape
        image = len(self.images) + 1
        self.images.append({"id": image, "file_name": file_name, "width": width, "height": height})
        for mask, of_class, score in zip(
            instances.masks.numpy(), instances.classes.tolist(), instances.scores.tolist(), strict=True
        ):
            own = {"id": len(self.annotations) + 1, "image_id": image, "category_id": of_class}
            self.annotations.append(own | _outline(mask) | {"iscrowd": 0, "score": round(score, DIGITS)})

    def content(self) -> bytes:
        """The file."""
        categories = [{"id": index, "name": name} for index, name in enumerate(self.class_names, start=1)]
        parts = {"images": self.images, "annotations": self.annotations, "categories": categories}
        return json.dumps(parts).encode()


def _outline(mask: Bool[np.ndarray, "H W"]) -> dict:
    """A mask's run lengths, its box (left, top, width, height) and its area, in px."""
    from pycocotools import mask as coco

    packed = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    box, area = coco.toBbox(packed).tolist(), int(coco.area(packed))
    return {"segmentation": packed | {"counts": packed["counts"].decode("ascii")}, "bbox": box, "area": area}


def file_names(paths: Sequence[Path]) -> list[str]:
    """Each file's path below the folder that holds all of them: a mere name for files of one folder."""
    absolute = [path.absolute() for path in paths]
    try:
        top = os.path.commonpath([path.parent for path in absolute])
    except ValueError:  # files on several of Windows' drives
        return [path.as_posix() for path in absolute]
    return [PurePath(os.path.relpath(path, top)).as_posix() for path in absolute]
