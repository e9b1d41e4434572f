"""How fast scenes are drawn and crops are fed, each way: ``python -m lab.datasets.speed`` (two minutes of one core).

Times are the processor's, of one thread: what else the machine does changes them little.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from lab.datasets.crops import CropRecipe
from lab.datasets.feed import Feed, make_feed
from lab.datasets.objects import ObjectIndex, index_objects, objects_of
from lab.datasets.scene import SceneSource
from lab.datasets.sources import open_source
from lab.folders import data_folder, dataset_folder, write_whole

WAYS = ("files", "memory", "device")
SIZES = ((192, 192), (500, 500))
BATCH = 4
LEAST = 0.3  # seconds of the processor for a number, and at least two batches
SCENES = {"256x512": (256, 512, 3), "1024x2048": (1024, 2048, 1)}  # height, width, how many are drawn
PLAIN = "cut and flipped"
CHANGED = "turned, resized and coloured too"


def recipe_of(size: tuple[int, int], changed: bool) -> CropRecipe:
    """Stage 1's crops as for streets, or ``changed`` as for nuclei."""
    if not changed:
        return CropRecipe(*size, 0, 0, object_centred=True)
    return CropRecipe(*size, 0, 0, True, colour_jitter=0.2, draw="mixed", quarter_turns=True, scale=0.25)


def per_second(work: Callable[[], object], least: float = LEAST) -> float:
    """How often ``work`` is done in a second of the processor, over at least ``least`` seconds of it."""
    work()  # the first time imports what is needed
    start, done = time.process_time(), 0
    while (spent := time.process_time() - start) < least or done < 2:
        work()
        done += 1
    return done / spent


def crops_per_second(feed: Feed, least: float = LEAST) -> float:
    """Of this process alone."""
    batches = feed.batches(0, 10**9)
    return per_second(lambda: next(batches), least) * feed.batch


def all_ways(source: SceneSource, objects: ObjectIndex, least: float = LEAST) -> list[dict[str, Any]]:
    """Crops a second by way, size and changes."""
    rows = []
    for way in WAYS:
        feed = make_feed(source, objects, recipe_of(SIZES[0], False), BATCH, way, "cpu", 0, progress=False)
        for size in SIZES:
            for changed in (False, True):
                rate = crops_per_second(feed.with_recipe(recipe_of(size, changed), BATCH), least)
                row = {"feed": way, "crop": list(size), "crops": CHANGED if changed else PLAIN}
                rows.append(row | {"crops_per_second": round(rate, 1)})
    return rows


def drawing(folder: Path) -> dict[str, float]:
    """ToyScapes a second of one core, by size, written to the disk; the large ones stay in ``folder``."""
    from lab.datasets.toyscapes.write import write_toyscapes

    rates = {}
    for name, (height, width, count) in SCENES.items():
        start = time.process_time()
        write_toyscapes(folder / name, height, width, {"train": count}, workers=1)
        rates[name] = round(count / (time.process_time() - start), 3)
    return rates


def indexing(source: SceneSource, scenes: int = 20) -> float:
    """Scenes a second whose labels are read, checked and searched for objects."""
    which = cycle(range(min(scenes, len(source))))
    return round(per_second(lambda: objects_of(source, next(which))), 1)


def steps(source: SceneSource, objects: ObjectIndex) -> dict[str, float]:
    """Seconds of a step of the laptop preset's stage 1, 8 crops of 192x192, and of loading such a batch each way."""
    recipe = recipe_of(SIZES[0], False)
    feeds = {way: make_feed(source, objects, recipe, 8, way, "cpu", 0, progress=False) for way in WAYS}
    train, batch = _trainer(len(source.class_names)), next(feeds["memory"].batches(0, 1))
    seconds = {"step without loading": round(1 / per_second(lambda: train(batch)), 3)}
    return seconds | {f"loading, {way}": round(8 / crops_per_second(feed), 4) for way, feed in feeds.items()}


def _trainer(classes: int) -> Callable[[dict[str, Any]], None]:
    import torch

    from lab.erfnet import BranchedERFNet
    from lab.losses import SpatialEmbeddingLoss, total_loss

    network = BranchedERFNet(2, classes).to(memory_format=torch.channels_last).train()
    adam, loss = torch.optim.Adam(network.parameters(), 5e-4), SpatialEmbeddingLoss()

    def train(batch: dict[str, Any]) -> None:
        image = batch["image"].float().div(255).contiguous(memory_format=torch.channels_last)
        adam.zero_grad(set_to_none=True)
        total_loss(loss(network(image), batch["instances"], batch["classes"])).backward()
        adam.step()

    return train


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def measure(nuclei: str = "nuclei") -> dict[str, Any]:
    """All of it; needs ToyScapes, and nuclei by name below LAB_DATA or as a path."""
    from lab.origin import origin_of

    with _one_thread(), tempfile.TemporaryDirectory() as folder:
        drawn = drawing(Path(folder))
        opened = {
            "ToyScapes 256x512": open_source("toyscapes", "val"),
            "ToyScapes 1024x2048": open_source(str(Path(folder) / "1024x2048"), "train"),
            "nuclei": open_source(nuclei, "val", intensity="percentile"),
        }
        objects = {name: index_objects(source, progress=False) for name, source in opened.items()}
        street = "ToyScapes 256x512"
        return {
            "what": "processor seconds of one thread; crops in batches of 4; validation splits, of 1024x2048 one scene",
            "scenes_drawn_per_second": drawn,
            "scenes_indexed_per_second": {name: indexing(source) for name, source in opened.items()},
            "crops_per_second": {name: all_ways(source, objects[name]) for name, source in opened.items()},
            "seconds_per_step": steps(opened[street], objects[street]),
            **origin_of("cpu"),
        }


if __name__ == "__main__":
    import sys

    given = sys.argv[1] if len(sys.argv) > 1 else str(dataset_folder("nuclei"))
    write_whole(data_folder() / "results" / "crops_speed.json", (json.dumps(measure(given), indent=1) + "\n").encode())
