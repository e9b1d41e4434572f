"""A real training with and without the smoothness term, recorded:  python -m lab.widgets.pull.record

The corner of the street is learned by heart three times with the smoothness term's usual weight and three times with
weight 0, from the same three sets of first weights.  It takes some minutes on two CPU cores, too long for a notebook.
"""

import argparse
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lab.clustering import cluster
from lab.datasets.sample import corner
from lab.datasets.scene import Scene
from lab.embedding import BANDWIDTH_GAIN, bandwidth_to_sharpness, split
from lab.losses import TERM_WEIGHTS, Centre, SpatialEmbeddingLoss
from lab.metrics import iou_matrix
from lab.overfit import Snapshot, overfit
from lab.recordings import read_recording, recording_file, tell_origin, write_recording

FILE = recording_file("smoothness")
RECIPE = "python -m lab.widgets.pull.record"
WEIGHTS = (10.0, 0.0)
SEEDS = (0, 1, 2)
STEPS, EVERY, KEPT_STEP = 400, 10, 100


class Smoothed:
    """The paper's loss with another weight of the smoothness term, for ``overfit``."""

    bandwidth_channels: int = 2
    centre: Centre = "learned"

    def __init__(self, weight: float) -> None:
        self._loss = SpatialEmbeddingLoss(self.bandwidth_channels, self.centre)
        # `overfit` sums the terms with TERM_WEIGHTS, so the term itself carries what is different.
        self._share = weight / TERM_WEIGHTS["smoothness"]

    def __call__(
        self, output: Float[Tensor, "B C H W"], instances: Int[Tensor, "B H W"], classes: Int[Tensor, "B H W"]
    ) -> dict[str, Float[Tensor, ""]]:
        """The named terms, the smoothness term scaled."""
        terms = self._loss(output, instances, classes)
        return {**terms, "smoothness": terms["smoothness"] * self._share}


@dataclass(frozen=True)
class Recording:
    """R kinds of training (weights of the smoothness term), Q first weights each, T recorded steps, K objects.

    Attributes:
        weights, seeds, steps, numbers: what the axes R, Q, T and K stand for.
        factor: by what factor σ is typically off its object's own, exp(5 · standard deviation of b).
        iou: of each object with the margin around its mean embedding, of its mean b: what the instance term sees.
        alone: 5th and 50th percentile of the IoU over the object's pixels, each pixel speaking alone: its own
            embedding and its own b, every valid pixel of the image a candidate.
        lent: the same with the pixel's own embedding, but the object's mean b.
        found: IoU of each object with the best instance that the clustering found, seed map and all.
        output: offsets and b, [4, H, W], of the first seed at step ``kept_step``, for each weight.
        made_with: recipe, device, versions, commit; empty until it has been written.
    """

    weights: Float[np.ndarray, "R"]
    seeds: Int[np.ndarray, "Q"]
    steps: Int[np.ndarray, "T"]
    numbers: Int[np.ndarray, "K"]
    factor: Float[np.ndarray, "R Q T K"]
    iou: Float[np.ndarray, "R Q T K"]
    alone: Float[np.ndarray, "R Q T K 2"]
    lent: Float[np.ndarray, "R Q T K 2"]
    found: Float[np.ndarray, "R Q T K"]
    output: Float[np.ndarray, "R 4 H W"]
    kept_step: int
    made_with: str


def summary(recording: Recording, number: int) -> str:
    """How one object stands at the end, with and without the term; means over the trainings."""
    place = recording.numbers.tolist().index(number)
    lines = [f"object {number} after {recording.steps[-1]} steps, means of {len(recording.seeds)} trainings:"]
    for kind, weight in enumerate(recording.weights):
        fields = ("factor", "iou", "alone", "lent", "found")
        factor, iou, alone, lent, found = (getattr(recording, f)[kind, :, -1].mean(0) for f in fields)
        lines += [
            f"smoothness weight {weight:g}: its pixels' σ off by {factor[place]:.2f}; IoU with means {iou[place]:.2f}",
            f"  IoU of one pixel alone: median {alone[place, 1]:.2f}, 5th percentile {alone[place, 0]:.2f}",
            f"    the 5th percentile if each is lent the mean b: {lent[place, 0]:.2f}",
            f"  IoU of what the clustering finds: {found[place]:.2f}, mean of all objects {found.mean():.2f}",
        ]
    return "\n".join(lines)


def load(path: Path = FILE) -> Recording:
    """Read a recording."""
    arrays, origin = read_recording(path, RECIPE)
    fields: dict[str, Any] = dict(arrays)
    fields["output"] = arrays["output"].astype(np.float32)
    return Recording(**{**fields, "kept_step": int(arrays["kept_step"]), "made_with": tell_origin(origin)})


