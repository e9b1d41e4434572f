"""What Cityscapes' AP needs to know of one image: a few counts.

AP is a property of a whole data set, yet no two images need be in memory at once.  `record_image` turns an
image's masks into counts of pixels; `lab.metrics.average_precision` combines them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from lab.datasets.scene import VOID, Scene


@dataclass(frozen=True)
class Truth:
    """The regions of one image: instances, and groups of them that nobody could tell apart.

    Attributes:
        regions: 0 where there is none, else 1..K.
        classes: each region's class, 1..N.
        groups: whether the region is a group: its detections are forgiven, it is not missed.
        void: pixels that nobody labelled: what lies in them is forgiven, for every class.
    """

    regions: Int[np.ndarray, "H W"]
    classes: Int[np.ndarray, " K"]
    groups: Bool[np.ndarray, " K"]
    void: Bool[np.ndarray, "H W"]


def truth_from_scene(scene: Scene) -> Truth:
    """The truth as a `Scene` holds it.  It has no groups: those became void when the scene was read.

    Raises:
        ValueError: an instance's pixels carry two classes.
    """
    regions, ids = numbered(np.where(scene.classes > 0, scene.instances, 0))
    classes = np.zeros(len(ids) + 1, dtype=int)
    classes[regions] = scene.classes  # of several pixels any one: they are held against it next
    mixed = regions[(classes[regions] != scene.classes) & (regions > 0)]
    if mixed.size:
        k = mixed.min()
        found = np.unique(scene.classes[regions == k])
        raise ValueError(
            f"{scene.name}: instance {ids[k - 1]} has pixels of class {found[0]} and of "
            f"class {found[-1]}; an instance has one class. Mend the labels of this scene."
        )
    return Truth(regions, classes[1:], np.zeros(len(ids), dtype=bool), scene.classes == VOID)


def numbered(ids: Int[np.ndarray, "H W"]) -> tuple[Int[np.ndarray, "H W"], Int[np.ndarray, " K"]]:
    """Ids (0 = none) as regions 0..K in the ids' order, and the K ids."""
    highest = int(ids.max())
    if highest < ids.size:  # as nearly always; counting them takes a tenth of the time of sorting them
        present = np.flatnonzero(np.bincount(ids.ravel())[1:]) + 1
        place = np.zeros(highest + 1, dtype=int)
        place[present] = np.arange(1, len(present) + 1)
        return place[ids], present
    present, regions = np.unique(ids, return_inverse=True)
    background = int(present[0] == 0)
    return regions + 1 - background, present[background:]


@dataclass(frozen=True)
class ImageRecord:
    """Counts of pixels of one image, D detections against K true regions.  All AP needs; no image is kept.

    Attributes:
        scores, classes, pixels: of each detection.
        void: each detection's pixels that lie in void.
        shared: pixels that a detection and a region have in common.
        region_pixels, region_classes, region_groups: of each true region.
    """

    scores: Float[np.ndarray, " D"]
    classes: Int[np.ndarray, " D"]
    pixels: Int[np.ndarray, " D"]
    void: Int[np.ndarray, " D"]
    shared: Int[np.ndarray, "D K"]
    region_pixels: Int[np.ndarray, " K"]
    region_classes: Int[np.ndarray, " K"]
    region_groups: Bool[np.ndarray, " K"]


def record_image(
    masks: Bool[np.ndarray, "D H W"],
    scores: Shaped[np.ndarray, " D"],
    classes: Int[np.ndarray, " D"],
    truth: Truth,
) -> ImageRecord:
    """Count one image's detections against its truth.  Empty masks are left out, as Cityscapes does.

    Raises:
        ValueError: masks and truth differ in size; a score is not finite.
    """
    if masks.shape[1:] != truth.regions.shape:
        raise ValueError(
            f"the predicted masks have {masks.shape[1]} x {masks.shape[2]} pixels, the ground truth "
            f"{truth.regions.shape[0]} x {truth.regions.shape[1]}: predict at the size of the ground truth."
        )
    if not np.isfinite(scores).all():
        raise ValueError(f"found a score of {scores[~np.isfinite(scores)][0]}, expected finite numbers.")
    count = len(truth.classes)
    regions, void = truth.regions.ravel(), truth.void.ravel()
    # The places in each mask are looked up once: a mask as an index would be looked through at every use.
    inside = [np.flatnonzero(mask) for mask in masks]
    kept = np.array([d for d, places in enumerate(inside) if places.size], dtype=int)
    shared = [np.bincount(regions[inside[d]], minlength=count + 1)[1:] for d in kept]
    return ImageRecord(
        scores=scores[kept].astype(float),
        classes=classes[kept],
        pixels=np.array([inside[d].size for d in kept], dtype=int),
        void=np.array([np.count_nonzero(void[inside[d]]) for d in kept], dtype=int),
        shared=np.array(shared, dtype=int).reshape(len(kept), count),
        region_pixels=np.bincount(truth.regions.ravel(), minlength=count + 1)[1:],
        region_classes=truth.classes,
        region_groups=truth.groups,
    )
