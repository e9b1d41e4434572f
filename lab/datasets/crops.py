"""Crops for training: centred on objects (the paper's first stage), or anywhere (its second).

A crop is a function of (seed, stage, step, position in the batch) and of nothing else: a training that is resumed
sees the crops that it would have seen, and no sampler has a state to store.  All that chance decides is in a
`CropPlan`, so that whatever carries it out, see `lab.datasets.feed`, gives the same crop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lab.datasets.augment import Colours, draw_flip_and_colours, transform
from lab.datasets.kept import KeptScene, Scenes, read_scene
from lab.datasets.objects import DRAWS, ObjectIndex, draw_object
from lab.datasets.scene import VOID, Scene


def window_start(centre: int, size: int, extent: int) -> int:
    """Where a window of ``size`` px around ``centre`` begins.

    It is moved inward rather than let outside pixels waste computing time; an image smaller than the window
    lies in its middle (the start is then negative).
    """
    if size >= extent:
        return (extent - size) // 2
    return min(max(centre - size // 2, 0), extent - size)


def cut(scene: Scene | KeptScene, top: int, left: int, height: int, width: int) -> Scene:
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
    flip: float | int = 0.5
    colour_jitter: float | int = 0.0
    draw: str = "objects"
    quarter_turns: bool = False
    scale: float | int = 0.0

    def __post_init__(self) -> None:
        if self.draw not in DRAWS:
            raise ValueError(f"draw: found '{self.draw}', expected one of {', '.join(DRAWS)}.")


@dataclass(frozen=True)
class CropPlan:
    """All that was drawn for one crop.

    Attributes:
        scene: its index.
        top, left, height, width: the window in the scene, px; before it is turned and resized.
        turns: quarter turns to the left.
        flip: whether it is mirrored, after that.
        colours: how they are changed, if at all.
    """

    scene: int
    top: int
    left: int
    height: int
    width: int
    turns: int
    flip: bool
    colours: Colours | None


class Draw:
    """The draws for one crop, in two parts: where a window may lie depends on the size of the scene that is drawn.

    Attributes:
        scene: its index.
    """

    def __init__(self, recipe: CropRecipe, objects: ObjectIndex | None, scenes: int, key: tuple[int, int]):
        self._recipe = recipe
        self._rng = np.random.default_rng([recipe.seed, recipe.stage, *key])
        self._turns = int(self._rng.integers(4)) if recipe.quarter_turns else 0
        self._window = _window(recipe, self._rng, self._turns)
        self._centre: tuple[int, int] | None = None
        if recipe.object_centred and objects is None:
            raise ValueError("found no index of the objects, expected one for crops around objects: index_objects().")
        if recipe.object_centred and objects is not None:
            drawn = draw_object(self._rng, objects, recipe.draw)
            row, column = objects.centres[drawn].tolist()
            self.scene, self._centre = int(objects.scenes[drawn]), (row, column)
        else:
            self.scene = int(self._rng.integers(scenes))

    def plan(self, extent: tuple[int, int]) -> CropPlan:
        """The rest, for a scene of this height and width.  To be asked once."""
        centre = self._centre or _any_centre(self._rng, extent, self._window)
        top, left = (window_start(*line) for line in zip(centre, self._window, extent, strict=True))
        recipe, seed = self._recipe, int(self._rng.integers(2**62))
        return CropPlan(
            self.scene,
            top,
            left,
            *self._window,
            self._turns,
            *draw_flip_and_colours(recipe.flip, recipe.colour_jitter, seed),
        )


def _window(recipe: CropRecipe, rng: np.random.Generator, turns: int) -> tuple[int, int]:
    """Height and width of what is cut from the scene: the crop's before it is turned and enlarged."""
    limit = np.log1p(recipe.scale)
    factor = np.exp(rng.uniform(-limit, limit)) if recipe.scale else 1.0
    height, width = (max(1, round(side / factor)) for side in (recipe.height, recipe.width))
    return (width, height) if turns % 2 else (height, width)


def _any_centre(rng: np.random.Generator, extent: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Centre of a window that lies anywhere in the image, each place equally likely."""
    row, column = (int(rng.integers(max(e - s, 0) + 1)) + s // 2 for e, s in zip(extent, size, strict=True))
    return row, column


class Crops(torch.utils.data.Dataset[dict[str, Any]]):
    """``crops[step, position]`` is a sample: image uint8 [3, H, W], instances and classes int64 [H, W], scene (a name).

    ``objects`` is needed for object-centred crops only.
    """

    def __init__(self, source: Scenes, objects: ObjectIndex | None, recipe: CropRecipe):
        self.source, self.objects, self.recipe = source, objects, recipe

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Any]:
        draw = Draw(self.recipe, self.objects, len(self.source), key)
        scene = read_scene(self.source, draw.scene)
        plan = draw.plan(scene.classes.shape)
        crop = cut(scene, plan.top, plan.left, plan.height, plan.width)
        image, labels = transform(
            torch.from_numpy(crop.image).permute(2, 0, 1),
            torch.from_numpy(np.stack([crop.instances, crop.classes]).astype(np.int64)),
            (self.recipe.height, self.recipe.width),
            plan.turns,
            plan.flip,
            plan.colours,
        )
        return {"image": image, "instances": labels[0], "classes": labels[1], "scene": crop.name}


class CropKeys(torch.utils.data.Sampler[list[tuple[int, int]]]):
    """Keys of the batches ``first``..``steps`` - 1, for a DataLoader's ``batch_sampler``.

    Where several processes share a batch, each makes the ``batch`` crops from ``position`` on.
    """

    def __init__(self, first: int, steps: int, batch: int, position: int = 0):
        self.first, self.steps, self.positions = first, steps, range(position, position + batch)

    def __len__(self) -> int:
        return self.steps - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for step in range(self.first, self.steps):
            yield [(step, position) for position in self.positions]
