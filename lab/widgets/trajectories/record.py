"""Short trainings of the real network on the 64x64 corner scene, each pixel's membership and seed score kept.

    python -m lab.widgets.trajectories.record      about 8 minutes on one CPU core

The same weights to start with are trained with the three seed targets that ``SpatialEmbeddingLoss`` knows, from
several seeds.  Leaves ``data/recordings/seed_trajectories.npz``: a summary of every run, and of the first seed's runs
the two curves of every foreground pixel.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from lab.datasets.sample import corner
from lab.datasets.scene import Scene
from lab.embedding import bandwidth_to_sharpness, membership, split
from lab.losses import SeedTarget, SpatialEmbeddingLoss, find_instances
from lab.overfit import overfit
from lab.recordings import read_recording, recording_file, write_recording

RECORDING = recording_file("seed_trajectories")
RECIPE = "python -m lab.widgets.trajectories.record"
TARGETS: tuple[SeedTarget, ...] = ("membership", "attached", "mask")
SEEDS = (0, 1, 2, 3, 4)
LAST_STEP = 400
# Close together while much happens.
KEPT = (*range(0, 40, 2), *range(40, 120, 5), *range(120, LAST_STEP + 1, 10))
COLUMNS = ("phi", "score", "error", "iou", "instance", "seed")


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        steps: T steps that were kept.
        phi: membership of each foreground pixel (row-major) in its own object, times 255.
        score: its seed score in its own class, times 255.
        summary: at each step the means over foreground pixels of φ, s and |s - φ|, the mean IoU of the objects, and
            the instance and seed terms (``COLUMNS``).
    """

    steps: Int[np.ndarray, " T"]
    phi: UInt8[np.ndarray, "T P"]
    score: UInt8[np.ndarray, "T P"]
    summary: Float[np.ndarray, "T 6"]


@dataclass(frozen=True)
class Recording:
    """All trainings.

    Attributes:
        runs: of the first seed, by seed target.
        summaries: [seed, step, column], by seed target.
        origin: device, versions, commit, time and the command that makes it again.
    """

    runs: dict[str, Run]
    summaries: dict[str, Float[np.ndarray, "R T 6"]]
    origin: dict[str, Any]


def own_values(output: Float[Tensor, "C H W"], scene: Scene) -> tuple[Float[Tensor, "H W"], Float[Tensor, "H W"]]:
    """φ of every pixel in its own object and s in its own class, 0 on all others; learned centres, as in the loss."""
    prediction = split(output[None], 2)
    instances, classes = torch.from_numpy(scene.instances).long(), torch.from_numpy(scene.classes).long()
    embedding = prediction.embedding[0]
    phi, score = torch.zeros(scene.instances.shape), torch.zeros(scene.instances.shape)
    for o in find_instances(embedding, prediction.bandwidth[0], instances, classes, "learned"):
        phi[o.mask] = membership(embedding[:, o.mask], o.centre, bandwidth_to_sharpness(o.bandwidth))
        score[o.mask] = prediction.seed_map[0, o.class_index - 1][o.mask]
    return phi, score


def train(scene: Scene, target: SeedTarget, seed: int, kept: Iterable[int] = KEPT) -> Run:
    """Overfit the scene with this seed target, up to the last of the ``kept`` steps."""
    steps, foreground = sorted(kept), torch.from_numpy(scene.classes > 0)
    phis, scores, summary = [], [], []
    for snapshot in overfit(scene, SpatialEmbeddingLoss(seed_target=target), steps[-1], seed):
        if snapshot.step not in steps:
            continue
        phi, score = (values[foreground] for values in own_values(snapshot.output, scene))
        means = (phi.mean(), score.mean(), (score - phi).abs().mean(), snapshot.iou.mean())
        summary.append([*map(float, means), snapshot.terms["instance"], snapshot.terms["seed"]])
        phis.append(_bytes(phi))
        scores.append(_bytes(score))
    return Run(np.array(steps), np.stack(phis), np.stack(scores), np.array(summary, np.float32))


def _bytes(values: Float[Tensor, " P"]) -> UInt8[np.ndarray, " P"]:
    return (255 * values).round().byte().numpy()


def record(path: Path = RECORDING, kept: Iterable[int] = KEPT, seeds: tuple[int, ...] = SEEDS) -> None:
    """Train with every target from every seed and write the recording."""
    scene, content = corner(), {}
    for target in TARGETS:
        runs = [train(scene, target, seed, kept) for seed in seeds]
        content[f"{target}_phi"], content[f"{target}_score"] = runs[0].phi, runs[0].score
        content[f"{target}_summary"] = np.stack([run.summary for run in runs])
        content["steps"] = runs[0].steps
    write_recording(path, RECIPE, content, seeds=seeds, scene=scene.name)


def load(path: Path = RECORDING) -> Recording:
    """Read what ``record`` has written."""
    found, origin = read_recording(path, RECIPE)
    summaries: dict[str, np.ndarray] = {target: found[f"{target}_summary"] for target in TARGETS}
    runs: dict[str, Run] = {
        t: Run(found["steps"], found[f"{t}_phi"], found[f"{t}_score"], summaries[t][0]) for t in TARGETS
    }
    return Recording(runs, summaries, origin)


if __name__ == "__main__":
    record()
