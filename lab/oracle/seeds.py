"""The ablations' ground-truth seeds: one proposal for each true instance, so that only embeddings and margins count.

The paper's ablation is reported with ground-truth seeds; how its authors drew them is not known to us.  Our decision:
the proposal of an instance is what training sees of it, its C_k and the mean b_k over its mask, applied to the pixels
that the network takes for the class.  No seed map is asked who opens, no proposal is rejected, each has a score of 1.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lab.clustering import Thresholds
from lab.embedding import bandwidth_to_sharpness, membership
from lab.evaluation.predict import Found
from lab.losses import Centre, find_instances
from lab.oracle.cluster import Labels, checked_labels
from lab.oracle.maps import predicted_maps


@torch.no_grad()
def ground_truth_seed_instances(
    output: Float[Tensor, "C H W"],
    instances: Labels,
    classes: Labels,
    bandwidth_channels: int,
    thresholds: Thresholds,
    centre: Centre = "learned",
) -> Found:
    """A mask for each true instance, by ascending number of it, with a score of 1; a mask may be empty.

    Args:
        output: [2+S+N, H, W], as the network gives it.
        instances: 0 where there is none; any other number names an instance.
        classes: -1 void, 0 background, 1..N.
        bandwidth_channels: S of the network, 1 or 2.
        thresholds: of these only the foreground threshold is used.
        centre: what C_k is, as in training: the mean embedding ("learned") or the mean position ("centroid").

    Raises:
        ValueError: labels that do not fit the output or each other; a value that is not finite.
    """
    instances, classes = checked_labels(output, instances, classes, bandwidth_channels)
    maps = predicted_maps(output, bandwidth_channels, thresholds.foreground_threshold)
    objects = find_instances(maps.embedding, maps.bandwidth, instances, classes, centre)
    masks = np.zeros((len(objects), *instances.shape), dtype=bool)
    for mask, o in zip(masks, objects, strict=True):
        phi = membership(maps.embedding, o.centre, bandwidth_to_sharpness(o.bandwidth))
        mask[:] = (maps.foreground[o.class_index - 1] & (phi > 0.5)).cpu().numpy()
    return Found(masks, np.ones(len(objects), dtype=np.float32), np.array([o.class_index for o in objects], dtype=int))
