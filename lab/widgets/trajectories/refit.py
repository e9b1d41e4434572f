"""The shipped model's seed branch, trained on with two targets: the memberships (the method's) and the mask (not).

    python -m lab.widgets.trajectories.refit          both recordings; half an hour on two CPU cores, needs ToyScapes

Encoder, offsets and bandwidths stay as they are, and both branches see the same batches: whatever differs in the end
comes from the target alone.  Done twice, with other batches and for longer, and left in ``RECORDINGS``.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from lab.checkpoints import Model, shipped_model
from lab.clustering import cluster
from lab.datasets.cityscapes import CityscapesFolder
from lab.datasets.crops import CropKeys, CropRecipe, Crops
from lab.datasets.scene import Scene
from lab.embedding import Prediction, bandwidth_to_sharpness, membership, split
from lab.erfnet import BranchedERFNet
from lab.folders import dataset_folder
from lab.losses import Instance, SeedTarget, find_instances, seed_term
from lab.metrics import average_precision, record_image, truth_from_scene
from lab.metrics.records import ImageRecord
from lab.recordings import read_recording, recording_file, write_recording
from lab.training.loop import freeze_batch_norm

RECIPE = "python -m lab.widgets.trajectories.refit"
TARGETS: tuple[SeedTarget, ...] = ("membership", "mask")
RATE, BATCH, CROP = 5e-4, 2, (192, 384)
# File, steps, seed of the crops.
RECORDINGS = (
    (recording_file("seed_targets"), 220, 5),
    (recording_file("seed_targets_again"), 400, 17),
)
SAMPLES = 20  # pixels drawn from each object
SEED_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
Records = dict[tuple[SeedTarget, float], list[ImageRecord]]  # by target and seed threshold, an image each


class Branches(NamedTuple):
    """A network whose seed branch exists once for each target."""

    model: Model
    seeds: nn.ModuleList


def refit(model: Model, source: CityscapesFolder, steps: int, seed: int) -> tuple[Branches, list[list[float]]]:
    """Train both seed branches for ``steps`` batches; also each step's seed terms."""
    network, s = cast(BranchedERFNet, model.network.eval()), model.card.bandwidth_channels
    seeds = nn.ModuleList([copy.deepcopy(network.decoders[1]) for _ in TARGETS]).train()
    freeze_batch_norm(seeds)
    adam = torch.optim.Adam(seeds.parameters(), RATE, weight_decay=1e-4)
    recipe = CropRecipe(*CROP, seed=seed, stage=1, object_centred=False)
    loader = DataLoader(Crops(source, None, recipe), batch_sampler=CropKeys(0, steps, BATCH))
    history = []
    for step, batch in enumerate(tqdm(loader, "seed branches")):
        for group in adam.param_groups:
            group["lr"] = RATE * (1 - step / steps) ** 0.9
        with torch.no_grad():
            features = network.encoder(batch["image"].float() / 255)
            fixed = network.decoders[0](features)
        terms = [
            batch_term(split(torch.cat([fixed, branch(features)], 1), s), batch, target)
            for branch, target in zip(seeds, TARGETS, strict=True)
        ]
        adam.zero_grad()
        torch.stack(terms).sum().backward()
        adam.step()
        history.append([term.item() for term in terms])
    return Branches(model, seeds.eval()), history


def batch_term(prediction: Prediction, batch: dict[str, Any], target: SeedTarget) -> Float[Tensor, ""]:
    """The seed term of a batch, with this target."""
    terms = []
    for i, (instances, classes) in enumerate(zip(batch["instances"], batch["classes"], strict=True)):
        embedding = prediction.embedding[i]
        objects = find_instances(embedding, prediction.bandwidth[i], instances, classes, "learned")
        memberships = [membership(embedding, o.centre, bandwidth_to_sharpness(o.bandwidth)) for o in objects]
        terms.append(seed_term(prediction.seed_map[i], objects, memberships, classes >= 0, 10.0, target))
    return torch.stack(terms).mean()


@torch.inference_mode()
def outputs(branches: Branches, scene: Scene) -> tuple[Float[Tensor, "C H W"], ...]:
    """The whole network's output for a scene, once with each seed branch."""
    network = cast(BranchedERFNet, branches.model.network)
    features = network.encoder(torch.from_numpy(scene.image).permute(2, 0, 1)[None].float() / 255)
    fixed = network.decoders[0](features)
    return tuple(torch.cat([fixed, branch(features)], 1)[0] for branch in branches.seeds)


def grown_iou(
    prediction: Prediction, pixels: Int[Tensor, "P 2"], mask: Bool[Tensor, "H W"], valid: Bool[Tensor, "H W"]
) -> Float[np.ndarray, " P"]:
    """IoU with ``mask`` of the mask that each pixel (row, column) would grow as a seed, from its own e and κ."""
    embedding, found = prediction.embedding[0], []
    for row, column in pixels.tolist():
        kappa = bandwidth_to_sharpness(prediction.bandwidth[0, :, row, column])
        grown = (membership(embedding, embedding[:, row, column], kappa) > 0.5) & valid
        found.append(float((grown & mask).sum() / (grown | mask).sum()))
    return np.array(found, np.float32)


