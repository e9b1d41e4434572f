"""The greedy procedure of `lab.clustering`, over maps in which ground truth may stand."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.clustering import Thresholds, judge
from lab.embedding import membership
from lab.evaluation.predict import Found
from lab.labels import check_labels, check_shapes
from lab.oracle.maps import Maps, Switches, predicted_maps, with_truth

Labels = Int[Tensor, "H W"] | Int[np.ndarray, "H W"]


@torch.no_grad()
def oracle_instances(
    output: Float[Tensor, "C H W"],
    instances: Labels,
    classes: Labels,
    bandwidth_channels: int,
    thresholds: Thresholds,
    switches: Switches,
) -> Found:
    """Cluster one image with ground truth in place of what ``switches`` name.

    Args:
        output: [2+S+N, H, W], as the network gives it.
        instances: 0 where there is none; any other number names an instance.
        classes: -1 void, 0 background, 1..N.
        bandwidth_channels: S of the network, 1 or 2.

    Raises:
        ValueError: labels that do not fit the output or each other; a value that is not finite.
    """
    instances, classes = checked_labels(output, instances, classes, bandwidth_channels)
    maps = predicted_maps(output, bandwidth_channels, thresholds.foreground_threshold)
    return cluster_maps(with_truth(maps, instances, classes, switches), thresholds)


def checked_labels(
    output: Float[Tensor, "C H W"], instances: Labels, classes: Labels, bandwidth_channels: int
) -> tuple[Int[Tensor, "H W"], Int[Tensor, "H W"]]:
    """Both as tensors where the output is.  Raises ValueError as `oracle_instances`."""
    instances, classes = (torch.as_tensor(labels, device=output.device) for labels in (instances, classes))
    check_shapes(output[None], instances[None], classes[None])
    check_labels(instances[None], classes[None], len(output) - 2 - bandwidth_channels)
    return instances, classes


def cluster_maps(maps: Maps, thresholds: Thresholds) -> Found:
    """The instances in order of acceptance, class by class."""
    masks, scores, classes = [], [], []
    for index, taking_part in enumerate(maps.foreground):
        for score, proposal in grow(maps, index, thresholds):
            mask = torch.zeros_like(taking_part)
            mask[taking_part] = proposal
            masks.append(mask)
            scores.append(score)
            classes.append(index + 1)
    none = maps.foreground.new_zeros((0, *maps.foreground.shape[1:]))
    stacked = torch.stack(masks) if masks else none
    return Found(stacked.cpu().numpy(), np.array(scores, dtype=np.float32), np.array(classes, dtype=np.int64))


def grow(maps: Maps, index: int, thresholds: Thresholds) -> Iterator[tuple[float, Bool[Tensor, "P"]]]:
    """Yield score and members of every accepted proposal of the class ``index`` (0..N-1).

    `lab.clustering.grow` with one difference: what a seed says of its centre and what it says of itself are two maps.
    """
    taking_part = maps.foreground[index]
    score, embedding = maps.seed_map[index][taking_part], maps.embedding[:, taking_part]
    centre, sharpness = maps.centre[:, taking_part], maps.sharpness[:, taking_part]
    unassigned = torch.ones_like(score, dtype=torch.bool)
    while unassigned.sum() > thresholds.min_pixels:
        seed = int(torch.where(unassigned, score, -1.0).argmax())
        if score[seed] < thresholds.seed_threshold:
            return
        unassigned[seed] = False
        proposal = membership(embedding, centre[:, seed], sharpness[:, seed]) > 0.5
        size, fresh = int(proposal.sum()), int(unassigned[proposal].sum())
        unassigned[proposal] = False
        if judge(size, fresh, thresholds)[0]:
            yield float(score[seed]), proposal
