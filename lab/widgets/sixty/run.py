"""A run of sixty seconds to sigma: what is kept of every step, and how a recorded one is read and written."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from lab.datasets.sample import corner
from lab.embedding import PIXELS_PER_UNIT, split
from lab.losses import SpatialEmbeddingLoss
from lab.overfit import Snapshot, overfit
from lab.recordings import read_recording, recording_file, write_recording

RECIPE = "python -m lab.widgets.sixty.record"
STEPS = 300
CHANNELS = 2
EVERY = 4  # of the objects' pixels every fourth is drawn


@dataclass(frozen=True)
class Frame:
    """What the figure shows of one step.

    Attributes:
        step: updates of the weights so far.
        margins: of every object in px, x and y.
        iou: of every object with what its own Gaussian claims.
        embedding: columns and rows in px that the drawn pixels point to.
    """

    step: int
    margins: Float[np.ndarray, "K 2"]
    iou: Float[np.ndarray, "K"]
    embedding: Float[np.ndarray, "2 P"]

    @property
    def radius(self) -> Float[np.ndarray, "K"]:
        """Geometric mean of the margin's two axes: the circle of the same area."""
        return np.sqrt(self.margins.prod(1))


def train(seed: int) -> Iterator[Snapshot]:
    """The run itself: the street's corner, ellipses, attracted to the centroids.

    Centroids, because they stand still: learned centres wander off together with their pixels, which does no harm to
    the result but takes the margins out of the picture.
    """
    return overfit(corner(), SpatialEmbeddingLoss(CHANNELS, "centroid"), STEPS, seed=seed)


@cache
def drawn_pixels() -> tuple[Int[np.ndarray, "P"], Int[np.ndarray, "P"], Int[np.ndarray, "P"]]:
    """Rows, columns and object numbers of the pixels whose embeddings are drawn."""
    instances = corner().instances
    rows, columns = np.nonzero(instances)
    rows, columns = rows[::EVERY], columns[::EVERY]
    return rows, columns, instances[rows, columns]


def take_frame(snapshot: Snapshot) -> Frame:
    """Of a snapshot what the figure shows."""
    rows, columns, _ = drawn_pixels()
    embedding = split(snapshot.output[None], CHANNELS).embedding[0] * PIXELS_PER_UNIT
    return Frame(
        snapshot.step,
        snapshot.margins.cpu().numpy(),
        snapshot.iou.cpu().numpy(),
        embedding[:, torch.from_numpy(rows), torch.from_numpy(columns)].cpu().numpy(),
    )


def recording() -> Path:
    """The recorded run that ships."""
    return recording_file("sixty_seconds")


def worth_keeping(step: int) -> bool:
    """The beginning is fast and is kept whole; later a step out of four, then of ten, will do."""
    return step <= 20 or step % (4 if step <= 100 else 10) == 0


def write_run(path: Path, frames: Sequence[Frame]) -> None:
    """Keep frames in one small file (half floats: to a sixteenth of a pixel)."""
    arrays = {
        "step": np.array([f.step for f in frames]),
        "margins": np.stack([f.margins for f in frames]).astype(np.float32),
        "iou": np.stack([f.iou for f in frames]).astype(np.float32),
        "embedding": np.stack([f.embedding for f in frames]).astype(np.float16),
    }
    write_recording(path, RECIPE, arrays)


def read_run(path: Path) -> list[Frame]:
    """The frames of a file by ``write_run``.

    Raises:
        FileNotFoundError: there is none; the command that makes it is named.
        ValueError: it is not a recording.
    """
    kept, _ = read_recording(path, RECIPE)
    rows = zip(*(kept[name] for name in ("step", "margins", "iou", "embedding")), strict=True)
    return [Frame(int(step), margins, iou, embedding.astype(np.float32)) for step, margins, iou, embedding in rows]


def widest(frames: Sequence[Frame]) -> int:
    """The place of the frame in which the largest margin of the run is reached."""
    return int(np.argmax([f.radius.max() for f in frames])) if frames else 0


def round_steps(frames: Sequence[Frame]) -> int:
    """Where the axis of steps ends: the run's end, or at least its plan."""
    return max(STEPS, math.ceil(frames[-1].step / 100) * 100) if frames else STEPS
