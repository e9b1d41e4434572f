"""Crops for training: centred on objects (the paper's first stage), or anywhere (its second).

A crop is a function of (seed, stage, step, position in the batch) and of nothing else: a training that is resumed
sees the crops that it would have seen, and no sampler has a state to store.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int, Int16, Int32, UInt8
from torch import Tensor
from tqdm.auto import tqdm

from lab.datasets.scene import VOID, Scene


@runtime_checkable
class SceneSource(Protocol):
    """What a data set offers to training: scenes, their labels without the image, and names for 1..N."""

    class_names: tuple[str, ...]

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Scene: ...
    def checked_labels(self, index: int) -> tuple[Int32[np.ndarray, "H W"], Int16[np.ndarray, "H W"]]: ...


@dataclass(frozen=True)
class ObjectIndex:
    """Where every object of a data set lies: its scene, and the middle (row, column) of its bounding box in pixels."""

    scenes: Int[np.ndarray, " K"]
    centres: Int[np.ndarray, "K 2"]


def object_centres(instances: Int32[np.ndarray, "H W"]) -> Int[np.ndarray, "K 2"]:
    """Middle (row, column) of each instance's bounding box; ids without pixels are left out."""
    from scipy.ndimage import find_objects

    boxes = [box for box in find_objects(instances) if box is not None]
    return np.array([[(s.start + s.stop) // 2 for s in box] for box in boxes], np.int64).reshape(-1, 2)


def index_objects(source: SceneSource, progress: bool = True) -> ObjectIndex:
    """Read all labels once (seconds for 2000 scenes of 256x512), checking them on the way.

    Raises:
        ValueError: there is no object at all, or a scene's labels are not sound.
    """

    def one(scene: int) -> Int[np.ndarray, "K 2"]:
        return object_centres(source.checked_labels(scene)[0])

    with ThreadPoolExecutor() as pool:  # decoding a PNG frees the interpreter's lock
        found = pool.map(one, range(len(source)))
        centres = list(tqdm(found, "indexing objects", len(source), unit="scene", disable=not progress))
    counts = [len(c) for c in centres]
    if not sum(counts):
        raise ValueError(
            f"found {len(source)} scenes without a single object, expected objects of {source.class_names}. "
            "Are the instances' ids label id * 1000 + k? A plain label id marks a group, which is void."
        )
    return ObjectIndex(np.repeat(np.arange(len(counts)), counts), np.concatenate(centres))


def window_start(centre: int, size: int, extent: int) -> int:
    """Where a window of ``size`` px around ``centre`` begins.

    It is moved inward rather than let outside pixels waste computing time; an image smaller than the window
    lies in its middle (the start is then negative).
    """
    if size >= extent:
        return (extent - size) // 2
    return min(max(centre - size // 2, 0), extent - size)


def cut(scene: Scene, top: int, left: int, height: int, width: int) -> Scene:
    """The window of a scene; what lies outside the image is void and black."""
    image = np.zeros((height, width, 3), np.uint8)
    instances = np.zeros((height, width), np.int32)
    classes = np.full((height, width), VOID, np.int16)
    rows, columns = scene.classes.shape
    inside = _overlap(top, height, rows), _overlap(left, width, columns)
    place = tuple(slice(s.start - first, s.stop - first) for s, first in zip(inside, (top, left), strict=True))
    image[place], instances[place], classes[place] = (
        scene.image[inside],
        scene.instances[inside],
        scene.classes[inside],
    )
    return Scene(scene.name, image, instances, classes)


def _overlap(start: int, size: int, extent: int) -> slice:
    """The part of a window that lies in 0..extent; empty where there is none."""
    first = max(start, 0)
    return slice(first, max(min(start + size, extent), first))


@dataclass(frozen=True)
class CropRecipe:
    """How crops of one stage are made.

    Attributes:
        height, width: pixels of the crop.
        seed, stage: the first two of the four numbers that determine a crop.
        object_centred: draw an object, uniformly over all objects; else a scene and a place, uniformly.
        flip: probability of a horizontal flip.
        colour_jitter: brightness, contrast and saturation are scaled by up to 1 ± this.
    """

    height: int
    width: int
    seed: int
    stage: int
    object_centred: bool
    flip: float = 0.5
    colour_jitter: float = 0.0


class Crops(torch.utils.data.Dataset):
    """``crops[step, position]`` is a sample: image uint8 [3, H, W], instances and classes int64 [H, W], scene (a name).

    ``objects`` is needed for object-centred crops only.
    """

    def __init__(self, source: SceneSource, objects: ObjectIndex | None, recipe: CropRecipe):
        self.source, self.objects, self.recipe = source, objects, recipe
        self.transform = _augmentation(recipe)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor | str]:
        rng = np.random.default_rng([self.recipe.seed, self.recipe.stage, *key])
        scene = self._draw(rng)
        image = torch.from_numpy(scene.image).permute(2, 0, 1)
        labels = torch.from_numpy(np.stack([scene.instances, scene.classes]).astype(np.int64))
        image, labels = self._augment(image, labels, int(rng.integers(2**62)))
        return {"image": image, "instances": labels[0], "classes": labels[1], "scene": scene.name}

    def _draw(self, rng: np.random.Generator) -> Scene:
        height, width = self.recipe.height, self.recipe.width
        if self.recipe.object_centred:
            drawn = rng.integers(len(self.objects.scenes))
            scene = self.source[int(self.objects.scenes[drawn])]
            row, column = (int(c) for c in self.objects.centres[drawn])
        else:
            scene = self.source[int(rng.integers(len(self.source)))]
            row, column = _any_centre(rng, scene.classes.shape, (height, width))
        rows, columns = scene.classes.shape
        return cut(scene, window_start(row, height, rows), window_start(column, width, columns), height, width)

    def _augment(
        self, image: UInt8[Tensor, "3 H W"], labels: Int[Tensor, "2 H W"], seed: int
    ) -> tuple[UInt8[Tensor, "3 H W"], Int[Tensor, "2 H W"]]:
        """Flip image and labels together."""
        from torchvision import tv_tensors

        with _seeded(torch.default_generator, seed):
            image, labels = self.transform(tv_tensors.Image(image), tv_tensors.Mask(labels))
        return image.as_subclass(Tensor).contiguous(), labels.as_subclass(Tensor).contiguous()


@contextmanager
def _seeded(generator: torch.Generator, seed: int) -> Iterator[None]:
    """Seed the generator from which torchvision draws, then put it back.

    Not torch.manual_seed: it would also seed the GPUs' generators, which dropout draws from.
    """
    before = generator.get_state()
    generator.manual_seed(seed)
    try:
        yield
    finally:
        generator.set_state(before)


def _any_centre(rng: np.random.Generator, extent: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Centre of a window that lies anywhere in the image, each place equally likely."""
    row, column = (int(rng.integers(max(e - s, 0) + 1)) + s // 2 for e, s in zip(extent, size, strict=True))
    return row, column


def _augmentation(recipe: CropRecipe):
    from torchvision.transforms import v2

    jitter = recipe.colour_jitter
    colour = [v2.ColorJitter(jitter, jitter, jitter)] if jitter else []
    return v2.Compose([v2.RandomHorizontalFlip(recipe.flip), *colour])


class CropKeys(torch.utils.data.Sampler):
    """Keys of the batches ``first``..``steps`` - 1, for a DataLoader's ``batch_sampler``."""

    def __init__(self, first: int, steps: int, batch: int):
        self.first, self.steps, self.batch = first, steps, batch

    def __len__(self) -> int:
        return self.steps - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for step in range(self.first, self.steps):
            yield [(step, position) for position in range(self.batch)]
