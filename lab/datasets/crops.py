"""Crops for training: centred on objects (the paper's first stage), or anywhere (its second).

A crop is a function of (seed, stage, step, position in the batch) and of nothing else: a training that is resumed
sees the crops that it would have seen, and no sampler has a state to store.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from lab.datasets.objects import DRAWS, ObjectIndex, draw_object
from lab.datasets.scene import VOID, Scene, SceneSource


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
        object_centred: draw an object; else a scene and a place, uniformly.
        draw: how objects are drawn. "objects": each equally likely. "classes": a class first, so that rare classes come
            as often as cars. "images": a scene with objects first. "mixed": objects and images, half each.
        flip: probability of a horizontal flip.
        quarter_turns: turn by 0, 90, 180 or 270 degrees, equally likely: where there is no up and down.
        scale: objects are enlarged by a factor of 1 / (1 + this) to 1 + this, uniform in its logarithm.
        colour_jitter: brightness, contrast and saturation are scaled by up to 1 ± this.

    Raises:
        ValueError: an unknown way to draw.
    """

    height: int
    width: int
    seed: int
    stage: int
    object_centred: bool
    flip: float = 0.5
    colour_jitter: float = 0.0
    draw: str = "objects"
    quarter_turns: bool = False
    scale: float = 0.0

    def __post_init__(self) -> None:
        if self.draw not in DRAWS:
            raise ValueError(f"draw: found '{self.draw}', expected one of {', '.join(DRAWS)}.")


class Crops(torch.utils.data.Dataset):
    """``crops[step, position]`` is a sample: image uint8 [3, H, W], instances and classes int64 [H, W], scene (a name).

    ``objects`` is needed for object-centred crops only.
    """

    def __init__(self, source: SceneSource, objects: ObjectIndex | None, recipe: CropRecipe):
        self.source, self.objects, self.recipe = source, objects, recipe
        self.transform = _augmentation(recipe)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor | str]:
        rng = np.random.default_rng([self.recipe.seed, self.recipe.stage, *key])
        turns = int(rng.integers(4)) if self.recipe.quarter_turns else 0
        scene = self._draw(rng, _window(self.recipe, rng, turns))
        image = torch.from_numpy(scene.image).permute(2, 0, 1)
        labels = torch.from_numpy(np.stack([scene.instances, scene.classes]).astype(np.int64))
        image, labels = self._augment(image, labels, turns, int(rng.integers(2**62)))
        return {"image": image, "instances": labels[0], "classes": labels[1], "scene": scene.name}

    def _draw(self, rng: np.random.Generator, window: tuple[int, int]) -> Scene:
        """A window of that height and width, of an object or of any place."""
        height, width = window
        if self.recipe.object_centred:
            drawn = draw_object(rng, self.objects, self.recipe.draw)
            scene = self.source[int(self.objects.scenes[drawn])]
            row, column = (int(c) for c in self.objects.centres[drawn])
        else:
            scene = self.source[int(rng.integers(len(self.source)))]
            row, column = _any_centre(rng, scene.classes.shape, window)
        rows, columns = scene.classes.shape
        return cut(scene, window_start(row, height, rows), window_start(column, width, columns), height, width)

    def _augment(
        self, image: UInt8[Tensor, "3 h w"], labels: Int[Tensor, "2 h w"], turns: int, seed: int
    ) -> tuple[UInt8[Tensor, "3 H W"], Int[Tensor, "2 H W"]]:
        """Turn, resize to the crop, flip and colour image and labels together; ids are never interpolated."""
        from torchvision import tv_tensors
        from torchvision.transforms import InterpolationMode
        from torchvision.transforms.v2 import functional

        size = [self.recipe.height, self.recipe.width]
        image = tv_tensors.Image(torch.rot90(image, turns, (1, 2)))
        labels = tv_tensors.Mask(torch.rot90(labels, turns, (1, 2)))
        if list(image.shape[1:]) != size:
            image = functional.resize(image, size, antialias=True)
            # Not as a mask: torchvision resizes those by "nearest", which shifts them by half a pixel.
            labels = functional.resize(labels.as_subclass(Tensor), size, InterpolationMode.NEAREST_EXACT)
            labels = tv_tensors.Mask(labels)
        with _seeded(torch.default_generator, seed):
            image, labels = self.transform(image, labels)
        return image.as_subclass(Tensor).contiguous(), labels.as_subclass(Tensor).contiguous()


def _window(recipe: CropRecipe, rng: np.random.Generator, turns: int) -> tuple[int, int]:
    """Height and width of what is cut from the scene: the crop's before it is turned and enlarged."""
    limit = np.log1p(recipe.scale)
    factor = np.exp(rng.uniform(-limit, limit)) if recipe.scale else 1.0
    height, width = (max(1, round(side / factor)) for side in (recipe.height, recipe.width))
    return (width, height) if turns % 2 else (height, width)


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
