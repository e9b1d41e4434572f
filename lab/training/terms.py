"""The loss of a training: its terms for a batch, weighted by the settings, and what is said of bad ones."""

import re
from typing import Any, cast

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from lab.losses import TERM_WEIGHTS, Centre, InstanceLoss, SpatialEmbeddingLoss
from lab.training.settings import TrainingSettings


def make_loss(settings: TrainingSettings) -> SpatialEmbeddingLoss:
    """The loss as the settings want it."""
    return SpatialEmbeddingLoss(
        settings.bandwidth_channels,
        cast(Centre, settings.centre),  # words that the settings have checked
        settings.foreground_weight,
        instance_loss=cast(InstanceLoss, settings.instance_loss),
    )


def term_weights(settings: TrainingSettings) -> dict[str, float]:
    """The settings' weights of the terms, by name."""
    return {name: getattr(settings, f"{name}_weight") for name in TERM_WEIGHTS}


def network_input(image: UInt8[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 H W"]:
    """Pixels as the network takes them: 0 to 1."""
    return image.float().div(255).contiguous(memory_format=torch.channels_last)


def loss_terms(
    settings: TrainingSettings, output: Float[Tensor, "B C H W"], batch: dict[str, Any]
) -> dict[str, Tensor]:
    """The loss's terms, not weighted, means over the batch.

    Raises:
        ValueError: labels that the loss refuses; told with the scene's name.
    """
    try:
        return make_loss(settings)(output, batch["instances"], batch["classes"])
    except ValueError as error:
        place = re.match(r"image (\d+) of the batch", str(error))
        names = [batch["scene"][int(place[1])]] if place else batch["scene"]
        raise ValueError(f"scene {', '.join(names)}: {error}") from error


def is_finite(values: dict[str, float]) -> bool:
    """Whether no term is NaN or infinite."""
    return all(abs(value) < float("inf") for value in values.values())


def check_finite(values: dict[str, float], stage: str, step: int, scenes: list[str]) -> None:
    """Raise FloatingPointError with all terms and the batch's scenes if a term is NaN or infinite."""
    if not is_finite(values):
        found = ", ".join(f"{name} {value:.6g}" for name, value in values.items())
        raise FloatingPointError(
            f"stage {stage}, step {step}: found the terms {found}, expected finite numbers. The weights are not "
            "updated and the last saved state stays. Lower the learning rate, or look at the labels of this step's "
            f"scenes: {', '.join(scenes)}."
        )
