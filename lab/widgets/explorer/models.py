"""Which models an explorer can show: those that ship, and what one has trained oneself."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from lab.clustering import Thresholds
from lab.folders import data_folder
from lab.widgets.own_runs import own_runs

FIRST = "toyscapes"  # of the shipped ones


class Given(NamedTuple):
    """A model's output for one image, and what it takes to read it."""

    output: Float[Tensor, "C H W"]
    class_names: tuple[str, ...]
    thresholds: Thresholds
    bandwidth_channels: int


def find_models() -> dict[str, Path]:
    """Name for people -> file: what ships, then the finished models of one's own runs, the newest first."""
    shipped = sorted((data_folder() / "models").glob("*.safetensors"), key=lambda path: (path.stem != FIRST, path.stem))
    return {f"{path.stem} (shipped)": path for path in shipped} | own_runs("model.safetensors")


def apply_model(
    path: Path, image: UInt8[np.ndarray, "H W 3"], prepared: Mapping[str, UInt8[np.ndarray, "H W 3"]]
) -> Given:
    """What the model in this file says of the image.

    Args:
        image: from which it gets what its ``intensity`` asks for.
        prepared: what it gets in its place, by intensity; empty without such.

    Raises:
        FileNotFoundError, ValueError: as `lab.checkpoints.load_model`.
    """
    from lab.checkpoints import load_model
    from lab.evaluation.predict import network_output, thresholds_of

    model = load_model(path)
    card = model.card
    ready = prepared.get(card.intensity)
    output = network_output(model, image) if ready is None else network_output(model, ready, prepared=True)
    return Given(output, card.class_names, thresholds_of(card), card.bandwidth_channels)
