"""Four trainings of notebook 10, one sound and three that lack something.

``python -m lab.exercises.two_stage_training.record`` makes the recording again.

Each is the preset `tiny`, shortened, with one thing changed. What is kept are the curves of the loss's terms.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from lab.recordings import read_recording, recording_file, write_recording

RECIPE = "python -m lab.exercises.two_stage_training.record"
STEPS = (250, 30)
EVERY = 10
# Letter of the curve -> what was changed, in the words that the exercise asks for.
RUNS = {
    "A": "crops anywhere",
    "B": "nothing is wrong",
    "C": "rate of stage 1 too high",
    "D": "rate of stage 2 too high",
}
RATES = {"rate of stage 1 too high": (0.1, 1e-4), "rate of stage 2 too high": (2e-3, 5e-3)}  # 50 times


@dataclass(frozen=True)
class Run:
    """The curves of one training: a row for every ten steps, counted through; terms instance, smoothness, seed."""

    steps: Float[np.ndarray, "L"]
    terms: Float[np.ndarray, "L 3"]
    total: Float[np.ndarray, "L"]


@cache
def runs() -> dict[str, Run]:
    """The recorded curves, by letter.

    Raises:
        As `lab.recordings.read_recording`.
    """
    arrays, _ = read_recording(recording_file("four_trainings"), RECIPE)
    steps = arrays["steps"].astype(np.float64)
    return {
        letter: Run(steps, arrays[letter][:, :3].astype(np.float64), arrays[letter][:, 3].astype(np.float64))
        for letter in RUNS
    }


def train(change: str, scenes: Path) -> Iterator[list[float]]:
    """The three terms and the total of every step of a training with this change."""
    import torch

    from lab.datasets.crops import CropKeys, CropRecipe, Crops
    from lab.datasets.objects import index_objects
    from lab.erfnet import BranchedERFNet
    from lab.losses import SpatialEmbeddingLoss, total_loss
    from lab.training.loop import term_weights, train_mode
    from lab.training.settings import PRESETS, learning_rate, stages
    from lab.training.tiny import open_tiny

    settings = replace(PRESETS["tiny"], pretrain_steps=STEPS[0], finetune_steps=STEPS[1])
    source, _ = open_tiny(scenes, settings)
    torch.manual_seed(settings.seed)
    network, loss = BranchedERFNet(settings.bandwidth_channels, len(source.class_names)), SpatialEmbeddingLoss()
    objects = index_objects(source, progress=False)
    for number, stage in enumerate(stages(settings)):
        stage = replace(stage, rate=RATES.get(change, (stage.rate,) * 2)[number])
        train_mode(network, stage.frozen_norm)
        adam = torch.optim.Adam(network.parameters(), stage.rate, weight_decay=settings.weight_decay)
        centred = stage.object_centred and change != "crops anywhere"
        recipe = CropRecipe(*stage.crop, settings.seed, number, centred, settings.flip)
        crops = Crops(source, objects, recipe)
        loader = torch.utils.data.DataLoader(crops, batch_sampler=CropKeys(0, stage.steps, stage.batch))
        for step, batch in enumerate(loader):
            adam.param_groups[0]["lr"] = learning_rate(stage, step, settings.decay_power)
            terms = loss(network(batch["image"].float() / 255), batch["instances"], batch["classes"])
            total = total_loss(terms, term_weights(settings))
            adam.zero_grad()
            total.backward()
            adam.step()
            yield torch.stack([*terms.values(), total]).tolist()


def main() -> None:
    """Train all four and keep their curves."""
    from lab.training.tiny import tiny_scenes

    with tempfile.TemporaryDirectory() as temporary:
        scenes = tiny_scenes(Path(temporary))
        curves = {letter: np.array(list(train(change, scenes))) for letter, change in RUNS.items()}
    means = {k: v.reshape(-1, EVERY, 4).mean(1).astype(np.float32) for k, v in curves.items()}
    steps = np.arange(EVERY, sum(STEPS) + 1, EVERY, dtype=np.int32)
    write_recording(recording_file("four_trainings"), RECIPE, {"steps": steps, **means}, steps=STEPS, rates=RATES)


if __name__ == "__main__":
    main()
