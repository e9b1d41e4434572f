"""Where the objects of a data set lie, and how one of them is drawn for a crop."""

import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Int, Int16, Int32
from tqdm.auto import tqdm

from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.scene import SceneSource
from lab.folders import write_whole
from lab.recordings import read_arrays

Draw = Literal["objects", "classes", "images", "mixed"]
DRAWS: tuple[str, ...] = get_args(Draw)


@dataclass(frozen=True)
class Groups:
    """Things by group, so that a member of any group is drawn without a search.

    Attributes:
        members: the K things, those of one group side by side.
        starts, counts: place of each of the G groups, ascending, among ``members``.
    """

    members: Int[np.ndarray, " K"]
    starts: Int[np.ndarray, " G"]
    counts: Int[np.ndarray, " G"]

    def draw(self, rng: np.random.Generator) -> int:
        """A group, each equally likely, and then one of its members."""
        group = rng.integers(len(self.starts))
        return int(self.members[self.starts[group] + rng.integers(self.counts[group])])


def group_by(keys: Int[np.ndarray, " K"]) -> Groups:
    """The indices 0..K-1 by their keys."""
    members = np.argsort(keys, kind="stable")
    _, starts, counts = np.unique(keys[members], return_index=True, return_counts=True)
    return Groups(members, starts, counts)


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

    @cached_property
    def by_class(self) -> Groups:
        """The objects of each class."""
        return group_by(self.classes)

    @cached_property
    def by_scene(self) -> Groups:
        """The objects of each scene that has any."""
        return group_by(self.scenes)


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


def index_objects(source: SceneSource, progress: bool = True, cache: Path | None = None) -> ObjectIndex:
    """Read all labels once (seconds for 2000 scenes of 256x512), checking them on the way.

    Args:
        source: the data set.
        progress: show a bar.
        cache: a file that keeps the index; it is used as long as no file of the data has changed, else made anew.

    Raises:
        ValueError: there is no object at all, or a scene's labels are not sound; the scene is named.
    """
    state = fingerprint(source) if cache else None
    if cache and state and (kept := _read_index(cache, state)):
        return kept
    with ThreadPoolExecutor() as pool:  # decoding a PNG frees the interpreter's lock
        found = pool.map(lambda scene: objects_of(source, scene), range(len(source)))
        objects = list(tqdm(found, "indexing objects", len(source), unit="scene", disable=not progress))
    counts = [len(classes) for _, classes in objects]
    if not sum(counts):
        raise ValueError(
            f"{source.label_path(0)}: found no object in it and {len(source) - 1} more of the labels, expected objects "
            f"of {', '.join(source.class_names)}. " + _advice(source)
        )
    centres, classes = (np.concatenate(column) for column in zip(*objects, strict=True))
    index = ObjectIndex(np.repeat(np.arange(len(counts)), counts), centres, classes)
    if cache and state:
        _write_index(cache, state, index)
    return index


def _advice(source: SceneSource) -> str:
    """Where to look when there is no object, after the layout of the data."""
    if isinstance(source, CityscapesFolder):
        return "Are the instances' ids label id * 1000 + k? A plain label id marks a group, which is void."
    return "Every pixel is background or void: are these the right files? python -m lab doctor --labels shows them."


def objects_of(source: SceneSource, scene: int) -> tuple[Int[np.ndarray, "K 2"], Int[np.ndarray, " K"]]:
    """Centres and classes of a scene's objects.

    Raises:
        ValueError, OSError: labels that cannot be used; the scene is named.
    """
    try:
        instances, classes = source.checked_labels(scene)
        return object_centres(instances), object_classes(instances, classes)
    except (OSError, ValueError) as error:
        if source.name(scene) in str(error):
            raise
        raise ValueError(f"scene {source.name(scene)} ({source.label_path(scene)}): {error}") from error


def fingerprint(source: SceneSource) -> str | None:
    """Changes with any file's name, size or time, and with the classes; None where the scenes are not in files."""
    try:
        files = [_stamp(path(scene)) for scene in range(len(source)) for path in (source.image_path, source.label_path)]
    except FileNotFoundError:
        return None
    return hashlib.sha256(json.dumps([list(source.class_names), files]).encode()).hexdigest()


def _stamp(path: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path.absolute()), stat.st_size, stat.st_mtime_ns


def _read_index(cache: Path, state: str) -> ObjectIndex | None:
    """The index that is kept there for this state of the data; None if there is none, whole and current."""
    try:
        kept = read_arrays(cache)
        fields = ("scenes", "centres", "classes")
        return ObjectIndex(*(kept[name] for name in fields)) if str(kept["state"]) == state else None
    except (OSError, ValueError, KeyError):
        return None  # it is only a copy of what the data say


def _write_index(cache: Path, state: str, index: ObjectIndex) -> None:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        state=np.array(state),
        scenes=index.scenes,
        centres=index.centres,
        classes=index.classes.astype(np.int64),
    )
    write_whole(cache, buffer.getvalue())


def draw_object(rng: np.random.Generator, objects: ObjectIndex, draw: str) -> int:
    """Index of an object, see `CropRecipe`."""
    if draw == "mixed":
        draw = "images" if rng.random() < 0.5 else "objects"
    if draw == "objects":
        return int(rng.integers(len(objects.scenes)))
    return (objects.by_class if draw == "classes" else objects.by_scene).draw(rng)
