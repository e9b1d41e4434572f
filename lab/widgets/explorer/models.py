"""Which models an explorer can show: those that ship, and what one has trained oneself."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from lab.clustering import Thresholds
from lab.folders import data_folder, runs_folder

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
    own = [path for path in runs_folder().glob("*/model.safetensors") if path.is_file()]
    own.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return {f"{path.stem} (shipped)": path for path in shipped} | {f"{p.parent.name} (yours)": p for p in own}


def apply_model(path: Path, image: UInt8[np.ndarray, "H W 3"]) -> Given:
    """What the model in this file says of the image.

    Raises:
        FileNotFoundError, ValueError: as `lab.checkpoints.load_model`.
    """
    from lab.checkpoints import load_model
    from lab.evaluation.predict import network_output, thresholds_of

    model = load_model(path)
    card = model.card
    return Given(network_output(model, image), card.class_names, thresholds_of(card), card.bandwidth_channels)