def save(recording: Recording, path: Path = FILE) -> None:
    """Write a recording, the output in half precision."""
    fields = {**vars(recording), "output": recording.output.astype(np.float16)}
    del fields["made_with"]  # the file says it by itself
    write_recording(path, RECIPE, fields)


def speak_alone(
    output: Float[Tensor, "C H W"], scene: Scene, number: int, *, lend_mean: bool = False
) -> Float[np.ndarray, "P"]:
    """IoU with object ``number`` of the mask that each of its pixels would make alone, in row-major order.

    Args:
        output: offsets and two bandwidths first; more channels are not read.
        scene: whose labels count; void is no candidate.
        number: of the object.
        lend_mean: give every pixel the object's mean b; its embedding stays its own.
    """
    # The seed map is not read: a channel of zeros completes the output for `split`.
    prediction = split(torch.cat([output[:4], output.new_zeros(1, *output.shape[1:])])[None], 2)
    mask, valid = torch.from_numpy(scene.instances == number), torch.from_numpy(scene.classes >= 0)
    bandwidth = prediction.bandwidth[0][:, mask]
    if lend_mean:
        bandwidth = bandwidth.mean(1, keepdim=True).expand_as(bandwidth)
    sharpness, centres = bandwidth_to_sharpness(bandwidth), prediction.embedding[0][:, mask]
    all_others = prediction.embedding[0][:, valid]
    x, y = ((all_others[d] - centres[d][:, None]).square() * sharpness[d][:, None] for d in (0, 1))
    claimed, own = torch.exp(-(x + y)) > 0.5, mask[valid]
    hits = (claimed & own).sum(1)
    return (hits / (claimed.sum(1) + own.sum() - hits)).numpy()


def measure(snapshot: Snapshot, scene: Scene) -> dict[str, np.ndarray]:
    """One step's numbers, K of each, under the names of ``Recording``."""
    masks = np.stack([scene.instances == k for k in snapshot.numbers])
    bandwidth = snapshot.output[2:4].numpy()
    deviation = [np.sqrt(bandwidth[:, m].var(axis=1).mean()) for m in masks]
    instances = cluster(snapshot.output, seed_threshold=0.5, min_pixels=20)
    overlaps = iou_matrix(instances.masks.numpy(), masks)
    percentiles = {
        name: [np.percentile(speak_alone(snapshot.output, scene, k, lend_mean=lend), [5, 50]) for k in snapshot.numbers]
        for name, lend in (("alone", False), ("lent", True))
    }
    return {
        "factor": np.exp(BANDWIDTH_GAIN / 2 * np.array(deviation)),
        "iou": snapshot.iou.numpy(),
        "found": overlaps.max(0) if len(overlaps) else np.zeros(len(masks)),
        **{name: np.array(values) for name, values in percentiles.items()},
    }


def run(
    scene: Scene, weight: float, seed: int, steps: int
) -> tuple[list[dict[str, np.ndarray]], Snapshot, tuple[Any, ...]]:
    """Train once: the numbers of every recorded step, the snapshot to be kept, and the objects' numbers."""
    rows, snapshots = [], overfit(scene, Smoothed(weight), steps, seed)
    kept = first = next(snapshots)
    for snapshot in chain([first], snapshots):
        if snapshot.step % EVERY == 0:
            rows.append(measure(snapshot, scene))
        if snapshot.step <= KEPT_STEP:
            kept = snapshot
    return rows, kept, first.numbers


def record(scene: Scene, steps: int = STEPS, seeds: tuple[int, ...] = SEEDS) -> Recording:
    """All trainings, one after the other."""
    runs = [[run(scene, weight, seed, steps) for seed in seeds] for weight in WEIGHTS]
    names = runs[0][0][0][0]
    numbers = {
        name: np.array([[[row[name] for row in rows] for rows, _, _ in kind] for kind in runs], np.float32)
        for name in names
    }
    kept = [kind[0][1] for kind in runs]
    return Recording(
        weights=np.array(WEIGHTS),
        seeds=np.array(seeds),
        steps=np.arange(0, steps + 1, EVERY),
        numbers=np.array(runs[0][0][2]),
        output=torch.stack([snapshot.output[:4] for snapshot in kept]).numpy(),
        kept_step=kept[0].step,
        made_with="",
        **numbers,
    )


def main() -> None:
    """Record and store; the only argument is where."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--to", type=Path, default=FILE)
    save(record(corner()), parser.parse_args().to)


if __name__ == "__main__":
    main()
