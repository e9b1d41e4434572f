"""Where the objects of a data set lie, and how one of them is drawn for a crop."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Int, Int16, Int32
from tqdm.auto import tqdm

from lab.datasets.scene import SceneSource

Draw = Literal["objects", "classes", "images", "mixed"]
DRAWS: tuple[str, ...] = get_args(Draw)


@dataclass(frozen=True)
class ObjectIndex:
    """Where every object of a data set lies.

    Attributes:
        scenes: index of its scene; ascending.
        centres: middle (row, column) of its bounding box in pixels.
        classes: 1..N.
    """

    scenes: Int[np.ndarray, " K"]
    centres: Int[np.ndarray, "K 2"]
    classes: Int[np.ndarray, " K"]


def object_centres(instances: Int32[np.ndarray, "H W"]) -> Int[np.ndarray, "K 2"]:
    """Middle (row, column) of each instance's bounding box, by ascending id; ids without pixels are left out."""
    from scipy.ndimage import find_objects

    boxes = [box for box in find_objects(instances) if box is not None]
    return np.array([[(s.start + s.stop) // 2 for s in box] for box in boxes], np.int64).reshape(-1, 2)


def object_classes(instances: Int32[np.ndarray, "H W"], classes: Int16[np.ndarray, "H W"]) -> Int[np.ndarray, " K"]:
    """Class of each instance, by ascending id, as in `object_centres`."""
    table = np.zeros(int(instances.max(initial=0)) + 1, np.int64)
    table[instances] = classes
    present = np.bincount(instances.ravel(), minlength=1) > 0
    return table[1:][present[1:]]


def index_objects(source: SceneSource, progress: bool = True) -> ObjectIndex:
    """Read all labels once (seconds for 2000 scenes of 256x512), checking them on the way.

    Raises:
        ValueError: there is no object at all, or a scene's labels are not sound.
    """

    def one(scene: int) -> tuple[Int[np.ndarray, "K 2"], Int[np.ndarray, " K"]]:
        instances, classes = source.checked_labels(scene)
        return object_centres(instances), object_classes(instances, classes)

    with ThreadPoolExecutor() as pool:  # decoding a PNG frees the interpreter's lock
        found = pool.map(one, range(len(source)))
        objects = list(tqdm(found, "indexing objects", len(source), unit="scene", disable=not progress))
    counts = [len(classes) for _, classes in objects]
    if not sum(counts):
        raise ValueError(
            f"found {len(source)} scenes without a single object, expected objects of {source.class_names}. "
            "Are the instances' ids label id * 1000 + k? A plain label id marks a group, which is void."
        )
    centres, classes = (np.concatenate(column) for column in zip(*objects, strict=True))
    return ObjectIndex(np.repeat(np.arange(len(counts)), counts), centres, classes)


def draw_object(rng: np.random.Generator, objects: ObjectIndex, draw: str) -> int:
    """Index of an object, see `CropRecipe`."""
    if draw == "mixed":
        draw = "images" if rng.random() < 0.5 else "objects"
    if draw == "objects":
        return int(rng.integers(len(objects.scenes)))
    groups = objects.classes if draw == "classes" else objects.scenes
    chosen = rng.choice(np.unique(groups))
    return int(rng.choice(np.flatnonzero(groups == chosen)))
