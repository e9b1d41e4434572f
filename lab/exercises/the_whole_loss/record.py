"""The short trainings that notebook 06 shows, recorded:  python -m lab.exercises.the_whole_loss.record

Each trains the lab's network by heart on the 64x64 corner of the street, a few hundred steps, with a loss that is
whole or has one bug. Some three minutes on two CPU cores.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.datasets.sample import corner
from lab.datasets.scene import Scene
from lab.embedding import PIXELS_PER_UNIT
from lab.exercises.the_whole_loss.broken import HUNTED, BrokenLoss, Terms
from lab.losses import Centre, SpatialEmbeddingLoss
from lab.overfit import LEARNING_RATE, Loss, Snapshot, overfit
from lab.recordings import read_recording, recording_file, write_recording

FILE = recording_file("the_whole_loss")
RECIPE = "python -m lab.exercises.the_whole_loss.record"
STEPS = 300  # by then the whole loss has every object's margin in place
DRIFT_EVERY = 5
DRIFT_SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class OneAtATime:
    """The loss as it is when every image of the batch carries one instance, and the others are void.

    The corner is given once per instance: the same image, a single label each time.
    """

    loss: SpatialEmbeddingLoss = field(default_factory=SpatialEmbeddingLoss)
    bandwidth_channels: int = 2
    centre: Centre = "learned"

    def __call__(
        self, output: Float[Tensor, "1 C H W"], instances: Int[Tensor, "1 H W"], classes: Int[Tensor, "1 H W"]
    ) -> Terms:
        """The three terms, averaged over as many images as there are instances."""
        labels = [only(instances, classes, k) for k in instances[instances > 0].unique()]
        batch = (torch.cat(part) for part in zip(*labels, strict=True))
        return self.loss(output.expand(len(labels), -1, -1, -1), *batch)


def only(
    instances: Int[Tensor, "1 H W"], classes: Int[Tensor, "1 H W"], number: Int[Tensor, ""]
) -> tuple[Int[Tensor, "1 H W"], Int[Tensor, "1 H W"]]:
    """The labels of an image in which someone outlined this instance and no other: the others are void."""
    kept = (instances == number) | (instances == 0)
    return torch.where(kept, instances, 0), torch.where(kept, classes, -1)


def runs() -> dict[str, tuple[Loss, int]]:
    """What is trained: a loss and a seed each.

    With the readable loss, as recorded: at the first step all offsets are 0, so that distances tie by fours and eights;
    the fast one takes ties in another order, which is another subgradient, just as valid, and leads along another path.
    """
    learned = SpatialEmbeddingLoss(implementation="readable")
    drifting: dict[str, tuple[Loss, int]] = {f"learned {seed}": (learned, seed) for seed in DRIFT_SEEDS}
    others: dict[str, tuple[Loss, int]] = {
        "centroid 0": (SpatialEmbeddingLoss(centre="centroid", implementation="readable"), 0),
        "one at a time": (OneAtATime(learned), 0),
        **{name: (BrokenLoss(frozenset({bug})), 0) for name, bug in HUNTED.items()},
    }
    return drifting | others


def record() -> None:
    """Train all of them and write the file."""
    scene, arrays = corner(), {}
    for name, (loss, seed) in runs().items():
        path = []
        for snapshot in overfit(scene, loss, STEPS, seed):
            if snapshot.step % DRIFT_EVERY == 0:
                path.append(mean_offsets(snapshot, scene))
        arrays[f"output {name}"] = snapshot.output.numpy().astype(np.float16)
        arrays[f"offsets {name}"] = np.array(path, np.float32)
    write_recording(FILE, RECIPE, arrays, steps=STEPS, learning_rate=LEARNING_RATE)


def mean_offsets(snapshot: Snapshot, scene: Scene) -> list[list[float]]:
    """Mean offset (x, y) in px over the objects' pixels, and over those of the background."""
    offset = PIXELS_PER_UNIT * np.tanh(snapshot.output[:2].numpy())
    return [offset[:, where].mean(1).tolist() for where in (scene.classes > 0, scene.classes == 0)]


@dataclass(frozen=True)
class Recording:
    """What ``record`` wrote.

    Attributes:
        outputs: of each run after its last step, [2+2+N, 64, 64].
        offsets: of each run, every few steps, the mean offset (x, y) in px of objects and of background.
        steps: of those.
        origin: recipe, steps, learning rate, device, versions, commit, time.
    """

    outputs: Mapping[str, Float[Tensor, "C H W"]]
    offsets: Mapping[str, Float[np.ndarray, "T 2 2"]]
    steps: Int[np.ndarray, "T"]
    origin: dict[Any, Any]


def recording() -> Recording:
    """The recording that ships.  Raises FileNotFoundError if it is not there."""
    content, origin = read_recording(FILE, RECIPE)
    named = dict(_split(content))
    outputs = {name: torch.from_numpy(array).float() for (kind, name), array in named.items() if kind == "output"}
    offsets = {name: array for (kind, name), array in named.items() if kind == "offsets"}
    return Recording(outputs, offsets, np.arange(0, origin["steps"] + 1, DRIFT_EVERY), origin)


def _split(content: dict[str, np.ndarray]) -> Iterator[tuple[tuple[str, str], np.ndarray]]:
    for label, array in content.items():
        kind, _, name = label.partition(" ")
        yield (kind, name), array


if __name__ == "__main__":
    record()
