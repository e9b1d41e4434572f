"""Scenes packed on a device, and crops made there: a batch's labels, and pictures that keep their size, in one gather.

Which pixel of the scene a pixel of the crop is follows from a place of its row plus a place of its column, whatever is
cut, turned, resized to the nearest, and flipped.  These places, a few kilobytes, are all that the processor sends; it
never waits for an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from lab.datasets.augment import recolour, resize_image
from lab.datasets.crops import CropPlan, CropRecipe, Draw
from lab.datasets.kept import compact, read_all
from lab.datasets.objects import ObjectIndex
from lab.datasets.scene import VOID, Scene, SceneSource

OUTSIDE = -(2**40)  # so low that with any other place it stays negative


@dataclass(frozen=True)
class PackedScenes:
    """All pixels of a data set, scene after scene, row after row.

    Attributes:
        names: of the K scenes.
        sizes: height and width of each.
        starts: number of its first pixel.
        image, instances, classes: of all P pixels, on the device.
    """

    names: list[str]
    sizes: list[tuple[int, int]]
    starts: Int[np.ndarray, " K"]
    image: UInt8[Tensor, "P 3"]
    instances: Int[Tensor, " P"]
    classes: Int[Tensor, " P"]

    def __len__(self) -> int:
        return len(self.names)


def pack(source: SceneSource, device: torch.device, progress: bool = True) -> PackedScenes:
    """Read all scenes on to the device, one after the other."""

    def send(scene: Scene) -> tuple[str, tuple[int, int], list[Tensor]]:
        kept = compact(scene)
        parts = (kept.image.reshape(-1, 3), kept.instances.ravel(), kept.classes.ravel())
        return kept.name, kept.classes.shape, [torch.from_numpy(part).to(device) for part in parts]

    names, sizes, parts = zip(*read_all(source, send, progress), strict=True)
    counts = [height * width for height, width in sizes]
    starts = np.cumsum([0, *counts[:-1]])
    # torch.cat gives labels of unequal types the wider one.
    return PackedScenes(list(names), list(sizes), starts, *(torch.cat(part) for part in zip(*parts, strict=True)))


@dataclass(frozen=True)
class PackedCrops:
    """As `lab.datasets.crops.Crops`, but whole batches, made on the device where the scenes are."""

    scenes: PackedScenes
    objects: ObjectIndex | None
    recipe: CropRecipe

    def batch(self, keys: list[tuple[int, int]]) -> dict[str, Any]:
        """image uint8 [B, 3, H, W], instances and classes int64 [B, H, W], scene: names."""
        plans = [self._plan(key) for key in keys]
        index = self._index(plans, (self.recipe.height, self.recipe.width))
        outside = index < 0
        index = index.clamp(min=0)
        scenes = self.scenes
        return {
            "image": self._images(plans, index, outside),
            "instances": scenes.instances[index].long().masked_fill(outside, 0),
            "classes": scenes.classes[index].long().masked_fill(outside, VOID),
            "scene": [scenes.names[plan.scene] for plan in plans],
        }

    def _plan(self, key: tuple[int, int]) -> CropPlan:
        draw = Draw(self.recipe, self.objects, len(self.scenes), key)
        return draw.plan(self.scenes.sizes[draw.scene])

    def _index(self, plans: Sequence[CropPlan], size: tuple[int, int]) -> Int[Tensor, "B H W"]:
        """Number of the pixel that each pixel of crops of one size is; negative outside of the scene."""
        sizes, starts = self.scenes.sizes, self.scenes.starts
        both = [np.concatenate(places(plan, sizes[plan.scene], int(starts[plan.scene]), size)) for plan in plans]
        sent = torch.from_numpy(np.stack(both))
        device = self.scenes.classes.device
        if device.type == "cuda":
            sent = sent.pin_memory()
        rows, columns = sent.to(device, non_blocking=True).split(size, dim=1)
        return rows[:, :, None] + columns[:, None, :]

    def _images(
        self, plans: Sequence[CropPlan], index: Int[Tensor, "B H W"], outside: Tensor
    ) -> UInt8[Tensor, "B 3 H W"]:
        images = self._pixels(index, outside)
        for image, plan in zip(images, plans, strict=True):
            if _turned_size(plan) != tuple(image.shape[1:]):
                image.copy_(self._resized(plan, tuple(image.shape[1:])))
            if plan.colours:
                image.copy_(recolour(image, plan.colours))
        return images

    def _pixels(self, index: Int[Tensor, "B H W"], outside: Tensor) -> UInt8[Tensor, "B 3 H W"]:
        image = self.scenes.image[index].masked_fill(outside[..., None], 0)
        return image.permute(0, 3, 1, 2).contiguous()

    def _resized(self, plan: CropPlan, size: tuple[int, int]) -> UInt8[Tensor, "3 H W"]:
        """A picture whose window has another size than the crop, before its colours are changed."""
        index = self._index([replace(plan, flip=False)], _turned_size(plan))
        image = resize_image(self._pixels(index.clamp(min=0), index < 0)[0], size)
        return image.flip(2) if plan.flip else image


def _turned_size(plan: CropPlan) -> tuple[int, int]:
    return (plan.width, plan.height) if plan.turns % 2 else (plan.height, plan.width)


def places(
    plan: CropPlan, extent: tuple[int, int], start: int, size: tuple[int, int]
) -> tuple[Int[np.ndarray, " H"], Int[np.ndarray, " W"]]:
    """For each row and each column of a crop of ``size`` px the part of its pixels' number that it decides.

    Args:
        plan: of the crop.
        extent: height and width of the scene.
        start: number of its first pixel.
        size: height and width that the window is brought to, by the nearest pixels.
    """
    height, width = _turned_size(plan)
    rows, columns = _nearest(size[0], height), _nearest(size[1], width)
    if plan.flip:
        columns = columns[::-1]
    # A quarter turn to the left makes columns of the rows; what were columns are counted from their end.
    if plan.turns in (1, 2):
        rows = height - 1 - rows
    if plan.turns in (2, 3):
        columns = width - 1 - columns
    along, across = (columns, rows) if plan.turns % 2 else (rows, columns)
    down = np.where(_inside(along + plan.top, extent[0]), start + (along + plan.top) * extent[1], OUTSIDE)
    right = np.where(_inside(across + plan.left, extent[1]), across + plan.left, OUTSIDE)
    return (right, down) if plan.turns % 2 else (down, right)


def _inside(numbers: Int[np.ndarray, " K"], extent: int) -> np.ndarray:
    return (numbers >= 0) & (numbers < extent)


def _nearest(many: int, of: int) -> Int[np.ndarray, " many"]:
    """Which ``of`` pixels lie nearest to ``many`` that take the same space; in float32, as torch computes it."""
    step = np.float32(of) / np.float32(many)
    return np.minimum(((np.arange(many, dtype=np.float32) + np.float32(0.5)) * step).astype(np.int64), of - 1)
