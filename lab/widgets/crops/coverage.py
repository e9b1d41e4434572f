"""What a way of drawing windows shows in the long run, counted over every place a window can have.  Pure."""

import numpy as np
from jaxtyping import Float, Int, Int32

from lab.datasets.crops import window_start
from lab.datasets.objects import object_centres, object_classes
from lab.datasets.scene import Scene

WAYS = ("anywhere", "objects", "classes")


def starts(size: int, extent: int) -> Int[np.ndarray, " starts"]:
    """Where along one axis a window of ``size`` px may begin; one negative place if it is larger than the image."""
    return np.arange(extent - size + 1) if size <= extent else np.array([window_start(0, size, extent)])


def weights(scene: Scene, size: int, way: str) -> Float[np.ndarray, "rows columns"]:
    """How likely a window of ``size`` px is at each place where it may begin; sums to 1.

    Raises:
        ValueError: an unknown way of drawing.
    """
    if way not in WAYS:
        raise ValueError(f"way: found '{way}', expected one of {', '.join(WAYS)}.")
    extents = scene.instances.shape
    first = [starts(size, extent)[0] for extent in extents]
    result = np.zeros([len(starts(size, extent)) for extent in extents])
    if way == "anywhere":
        return np.full_like(result, 1 / result.size)
    classes = object_classes(scene.instances, scene.classes)
    kinds = np.unique(classes)
    alike = np.array([(classes == c).sum() for c in classes])
    chances = 1 / (len(kinds) * alike) if way == "classes" else np.full(len(classes), 1 / len(classes))
    for centre, chance in zip(object_centres(scene.instances).tolist(), chances, strict=True):
        place = (window_start(c, size, e) - f for c, e, f in zip(centre, extents, first, strict=True))
        result[tuple(place)] += chance
    return result


def running_sums(instances: Int32[np.ndarray, "H W"]) -> Int32[np.ndarray, "K rows columns"]:
    """Pixels of objects 1..K above and left of every corner between pixels: a window's are four of these numbers."""
    masks = instances == np.arange(1, int(instances.max()) + 1)[:, None, None]
    sums = masks.cumsum(1, dtype=np.int32).cumsum(2, dtype=np.int32)
    return np.pad(sums, ((0, 0), (1, 0), (1, 0)))


def visible(sums: Int32[np.ndarray, "K _ _"], size: int) -> Int32[np.ndarray, "K rows columns"]:
    """Pixels of objects 1..K inside a window of ``size`` px, for each place where it may begin."""
    ends = []
    for corners in sums.shape[1:]:
        count, inside = len(starts(size, corners - 1)), min(size, corners - 1)
        ends.append((slice(0, count), slice(inside, inside + count)))
    (top, bottom), (left, right) = ends
    return sums[:, bottom, right] - sums[:, top, right] - sums[:, bottom, left] + sums[:, top, left]


def seen(scene: Scene, size: int, way: str, sums: Int32[np.ndarray, "K _ _"] | None = None) -> Float[np.ndarray, " K"]:
    """The share of windows in which each object has at least one pixel; ``sums`` as far as they are there already."""
    sums = running_sums(scene.instances) if sums is None else sums
    return np.einsum("krc,rc->k", visible(sums, size) > 0, weights(scene, size, way))


def empty(scene: Scene, size: int, way: str) -> float:
    """The share of windows without any object."""
    return float(weights(scene, size, way)[(visible(running_sums(scene.instances), size) == 0).all(0)].sum())


def light(scene: Scene, size: int, way: str) -> Float[np.ndarray, "H W"]:
    """The share of windows in which each pixel lies."""
    result = weights(scene, size, way)
    for axis, extent in enumerate(scene.instances.shape):
        begin, place = starts(size, extent), np.arange(extent)
        sums = np.insert(result.cumsum(axis), 0, 0, axis)
        first, last = (np.searchsorted(begin, bound, "right") for bound in (place - size, place))
        result = sums.take(last, axis) - sums.take(first, axis)
    return result
