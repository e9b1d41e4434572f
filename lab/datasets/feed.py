"""How crops reach the training: cut from files, from scenes kept in memory, or on the GPU itself.

All three carry out the same `CropPlan`s, so they give the same crops (but for the rounding of colours on a GPU, where
crops are recoloured or enlarged), and which one serves is a question of speed alone.  `make_feed` chooses by itself.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.utils.data import DataLoader, default_collate

from lab.datasets.crops import CropKeys, CropRecipe, Crops
from lab.datasets.kept import Scenes, read_all
from lab.datasets.objects import ObjectIndex
from lab.datasets.packed import PackedCrops, PackedScenes, pack
from lab.datasets.room import choose
from lab.datasets.scene import SceneSource

Keys = list[tuple[int, int]]


@dataclass(frozen=True)
class Feed:
    """Batches of a training stage.

    Attributes:
        name: files, memory or device.
        words: the choice, and why, in one line.
        scenes: what crops are cut from.
        objects: where its objects lie; needed for object-centred crops only.
        recipe: how crops are made.
        batch: how many this process makes for a step.
        position: of its first one in the batch that all processes make together.
        device: where the training computes.
        workers: processes that read files; 0 for none but the training's own.
    """

    name: str
    words: str
    scenes: Scenes | PackedScenes
    objects: ObjectIndex | None
    recipe: CropRecipe
    batch: int
    position: int
    device: torch.device
    workers: int

    def with_recipe(self, recipe: CropRecipe, batch: int, position: int = 0) -> "Feed":
        """The same scenes for another stage; what is kept of them is shared."""
        return replace(self, recipe=recipe, batch=batch, position=position)

    def batches(self, first: int, steps: int) -> Iterator[dict[str, Any]]:
        """The batches of the steps ``first``..``steps`` - 1, each a function of seed, stage and step alone.

        A batch: image uint8 [B, 3, H, W], instances and classes int64 [B, H, W], scene: names.  On the CPU, but of the
        feed "device" on its device.
        """
        keys = CropKeys(first, steps, self.batch, self.position)
        if isinstance(self.scenes, PackedScenes):
            return map(PackedCrops(self.scenes, self.objects, self.recipe).batch, keys)
        crops = Crops(self.scenes, self.objects, self.recipe)
        cuda = self.device.type == "cuda"
        if self.name == "files" and self.workers:
            return iter(DataLoader(crops, batch_sampler=keys, num_workers=self.workers, pin_memory=cuda))
        if cuda:  # the GPU computes meanwhile; on a CPU both would compete for the cores
            return _ahead(lambda step: _pinned(_collected(crops, step)), keys)
        return (_collected(crops, step) for step in keys)


def make_feed(
    source: SceneSource,
    objects: ObjectIndex | None,
    recipe: CropRecipe,
    batch: int,
    feed: str = "auto",
    device: torch.device | str = "cpu",
    workers: int | None = None,
    *,
    position: int = 0,
    processes: int = 1,
    progress: bool = True,
) -> Feed:
    """A feed that is fast here: on the GPU where the scenes fit, else in memory, else from files.

    Args:
        source: the scenes.
        objects: where their objects lie; needed for object-centred crops only.
        recipe: how crops are made.
        batch: how many this process makes for a step.
        feed: auto, files, memory or device.
        device: where the training computes.
        workers: processes that read files; None for as many as help.
        position: of this process's first crop in the batch that all processes make together.
        processes: on this machine, sharing its memory.
        progress: show a bar while scenes are read.

    Raises:
        ValueError: an unknown feed, one for which there is no room, or a scene that cannot be read.
    """
    device = torch.device(device)
    choice = choose(source, feed, device, workers, processes)
    scenes = _kept(source, choice.name, device, progress)
    return Feed(choice.name, choice.words, scenes, objects, recipe, batch, position, device, choice.workers)


def _kept(source: SceneSource, name: str, device: torch.device, progress: bool) -> Scenes | PackedScenes:
    if name == "device":
        return pack(source, device, progress)
    return read_all(source, progress=progress) if name == "memory" else source


def _collected(crops: Crops, keys: Keys) -> dict[str, Any]:
    return default_collate([crops[key] for key in keys])


def _pinned(batch: dict[str, Any]) -> dict[str, Any]:
    """In memory from which a GPU fetches while the processor goes on."""
    return {name: value.pin_memory() if isinstance(value, torch.Tensor) else value for name, value in batch.items()}


def _ahead(make: Callable[[Keys], dict[str, Any]], keys: CropKeys) -> Iterator[dict[str, Any]]:
    """Each batch while the one before it is used."""
    with ThreadPoolExecutor(1) as thread:
        coming = None
        for step in keys:
            ready, coming = coming, thread.submit(make, step)
            if ready:
                yield ready.result()
        if coming:
            yield coming.result()
