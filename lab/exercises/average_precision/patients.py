"""Four predictions of one scene, each sound but for one part, and their ladders: ground truth in place of each part."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from lab.clustering import Thresholds
from lab.datasets.scene import Scene
from lab.embedding import PIXELS_PER_UNIT, coordinate_grid
from lab.exercises.average_precision.parts import SICK
from lab.exercises.clustering.perfect import perfect_output
from lab.metrics import average_precision, record_image, truth_from_scene
from lab.oracle import NAMES, Switches, oracle_instances

THRESHOLDS = Thresholds(seed_threshold=0.7, min_pixels=8)
SIGMA = 3.0  # px, of the sound part
Output = Float[Tensor, "C H W"]


def _wide(output: Output, _: Tensor) -> Output:
    """Margins of 60 px: neighbours merge."""
    output[2:4] -= torch.log(torch.tensor(17.0)) / 5  # σ times 17
    return output


def _unsure(output: Output, objects: Tensor) -> Output:
    """Half of the objects have no seed score above 0.62: enough to take part, too little to open."""
    for k in range(2, int(objects.max()) + 1, 2):
        output[4:, objects == k] = output[4:, objects == k].clamp(max=0.5)
    return output


def _astray(output: Output, objects: Tensor) -> Output:
    """Every fourth row of each object points 9 px off to the right."""
    some = (objects > 0) & (torch.arange(len(objects)) % 4 == 0)[:, None]
    output[0, some] = torch.atanh(torch.tanh(output[0, some]) + 9 / PIXELS_PER_UNIT)
    return output


def _spilled(output: Output, objects: Tensor) -> Output:
    """Pixels up to 4 px outside of an object take part in it, and point to its centre."""
    grid = coordinate_grid(*objects.shape)
    embedding, seeds = grid + torch.tanh(output[:2]), output[4:]
    for step, axis in [(1, 0), (-1, 0), (1, 1), (-1, 1)] * 4:
        moved = torch.roll(objects, step, axis)
        taken = (objects == 0) & (moved > 0)
        embedding[:, taken] = torch.roll(embedding, step, axis + 1)[:, taken]
        seeds[:, taken] = torch.roll(seeds, step, axis + 1)[:, taken].clamp(max=0.5)
        objects = torch.where(taken, moved, objects)
    output[:2] = torch.atanh(embedding - grid)
    return output


WAYS: dict[str, Callable[[Output, Tensor], Output]] = {
    "sigma": _wide,
    "seeds": _unsure,
    "offsets": _astray,
    "foreground": _spilled,
}


def patients(scene: Scene, num_classes: int) -> dict[str, Output]:
    """Letter -> the output that a network would give that is sick in the part `SICK` says."""
    sound = perfect_output(scene.instances, scene.classes, num_classes, SIGMA)
    objects = torch.from_numpy(scene.instances).long()
    return {letter: WAYS[part](sound.clone(), objects) for letter, part in SICK.items()}


def ladder(scene: Scene, output: Output) -> dict[str, float]:
    """AP with nothing from the ground truth ("none"), and with each part alone from it; mean over classes present."""
    truth, classes = truth_from_scene(scene), output.shape[0] - 4
    rungs = {"none": (), **{name: (name,) for name in NAMES}}
    result = {}
    for name, truths in rungs.items():
        found = oracle_instances(output, scene.instances, scene.classes, 2, THRESHOLDS, Switches.of(*truths))
        result[name] = average_precision([record_image(*found, truth)], classes, min_region=0).mean
    return result