class ObjectRow(NamedTuple):
    """One object: class, pixels, the IoU grown from the pixel that each branch likes best, and sampled pixels."""

    class_index: int
    pixels: int
    chosen_iou: Float[np.ndarray, " 2"]
    sample_iou: Float[np.ndarray, " P"]
    sample_seed: Float[np.ndarray, "2 P"]


def study_scene(
    outs: tuple[Float[Tensor, "C H W"], ...], scene: Scene, channels: int, rng: np.random.Generator
) -> Iterator[ObjectRow]:
    """A row for every object of a scene with at least SAMPLES pixels."""
    both = [split(out[None], channels) for out in outs]
    instances, classes = torch.from_numpy(scene.instances).long(), torch.from_numpy(scene.classes).long()
    for o in find_instances(both[0].embedding[0], both[0].bandwidth[0], instances, classes, "learned"):
        inside = o.mask.nonzero()
        if len(inside) >= SAMPLES:
            yield study_object(both, o, inside, classes >= 0, rng)


def study_object(
    both: list[Prediction],
    o: Instance,
    inside: Int[Tensor, "P 2"],
    valid: Bool[Tensor, "H W"],
    rng: np.random.Generator,
) -> ObjectRow:
    """The pixel that each branch would make the seed, and SAMPLES pixels drawn at random."""
    scores = torch.stack([p.seed_map[0, o.class_index - 1][o.mask] for p in both])
    drawn = torch.from_numpy(rng.choice(len(inside), SAMPLES, replace=False))
    return ObjectRow(
        o.class_index,
        len(inside),
        grown_iou(both[0], inside[scores.argmax(1)], o.mask, valid),
        grown_iou(both[0], inside[drawn], o.mask, valid),
        scores[:, drawn].numpy(),
    )


def record(path: Path, steps: int, seed: int) -> None:
    """Refit, study all validation scenes, and write the recording."""
    model, folder = shipped_model("toyscapes"), dataset_folder("toyscapes")
    branches, history = refit(model, CityscapesFolder(folder, "train"), steps, seed)
    rng = np.random.default_rng(0)
    rows: list[ObjectRow] = []
    records: Records = {(target, t): [] for target in TARGETS for t in SEED_THRESHOLDS}
    for scene in tqdm(CityscapesFolder(folder, "val"), "validation scenes"):
        outs = outputs(branches, scene)
        rows += study_scene(outs, scene, model.card.bandwidth_channels, rng)
        add_records(records, outs, scene, model)
    scores = {key: average_precision(found, model.card.num_classes) for key, found in records.items()}
    ap = [[[scores[k, t].mean, scores[k, t].mean_50] for t in SEED_THRESHOLDS] for k in TARGETS]
    columns = {name: np.array(values) for name, values in zip(ObjectRow._fields, zip(*rows, strict=True), strict=True)}
    arrays = {
        "history": np.array(history, np.float32),
        "seed_thresholds": np.array(SEED_THRESHOLDS),
        "ap": np.array(ap),
        **{k: v.astype(np.float16) if v.dtype == np.float32 else v for k, v in columns.items()},
    }
    write_recording(path, RECIPE, arrays, steps=steps, seed=seed)


def add_records(records: Records, outs: tuple[Float[Tensor, "C H W"], ...], scene: Scene, model: Model) -> None:
    """Cluster a scene with each branch at each seed threshold, and keep what AP needs."""
    truth = truth_from_scene(scene)
    for (target, threshold), found in records.items():
        thresholds = model.card.thresholds | {"seed_threshold": threshold}
        instances = cluster(outs[TARGETS.index(target)], model.card.bandwidth_channels, **thresholds)
        found.append(record_image(instances.masks.numpy(), instances.scores.numpy(), instances.classes.numpy(), truth))


class Study(NamedTuple):
    """What ``record`` has found, first for the target φ, then for the mask.

    Attributes:
        score: seed scores of the sampled pixels of K objects.
        worth: IoU of the mask that each of them would grow.
        chosen: the same of the pixel with the object's highest score.
        ap: at the best of ``SEED_THRESHOLDS``.
    """

    score: Float[np.ndarray, "2 K P"]
    worth: Float[np.ndarray, "K P"]
    chosen: Float[np.ndarray, "2 K"]
    ap: Float[np.ndarray, " 2"]


def load(path: Path = RECORDINGS[0][0]) -> Study:
    """Read what ``record`` has written."""
    found, _ = read_recording(path, RECIPE)
    score, worth, chosen = (found[name].astype(float) for name in ("sample_seed", "sample_iou", "chosen_iou"))
    return Study(score.transpose(1, 0, 2), worth, chosen.T, found["ap"][:, :, 0].max(1))


if __name__ == "__main__":
    for recording in RECORDINGS:
        record(*recording)
