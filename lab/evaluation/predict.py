"""From a model and an image to instances."""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lab.checkpoints import Model, ModelCard
from lab.clustering import Instances, Thresholds, cluster


@dataclass(frozen=True)
class Timing:
    """Seconds that one image took."""

    network: float
    clustering: float


def thresholds_of(card: ModelCard, **overrides: float | int | None) -> Thresholds:
    """The model's own thresholds, with those replaced that are given and not None.

    Raises:
        ValueError: a threshold is out of range.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    return replace(Thresholds(**card.thresholds), **given)


@torch.inference_mode()
def network_output(model: Model, image: UInt8[np.ndarray, "H W 3"]) -> Float[Tensor, "C H W"]:
    """The network's raw output for an RGB image of any size, on the CPU.  Runs where the weights are."""
    device = next(model.network.parameters()).device
    batch = torch.from_numpy(np.ascontiguousarray(image)).to(device).permute(2, 0, 1)[None].float() / 255
    return model.network(batch)[0].float().cpu()


def predict_scene(model: Model, image: UInt8[np.ndarray, "H W 3"], thresholds: Thresholds | None = None) -> Instances:
    """The instances of an RGB image of any size; ``thresholds`` default to the model's own.

    Raises:
        ValueError: the network's output is not finite.
    """
    return predict_timed(model, image, thresholds or thresholds_of(model.card))[0]


def predict_timed(model: Model, image: UInt8[np.ndarray, "H W 3"], thresholds: Thresholds) -> tuple[Instances, Timing]:
    """`predict_scene`, and how long its two halves took."""
    start = time.perf_counter()
    output = network_output(model, image)
    between = time.perf_counter()
    # On the CPU on purpose: the readable clustering asks a question per proposal, each a wait on a GPU.
    instances = cluster(output, model.card.bandwidth_channels, **vars(thresholds))
    return instances, Timing(between - start, time.perf_counter() - between)


def on_device(model: Model, device: torch.device) -> Model:
    """The model with its weights there, in evaluation mode."""
    return Model(model.network.to(device).eval(), model.card)
